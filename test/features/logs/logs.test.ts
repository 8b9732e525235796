import { copyFile, rename, rm, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { type LogRecord, logList, logPage, logRecord } from "../../../src/features/logs/log-schema.ts";
import { startNode, startTarget } from "../../linux/target-process.ts";
import { isMissing } from "../../support/needs.ts";
import { poll } from "../../support/poll.ts";
import { type ServedFeatures, VIEWER_TOKEN } from "../../support/serve-features.ts";
import { type LogFolder, logFolder, makeLogs, serveLogs } from "./serve-logs.ts";

const problemOf = z.looseObject({ code: z.string(), detail: z.string(), remedy: z.string().optional() });
/** Of the year 2026, a second apart. */
const lineOf = (index: number) =>
  `${new Date(Date.UTC(2026, 10, 28, 20) + index * 1_000).toISOString()} ${index % 10 === 0 ? "ERROR" : "INFO"} line ${index}\n`;
const linesOf = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => lineOf(from + index)).join("");

async function page(served: ServedFeatures, query = "", name = "app.log") {
  const response = await served.get(`/logs/${name}${query}`, { headers: { Accept: "application/json" } });
  expect(response.status).toBe(200);
  return logPage.strict().parse(await response.json());
}

const textsOf = (lines: readonly { text: string }[]) =>
  lines.map(({ text }) => text.replace(/^\S+ \w+ /, ""));
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `line ${from + index}`);

/** Follows a log; what has come can be looked at. */
async function follow(served: ServedFeatures, query = "") {
  const stop = new AbortController();
  const response = await served.get(`/logs/app.log?follow=true${query}`, {
    headers: { Accept: "application/x-ndjson" },
    signal: stop.signal,
  });
  expect(response.status).toBe(200);
  const records: LogRecord[] = [];
  const over = (async () => {
    let rest = "";
    for await (const chunk of response.body ?? []) {
      const lines = (rest + Buffer.from(chunk).toString()).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) records.push(logRecord.parse(JSON.parse(line)));
    }
  })().catch(() => undefined);
  const texts = () => textsOf(records.filter((record) => record.type === "line"));
  return {
    records,
    texts,
    until: (text: string) => poll(`${text} comes`, () => texts().at(-1) === text || undefined),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await over;
    },
  };
}

async function served(folder: LogFolder, more: object = {}) {
  return await serveLogs({ files: [folder.path("app.log")], ...more });
}

describe("GET /logs/{name}", () => {
  test("gives the last lines as they are, as text, to a client that names no form", async () => {
    await using folder = await logFolder();
    await folder.write("app.log", linesOf(0, 5_000));
    await using server = await served(folder);
    const all = await server.get("/logs/app.log");
    expect(all.headers.get("Content-Type")).toBe("text/plain; charset=utf-8");
    expect(await all.text()).toBe(linesOf(4_900, 5_000));
    expect(await (await server.get("/logs/app.log?tail=3")).text()).toBe(linesOf(4_997, 5_000));
    expect(await (await server.get("/logs/app.log?tail=9999")).text()).toBe(linesOf(0, 5_000));
    expect(await (await server.get("/logs/app.log?tail=0")).text()).toBe("");
    await folder.append("app.log", "half a li");
    expect(await (await server.get("/logs/app.log?tail=2")).text()).toBe(`${lineOf(4_999)}half a li`);
  });

  test("as JSON each line has its time, its level and its place; a half-written one says so and comes again whole", async () => {
    await using folder = await logFolder();
    await folder.write("app.log", `${linesOf(9, 11)}  of the line above\nhalf a li`);
    await using server = await served(folder);
    const { lines, reason, cursor } = await page(server);
    expect(reason).toBe("complete");
    expect(lines).toMatchObject([
      { text: expect.stringContaining("line 9"), level: "info", time: "2026-11-28T20:00:09.000Z" },
      { text: expect.stringContaining("line 10"), level: "error", time: "2026-11-28T20:00:10.000Z" },
      { text: "  of the line above", level: "error", time: "2026-11-28T20:00:10.000Z" },
      { text: "half a li", isOpen: true },
    ]);
    await folder.append("app.log", "ne\n");
    const next = await page(server, `?cursor=${cursor}`);
    expect(next.lines).toMatchObject([{ text: "half a line" }]);
    expect((await page(server, `?cursor=${next.cursor}`)).lines).toEqual([]);
  });

  test("a stack trace that a cursor stands in goes on behind it, whatever level or time is asked for", async () => {
    await using folder = await logFolder();
    await folder.write(
      "app.log",
      `${lineOf(10)}  at first\n  at second\n${lineOf(11)}  of no error\n${lineOf(20)}`,
    );
    await using server = await served(folder);
    const begun = await page(server, "?level=error&limit=2&tail=10");
    expect(textsOf(begun.lines)).toEqual(["line 10", "  at first"]);
    const rest = await page(server, `?level=error&until=2026-11-29T00:00:00Z&cursor=${begun.cursor}`);
    expect(textsOf(rest.lines)).toEqual(["  at second", "line 20"]);
  });

  test("chooses by time, text and level, and the last so many of those", async () => {
    await using folder = await logFolder();
    await folder.write("app.log", linesOf(0, 20_000));
    await using server = await served(folder);
    const span = await page(server, "?since=2026-11-28T22:00:00Z&until=2026-11-28T22:00:05Z");
    expect(textsOf(span.lines)).toEqual(numbered(7_200, 7_205));
    expect(textsOf((await page(server, "?grep=line%2012345")).lines)).toEqual(["line 12345"]);
    expect(textsOf((await page(server, "?grep=line%20777&tail=2")).lines)).toEqual([
      "line 7778",
      "line 7779",
    ]);
    const errors = await page(server, "?level=error&since=2026-11-29T01:33:00Z");
    expect(textsOf(errors.lines)).toEqual(["line 19980", "line 19990"]);
    expect(textsOf((await page(server, "?level=warn&tail=1")).lines)).toEqual(["line 19990"]);
    expect((await page(server, "?grep=nowhere")).lines).toEqual([]);
    const limited = await page(server, "?grep=line&limit=3");
    expect([textsOf(limited.lines), limited.reason]).toEqual([numbered(0, 3), "limit"]);
    const bytes = await page(server, `?cursor=${limited.cursor}&limitBytes=100`);
    expect([textsOf(bytes.lines), bytes.reason]).toEqual([numbered(3, 5), "byte-limit"]);
    expect(textsOf((await page(server, `?cursor=${bytes.cursor}&limit=1`)).lines)).toEqual(["line 5"]);
  });

  test("lines of 10 MB are cut and say so, and what is no UTF-8 is shown all the same", async () => {
    await using folder = await logFolder();
    const long = Buffer.alloc(10_000_000, "x");
    await folder.write(
      "app.log",
      Buffer.concat([long, Buffer.from("\n"), Buffer.from([0x66, 0xff, 0x6f, 10])]),
    );
    await using server = await served(folder, { maxLineBytes: 2_048 });
    const { lines } = await page(server);
    expect(lines[0]?.text.length).toBe(2_048);
    expect(lines).toMatchObject([{ isCut: true }, { text: "f\uFFFDo", isLossy: true }]);
  });

  test("reaches back into rotated files, plain or compressed, for the last lines and for those since a time", async () => {
    await using folder = await logFolder();
    const at = (index: number) => new Date(Date.UTC(2026, 10, 28, 20) + index * 1_000);
    const packed = await folder.write("app.log.2.gz", gzipSync(linesOf(100, 200)));
    await folder.write("app.log.3", linesOf(0, 100));
    await folder.write("app.log.1", linesOf(200, 300));
    await utimes(folder.path("app.log.3"), at(99), at(99));
    await utimes(packed, at(199), at(199));
    await utimes(folder.path("app.log.1"), at(299), at(299));
    await folder.write("app.log", linesOf(300, 310));
    await using server = await served(folder);
    expect(textsOf((await page(server, "?tail=15")).lines)).toEqual(numbered(295, 310));
    expect(textsOf((await page(server, "?tail=150")).lines)).toEqual(numbered(160, 310));
    expect(textsOf((await page(server, "?tail=250")).lines)).toEqual(numbered(60, 310));
    expect(textsOf((await page(server, "?tail=9999")).lines)).toEqual(numbered(0, 310));
    for (const index of [50, 150, 250, 305]) {
      const since = await page(server, `?since=${at(index).toISOString()}`);
      expect(textsOf(since.lines)).toEqual(numbered(index, 310));
    }
    const found = await page(server, `?since=${at(0).toISOString()}&grep=9&level=error`);
    expect(textsOf(found.lines)).toEqual(
      numbered(0, 310).filter((text) => text.includes("9") && text.endsWith("0")),
    );
  });

  test("a stream of events is taken up exactly after the last one that was seen", async () => {
    await using folder = await logFolder();
    await folder.write("app.log", linesOf(0, 100));
    await using server = await served(folder);
    const headers = { Accept: "text/event-stream" };
    const first = await (await server.get("/logs/app.log?tail=10", { headers })).text();
    const ids = [...first.matchAll(/^id: (\S+)$/gm)].map(([, id]) => id ?? "");
    expect(ids).toHaveLength(11);
    const again = await server.get("/logs/app.log", {
      headers: { ...headers, "Last-Event-ID": ids[6] ?? "" },
    });
    const numbersIn = (text: string) => [...text.matchAll(/line (\d+)"/g)].map(([, number]) => number);
    expect(numbersIn(await again.text())).toEqual(["97", "98", "99"]);
    // An EventSource asks with the address that it began with.
    const same = await server.get("/logs/app.log?tail=10&limit=2", {
      headers: { ...headers, "Last-Event-ID": ids[6] ?? "" },
    });
    expect(numbersIn(await same.text())).toEqual(["97", "98"]);
    const both = await server.get(`/logs/app.log?tail=10&cursor=${ids[6]}`, { headers });
    expect([both.status, problemOf.parse(await both.json()).detail]).toEqual([
      400,
      expect.stringContaining("can't be given with cursor"),
    ]);
  });
});

describe("a log that is followed", () => {
  test("gives what is appended, whole lines only", async () => {
    await using folder = await logFolder();
    await folder.write("app.log", linesOf(0, 10));
    await using server = await served(folder);
    await using following = await follow(server, "&tail=2");
    await following.until("line 9");
    await folder.append("app.log", lineOf(10).slice(0, 20));
    await folder.append("app.log", lineOf(10).slice(20) + linesOf(11, 500));
    await following.until("line 499");
    expect(following.texts()).toEqual(numbered(8, 500));
  });

  test("goes on through a rotation by rename, with the last line of the old file", async () => {
    await using folder = await logFolder();
    await folder.write("app.log", linesOf(0, 50));
    await using server = await served(folder);
    await using following = await follow(server, "&tail=1");
    await following.until("line 49");
    await rename(folder.path("app.log"), folder.path("app.log.1"));
    await folder.append("app.log.1", linesOf(50, 60));
    await folder.write("app.log", linesOf(60, 70));
    await following.until("line 69");
    expect(following.texts()).toEqual(numbered(49, 70));
    expect(following.records.filter(({ type }) => type === "rotated")).toEqual([
      { type: "rotated", lost: null },
    ]);
  });

  test("goes on through a rotation by copytruncate, with what was written just before", async () => {
    await using folder = await logFolder();
    await folder.write("app.log", linesOf(0, 50));
    await using server = await served(folder);
    await using following = await follow(server, "&tail=1");
    await following.until("line 49");
    await folder.append("app.log", linesOf(50, 60));
    await copyFile(folder.path("app.log"), folder.path("app.log.1"));
    await truncate(folder.path("app.log"));
    await folder.append("app.log", linesOf(60, 70));
    await following.until("line 69");
    expect(following.texts()).toEqual(numbered(49, 70));
  });

  test("that is not there yet is given as soon as it comes", async () => {
    await using folder = await logFolder();
    await using server = await served(folder);
    await using following = await follow(server);
    await folder.write("app.log", linesOf(0, 3));
    await following.until("line 2");
    expect(following.texts()).toEqual(numbered(0, 3));
  });

  test("chooses among what comes", async () => {
    await using folder = await logFolder();
    await folder.write("app.log", linesOf(0, 25));
    await using server = await served(folder);
    await using following = await follow(server, "&level=error&tail=1");
    await following.until("line 20");
    await folder.append("app.log", linesOf(25, 45));
    await following.until("line 40");
    expect(following.texts()).toEqual(["line 20", "line 30", "line 40"]);
  });

  test("ends at its time limit with a cursor, and with the sidecar", async () => {
    await using folder = await logFolder();
    await folder.write("app.log", linesOf(0, 3));
    await using server = await served(folder, { followMs: 600 });
    await using following = await follow(server);
    const end = await poll("it ends", () => following.records.find((record) => record.type === "end"));
    expect(end).toMatchObject({ reason: "time-limit" });
    await folder.append("app.log", linesOf(3, 5));
    const next = await page(server, `?cursor=${end.type === "end" ? end.cursor : ""}`);
    expect(textsOf(next.lines)).toEqual(numbered(3, 5));
  });
});

describe("a cursor", () => {
  const pages = async (server: ServedFeatures, cursor: string | null) => {
    const { lines, lost } = await page(server, `?cursor=${cursor}`);
    return { texts: textsOf(lines), lost };
  };

  test("goes on in the file that it was in, and then in those after it, renamed, copied or compressed", async () => {
    await using folder = await logFolder();
    await folder.write("app.log", linesOf(0, 50));
    await using server = await served(folder);
    const { cursor } = await page(server, "?grep=line&limit=30");
    const expected = { texts: numbered(30, 100), lost: [] };
    await writeFile(folder.path("app.log.3.gz"), gzipSync(linesOf(0, 50)));
    await rm(folder.path("app.log"));
    await folder.write("app.log.2", linesOf(50, 70));
    await folder.write("app.log.1", linesOf(70, 90));
    await folder.write("app.log", linesOf(90, 100));
    expect(await pages(server, cursor)).toEqual(expected);
    await writeFile(folder.path("app.log.3"), linesOf(0, 50));
    await rm(folder.path("app.log.3.gz"));
    // The order of the files is that of their last changes.
    for (const [name, from, to] of [
      ["app.log.2", 50, 70],
      ["app.log.1", 70, 90],
    ] as const) {
      await folder.write(name, linesOf(from, to));
    }
    expect(await pages(server, cursor)).toEqual(expected);
  });

  test("whose file is gone goes on with the file as it is, and says that something is missing", async () => {
    await using folder = await logFolder();
    await folder.write("app.log", linesOf(0, 50));
    await using server = await served(folder);
    const { cursor } = await page(server);
    await folder.write("app.log", linesOf(60, 70));
    expect(await pages(server, cursor)).toEqual({
      texts: numbered(60, 70),
      lost: [expect.stringContaining("there no more")],
    });
  });
});

describe("GET /logs", () => {
  test("lists those that are named, and offers those that the app appends to", async () => {
    await using folder = await logFolder();
    await folder.write("app.log", linesOf(0, 2));
    await folder.write("app.log.1", "old\n");
    await folder.write("own.log", "");
    await folder.write("read.log", "");
    const program = `import { openSync } from 'node:fs'; for (const path of ${JSON.stringify([folder.path("own.log"), folder.path("app.log"), folder.path("app.log.1")])}) openSync(path, 'a'); openSync(${JSON.stringify(folder.path("read.log"))}, 'r'); console.log('up'); setInterval(() => {}, 9e6)`;
    await using target = await startNode(program);
    await target.line();
    const core = {
      kind: "found",
      pid: target.pid,
      startTime: "2026-01-01T00:00:00.000Z",
      foundBy: "test",
    } as const;
    await using server = await serveLogs(
      { files: [folder.path("app.log"), folder.path("not-there.log")] },
      core,
    );
    const list = logList.strict().parse(await (await server.get("/logs")).json());
    expect(list.logs).toMatchObject([
      { name: "app.log", sizeBytes: linesOf(0, 2).length, rotated: ["app.log.1"] },
      { name: "not-there.log", sizeBytes: null, problem: { remedy: expect.stringContaining("logs.files") } },
    ]);
    // What is named, or was before it was rotated, is known, though the app has another path for it.
    expect(list.open?.filter(({ path }) => path.includes(folder.path("")))).toMatchObject([
      {
        path: `core:${folder.path("own.log")}`,
        processes: [{ pid: target.pid }],
        remedy: `SIDECAR_LOGS_FILES=core:${folder.path("own.log")}`,
      },
    ]);
    // Offered is not served, by no name; named, it is.
    const own = `core:${folder.path("own.log")}`;
    for (const name of ["own.log", own, folder.path("own.log")]) {
      const refused = await server.get(`/logs/${encodeURIComponent(name)}`);
      expect([name, refused.status]).toEqual([name, 404]);
    }
    await using named = await serveLogs({ files: [own] }, core);
    expect((await named.get("/logs/own.log")).status).toBe(200);
    await using without = await serveLogs({});
    expect(await (await without.get("/logs")).json()).toMatchObject({
      open: null,
      openReason: "No core here.",
      openRemedy: "Share it.",
    });
  });
});

describe.skipIf(isMissing("namespaces"))("a log in the app's own root", () => {
  test("is read and followed there, through links as the app itself sees them", async () => {
    const script = [
      "mount -t tmpfs none /mnt",
      "printf 'line 0\\nline 1\\n' > /mnt/app.log",
      "echo of-the-app > /mnt/hostname",
      "mount --bind /mnt/hostname /etc/hostname",
      "ln -s /etc/hostname /mnt/absolute.log",
      "ln -s ../../../../etc/hostname /mnt/relative.log",
      "ln -s /mnt/circle.log /mnt/circle.log",
      "echo up",
      "exec sleep 300",
    ].join(" && ");
    await using target = await startTarget(["unshare", "--mount", "sh", "-c", script]);
    expect(await target.line()).toBe("up");
    const core = {
      kind: "found",
      pid: target.pid,
      startTime: "2026-01-01T00:00:00.000Z",
      foundBy: "test",
    } as const;
    const names = ["app.log", "absolute.log", "relative.log", "circle.log", "not-there.log"];
    await using server = await serveLogs({ files: names.map((name) => `core:/mnt/${name}`) }, core);
    await using following = await follow(server);
    await following.until("line 1");
    for (const name of ["absolute.log", "relative.log"]) {
      expect(await (await server.get(`/logs/${name}`)).text()).toBe("of-the-app\n");
    }
    const root = `/proc/${target.pid}/root/mnt`;
    await rename(`${root}/app.log`, `${root}/app.log.1`);
    await writeFile(`${root}/app.log`, "line 2\n");
    await following.until("line 2");
    expect((await server.get("/logs/circle.log")).status).toBe(409);
    const missing = problemOf.parse(await (await server.get("/logs/not-there.log")).json());
    expect(missing).toMatchObject({
      code: "not-found",
      remedy: expect.stringContaining("as the app itself sees it"),
    });
  });
});

test("what is not named, no log, or asked for wrongly is refused, and says what would do", async () => {
  await using folder = await logFolder();
  await folder.write("app.log", "x\n");
  await symlink("/etc/passwd", folder.path("link.log"));
  await using server = await serveLogs({
    files: [
      folder.path("app.log"),
      folder.path("link.log"),
      folder.path("gone.log"),
      { path: "/dev", name: "folder" },
      { path: "/dev/zero", name: "device" },
    ],
    maxReaders: 1,
  });
  const refusals: readonly (readonly [path: string, status: number, code: string])[] = [
    ["/logs/ap.log", 404, "not-found"],
    ["/logs/gone.log", 404, "not-found"],
    ["/logs/link.log", 409, "conflict"],
    ["/logs/folder", 409, "conflict"],
    ["/logs/device", 409, "conflict"],
    ["/logs/..%2fapp.log", 404, "not-found"],
    ["/logs/app.log?tail=100001", 400, "invalid-parameter"],
    ["/logs/app.log?limitBytes=9999999999", 400, "invalid-parameter"],
    ["/logs/app.log?since=yesterday", 400, "invalid-parameter"],
    ["/logs/app.log?cursor=1.2", 400, "invalid-parameter"],
    ["/logs/app.log?level=loud", 400, "invalid-parameter"],
  ];
  for (const [path, status, code] of refusals) {
    const response = await server.get(path);
    const problem = problemOf.parse(await response.json());
    expect([path, response.status, problem.code]).toEqual([path, status, code]);
    if (!path.includes("level=")) expect([path, problem.remedy ?? null]).toEqual([path, expect.any(String)]);
  }
  const asJson = { headers: { Accept: "application/json" } };
  expect((await server.get("/logs/app.log?follow=true", asJson)).status).toBe(400);
  const asViewer = { headers: { Authorization: `Bearer ${VIEWER_TOKEN}` } };
  expect((await server.get("/logs/app.log", asViewer)).status).toBe(403);
  await using following = await follow(server);
  const second = await server.get("/logs/app.log");
  expect([second.status, problemOf.parse(await second.json()).remedy]).toEqual([
    429,
    expect.stringContaining("SIDECAR_LOGS_MAX_READERS=2"),
  ]);
  await following[Symbol.asyncDispose]();
  await poll("its place is free again", async () => (await server.get("/logs/app.log")).status === 200);
});

test("for a bundle of diagnostics it gives the last lines, with passwords in them masked", async () => {
  await using folder = await logFolder();
  await folder.write("app.log", `${linesOf(0, 1_500)}connecting to postgres://app:hunter2@db/app\n`);
  const feature = makeLogs({ files: [folder.path("app.log")] });
  const [part] = feature.diagnostics ?? [];
  const text = await part?.read({ traceMs: 0, signal: AbortSignal.timeout(5_000) });
  expect(part?.file).toBe("log-app.log.txt");
  expect(text).toBe(`${linesOf(501, 1_500)}connecting to postgres://app:******@db/app\n`);
});
