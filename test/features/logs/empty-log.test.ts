import { copyFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { type LogRecord, logPage, logRecord } from "../../../src/features/logs/log-schema.ts";
import { poll } from "../../support/poll.ts";
import type { ServedFeatures } from "../../support/serve-features.ts";
import { type LogFolder, logFolder, serveLogs } from "./serve-logs.ts";

const stack: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of stack.splice(0).toReversed()) await each[Symbol.asyncDispose]();
});

async function served() {
  const folder = await logFolder();
  stack.push(folder);
  const server = await serveLogs({ files: [folder.path("app.log")] });
  stack.push(server);
  return { folder, server };
}

async function page(server: ServedFeatures, query = "") {
  const response = await server.get(`/logs/app.log${query}`, { headers: { Accept: "application/json" } });
  expect(response.status).toBe(200);
  return logPage.parse(await response.json());
}

const textsOf = (lines: readonly { text: string }[]) => lines.map(({ text }) => text);

/** Writes lines to the log and rotates it, at once: nobody looks at it meanwhile. */
function rotate(folder: LogFolder, lines: string): void {
  const [path, older, oldest] = [folder.path("app.log"), folder.path("app.log.1"), folder.path("app.log.2")];
  writeFileSync(path, lines, { flag: "a" });
  rmSync(oldest, { force: true });
  try {
    renameSync(older, oldest);
  } catch {
    // There is none yet.
  }
  renameSync(path, older);
  writeFileSync(path, "");
}

/** What lies beside an empty log; what it was, as a rule. */
const BEFORE: Readonly<Record<string, (folder: LogFolder) => Promise<unknown>>> = {
  "nothing else": async () => undefined,
  "a rotated file": (folder) => folder.write("app.log.1", "old 1\nold 2\n"),
  "a compressed one": (folder) => folder.write("app.log.1.gz", gzipSync("old 1\nold 2\n")),
  "one that can't be read": (folder) => folder.write("app.log.1.gz", "no gzip"),
};

test.each(Object.keys(BEFORE))(
  "a cursor of an empty log, beside which is %s, goes on with all that comes, however often it is rotated",
  async (what) => {
    const { folder, server } = await served();
    await BEFORE[what]?.(folder);
    await folder.write("app.log", "");
    const first = await page(server, "?tail=0");
    expect([textsOf(first.lines), typeof first.cursor]).toEqual([[], "string"]);
    const empty = await page(server, `?cursor=${first.cursor}`);
    expect([textsOf(empty.lines), empty.lost]).toEqual([[], []]);
    rotate(folder, "new 1\nnew 2\n");
    const rotated = await page(server, `?cursor=${empty.cursor}`);
    expect([textsOf(rotated.lines), rotated.lost]).toEqual([["new 1", "new 2"], []]);
    rotate(folder, "new 3\n");
    await folder.append("app.log", "new 4\n");
    for (const [cursor, from] of [
      [first.cursor, 1],
      [empty.cursor, 1],
      [rotated.cursor, 3],
    ]) {
      const rest = await page(server, `?cursor=${cursor}`);
      const expected = ["new 1", "new 2", "new 3", "new 4"].slice(Number(from) - 1);
      expect([textsOf(rest.lines), rest.lost]).toEqual([expected, []]);
    }
  },
);

test("also where the file that it was before is removed when it is rotated", async () => {
  const { folder, server } = await served();
  await folder.write("app.log.1", "old\n");
  await folder.write("app.log", "");
  const { cursor } = await page(server, "?tail=0");
  rmSync(folder.path("app.log.1"));
  rotate(folder, "new 1\n");
  await folder.append("app.log", "new 2\n");
  const { lines, lost } = await page(server, `?cursor=${cursor}`);
  expect([textsOf(lines), lost]).toEqual([["new 1", "new 2"], []]);
});

/** Follows the log from its end on. */
async function follow(server: ServedFeatures) {
  const stop = new AbortController();
  const response = await server.get("/logs/app.log?follow=true&tail=0", {
    headers: { Accept: "application/x-ndjson" },
    signal: stop.signal,
  });
  const records: LogRecord[] = [];
  const over = (async () => {
    let rest = "";
    for await (const chunk of response.body ?? []) {
      const lines = (rest + Buffer.from(chunk).toString()).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) records.push(logRecord.parse(JSON.parse(line)));
    }
  })().catch(() => undefined);
  stack.push({
    async [Symbol.asyncDispose]() {
      stop.abort();
      await over;
    },
  });
  return () => textsOf(records.filter((record) => record.type === "line"));
}

const KINDS: Readonly<Record<string, (folder: LogFolder) => void>> = {
  "is renamed": (folder) => rotate(folder, "new 1\n"),
  "is renamed twice": (folder) => {
    rotate(folder, "new 0\n");
    rotate(folder, "new 1\n");
  },
  "is copied and truncated": (folder) => {
    writeFileSync(folder.path("app.log"), "new 1\n", { flag: "a" });
    copyFileSync(folder.path("app.log"), folder.path("app.log.1"));
    truncateSync(folder.path("app.log"));
  },
};

test.each(
  Object.keys(KINDS).flatMap((kind) => [
    [kind, "is empty"],
    [kind, "is not there"],
    [kind, "is empty beside a compressed one"],
  ]),
)(
  "followed, a log that %s before anybody has looked, and %s before, gives all lines",
  async (kind, before) => {
    const { folder, server } = await served();
    if (before !== "is not there") await folder.write("app.log", "");
    if (before.endsWith("one")) await folder.write("app.log.9.gz", gzipSync("old\n"));
    const texts = await follow(server);
    KINDS[kind]?.(folder);
    await folder.append("app.log", "new 2\n");
    await poll("the last line comes", () => texts().at(-1) === "new 2");
    expect(texts()).toEqual(kind.endsWith("twice") ? ["new 0", "new 1", "new 2"] : ["new 1", "new 2"]);
  },
);
