import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { logPage } from "../../../src/features/logs/log-schema.ts";
import { poll } from "../../support/poll.ts";
import type { ServedFeatures } from "../../support/serve-features.ts";
import { logFolder, serveLogs } from "./serve-logs.ts";

const JAVA = [
  "2026-11-28 22:00:00,001 INFO  [main] started",
  "2026-11-28 22:00:01,002 ERROR [exec-1] order 7 failed\njava.lang.IllegalStateException: ERROR: no stock\n\tat com.example.Shop.sell(Shop.java:7)\nCaused by: java.io.IOException\n\t... 12 more",
  "2026-11-28 22:00:02,003 INFO  [exec-2] order 8",
];
const PYTHON = [
  '2026-11-28 22:00:03,004 ERROR worker failed\nTraceback (most recent call last):\n  File "app.py", line 7, in <module>\nValueError: bad\n\nDuring handling of the above exception',
  "2026-11-28 22:00:04,005 WARN  retried",
];
const PLAIN = ["WARN: first", "ERROR: second\n    of it\nand more", "INFO: third"];

const stack: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of stack.splice(0).toReversed()) await each[Symbol.asyncDispose]();
});

async function served(records: readonly string[]) {
  const folder = await logFolder();
  stack.push(folder);
  await folder.write("app.log", records.map((record) => `${record}\n`).join(""));
  const server = await serveLogs({ files: [folder.path("app.log")] });
  stack.push(server);
  return { folder, server };
}

async function page(server: ServedFeatures, query: string, multiline = "auto") {
  const response = await server.get(`/logs/app.log?multiline=${encodeURIComponent(multiline)}${query}`, {
    headers: { Accept: "application/json" },
  });
  expect(response.status).toBe(200);
  return logPage.strict().parse(await response.json());
}
const textsOf = ({ lines }: { lines: readonly { text: string }[] }) => lines.map(({ text }) => text);

test("lines that belong together are one record, by their times, or by their levels where they have none", async () => {
  const { server } = await served([...JAVA, ...PYTHON]);
  expect(textsOf(await page(server, ""))).toEqual([...JAVA, ...PYTHON]);
  expect(textsOf(await page(server, "&level=error"))).toEqual([JAVA[1], PYTHON[0]]);
  expect(textsOf(await page(server, "&grep=Shop.java"))).toEqual([JAVA[1]]);
  expect(textsOf(await page(server, "&grep=ERROR&invert=true"))).toEqual([JAVA[0], JAVA[2], PYTHON[1]]);
  expect(textsOf(await page(server, "&regex=%5EValueError"))).toEqual([PYTHON[0]]);
  expect(textsOf(await page(server, "&regex=ERROR&invert=true&tail=2"))).toEqual([JAVA[2], PYTHON[1]]);
  const plain = await served(PLAIN);
  expect(textsOf(await page(plain.server, ""))).toEqual(PLAIN);
});

test("a cursor goes on with whole records, and one that is half-written comes again whole", async () => {
  const { server, folder } = await served(JAVA);
  const seen: string[] = [];
  let cursor = "";
  for (let count = 0; count < 3; count += 1) {
    const some = await page(server, `&limit=1${cursor === "" ? "&since=2026-01-01" : cursor}`);
    seen.push(...textsOf(some));
    cursor = `&cursor=${some.cursor}`;
  }
  expect(seen).toEqual(JAVA);
  await folder.append("app.log", `${PYTHON[0]?.slice(0, 60)}`);
  const half = await page(server, cursor);
  expect(half.lines).toMatchObject([{ isOpen: true, text: PYTHON[0]?.slice(0, 60) }]);
  await folder.append("app.log", `${PYTHON[0]?.slice(60)}\n`);
  expect(textsOf(await page(server, `&cursor=${half.lines[0]?.cursor}`))).toEqual([PYTHON[0]]);
});

test("a record is bounded by its lines and its bytes", async () => {
  const { server } = await served([
    `${JAVA[0]}\n${"  more\n".repeat(2_500)}end`,
    "2026-11-28 22:00:09,000 INFO x",
  ]);
  const { lines } = await page(server, "&since=2026-01-01");
  expect(lines.map(({ text }) => text.split("\n").length)).toEqual([1_000, 1_000, 502, 1]);
});

test("followed, a record is given when the next one begins, or when no more of it comes", async () => {
  const { server, folder } = await served(JAVA.slice(0, 1));
  const stop = new AbortController();
  const response = await server.get("/logs/app.log?multiline=auto&follow=true", { signal: stop.signal });
  let come = "";
  const over = (async () => {
    for await (const chunk of response.body ?? []) come += Buffer.from(chunk).toString();
  })().catch(() => undefined);
  await poll("the first comes, for no more of it does", () => come === `${JAVA[0]}\n`);
  const [head = "", ...rest] = JAVA[1]?.split("\n") ?? [];
  await folder.append("app.log", `${head}\n`);
  await folder.append("app.log", `${rest.join("\n")}\n${JAVA[2]}\n`);
  await poll("all come", () => come === JAVA.map((record) => `${record}\n`).join(""));
  stop.abort();
  await over;
});

/** Records that nothing but an expression tells apart: each line has a time, and a level. */
const JOBS = [
  "=== job 1\n2026-11-28 22:00:00 INFO begins\n2026-11-28 22:00:01 ERROR disk full\n",
  "=== job 2\n2026-11-28 22:00:02 INFO begins\n=== is no job\n2026-11-28 22:00:03 INFO ends",
  "=== job 3\n2026-11-28 22:00:04 WARN begins",
];
const START = "/^=== job \\d+$/";

test("an expression says where a record begins, for what is chosen of the records, and where reading goes on", async () => {
  const { server, folder } = await served(["what is before the first", ...JOBS]);
  expect(textsOf(await page(server, "", START))).toEqual(["what is before the first", ...JOBS]);
  expect(textsOf(await page(server, "&grep=disk", START))).toEqual([JOBS[0]]);
  expect(textsOf(await page(server, "&regex=DISK&ignoreCase=true", START))).toEqual([JOBS[0]]);
  expect(textsOf(await page(server, "&grep=begins&invert=true", START))).toEqual([
    "what is before the first",
  ]);
  expect(textsOf(await page(server, "&grep=begins&tail=1", START))).toEqual([JOBS[2]]);
  expect(textsOf(await page(server, "&tail=3", "/^=== JOB/i"))).toEqual([
    "2026-11-28 22:00:03 INFO ends",
    JOBS[2],
  ]);
  const since = await page(server, "&since=2026-11-28T22:00:02Z&zone=Z", START);
  expect(textsOf(since)).toEqual(JOBS.slice(1));
  const first = await page(server, "&grep=begins&limit=1", START);
  const second = await page(server, `&cursor=${first.cursor}&limit=1`, START);
  const rest = await page(server, `&cursor=${second.cursor}`, START);
  expect([first, second, rest].flatMap(textsOf)).toEqual(JOBS);
  await folder.append("app.log", `${JOBS[0]}${JOBS[1]}`);
  const half = await page(server, `&cursor=${rest.cursor}`, START);
  await folder.append("app.log", " well\n");
  expect(textsOf(await page(server, `&cursor=${half.cursor}`, START))).toEqual([`${JOBS[1]} well`]);
}, 40_000);

test("followed, a record that an expression begins is whole when the next one begins", async () => {
  const { server, folder } = await served(JOBS.slice(0, 1));
  const stop = new AbortController();
  const query = `multiline=${encodeURIComponent(START)}&follow=true&tail=0`;
  const response = await server.get(`/logs/app.log?${query}`, {
    signal: stop.signal,
    headers: { Accept: "application/x-ndjson" },
  });
  let come = "";
  const over = (async () => {
    for await (const chunk of response.body ?? []) come += Buffer.from(chunk).toString();
  })().catch(() => undefined);
  for (const line of `${JOBS[1]}\n${JOBS[2]}\n`.split(/(?<=\n)/)) await folder.append("app.log", line);
  const texts = () =>
    come
      .split("\n")
      .slice(0, -1)
      .map((line) => z.looseObject({ text: z.string().optional() }).parse(JSON.parse(line)).text);
  await poll("both come", () => texts().length === 2);
  expect(texts()).toEqual(JOBS.slice(1));
  stop.abort();
  await over;
});

test("what is no such expression is refused, and one that takes without end is ended, by the name of the parameter", async () => {
  const { server } = await served([`${"a".repeat(60)}!`]);
  const refused = async (multiline: string) => {
    const response = await server.get(`/logs/app.log?multiline=${encodeURIComponent(multiline)}`);
    return { status: response.status, ...z.looseObject({}).parse(await response.json()) };
  };
  const errors = [{ pointer: "query:multiline" }];
  const unended = { detail: expect.stringContaining("Unterminated group") };
  expect(await refused("/(job/")).toMatchObject({ status: 400, errors, ...unended });
  expect(await refused("(job")).toMatchObject({ status: 400, errors: [{ pointer: "query:multiline" }] });
  const endless = { detail: expect.stringContaining("parameter multiline: takes too long") };
  expect(await refused("/^(a+)+$/")).toMatchObject({ status: 400, errors, ...endless });
}, 40_000);
