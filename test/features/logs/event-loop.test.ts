import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { createTurns } from "../../../src/base/turns.ts";
import { logAt } from "../../../src/features/logs/log-file.ts";
import { flowOf } from "../../../src/features/logs/log-flow.ts";
import { logQuery, readLogQuery } from "../../../src/features/logs/log-query.ts";
import { logPage } from "../../../src/features/logs/log-schema.ts";
import { createSearchers } from "../../../src/features/logs/search/searcher.ts";
import { logFolder, serveLogs } from "./serve-logs.ts";

/** What is read of a file at once has as many lines as this. */
const SHORT = "\n".repeat(262_144);
/** How many lines are looked at before others get their turn. */
const AT_ONCE = 256;

/** So many that a search looks for what is wanted of them. */
const LINES = 280_000;
const LINE = "a".repeat(15).concat("\n");

const NOBODY = { find: async () => ({ kind: "missing", reason: "None.", remedy: "None." }) as const };

/** How often an answer asks whether others are to get their turn. */
async function turnsOf(path: string, query: Readonly<Record<string, string>>): Promise<number> {
  const turns = createTurns();
  let asked = 0;
  const flow = flowOf(
    logAt("app.log", path, NOBODY),
    readLogQuery(logQuery.parse(query), "", 2 ** 30, Date.UTC(2026, 10, 29)),
    {
      ...{ maxLineBytes: 65_536, followMs: 60_000, searchers: createSearchers(), maxLagBytes: 2 ** 30 },
      turns: () => {
        asked += 1;
        return turns();
      },
      signal: new AbortController().signal,
    },
  );
  for await (const part of flow)
    expect(part.kind === "lines" ? part.lines.length : 0).toBeLessThan(AT_ONCE + 1);
  return asked;
}

test.each([
  { level: "error" },
  { level: "error", tail: "100000" },
  { since: "1h" },
  { until: "2026-11-28T22:00:00Z" },
  { multiline: "auto", since: "1h" },
  { multiline: "/^a/", level: "error" },
  { grep: "a", invert: "true", limit: "300000" },
  { tail: "100000" },
])("however many lines there are, an answer lets others have their turn: %j", async (query) => {
  await using folder = await logFolder();
  const path = await folder.write("app.log", SHORT);
  const lines = "tail" in query && !("level" in query) ? Number(query.tail) : SHORT.length;
  expect(await turnsOf(path, query)).toBeGreaterThanOrEqual(Math.floor(lines / AT_ONCE));
});

test("what a search has found, and what is in rotated files, is taken in steps too", async () => {
  await using folder = await logFolder();
  const path = await folder.write("app.log", LINE.repeat(LINES));
  const search = { grep: "a", tail: "10" };
  expect(await turnsOf(path, search)).toBeGreaterThanOrEqual(Math.floor(LINES / AT_ONCE));
  await folder.write("app.log.1.gz", gzipSync(SHORT));
  const back = { since: "1h" };
  expect(await turnsOf(await folder.write("app.log", ""), back)).toBeGreaterThanOrEqual(
    SHORT.length / AT_ONCE,
  );
});

test("while many lines are looked at others are answered", async () => {
  await using folder = await logFolder();
  const files = [
    await folder.write("app.log", SHORT.repeat(4)),
    await folder.write("other.log", "INFO of another\n"),
  ];
  await using server = await serveLogs({ files });
  let isOver = false;
  const asked = server
    .get("/logs/app.log?level=error&tail=10", { headers: { Accept: "application/json" } })
    .finally(() => {
      isOver = true;
    });
  let answers = 0;
  while (!isOver) {
    expect(await (await server.get("/logs/other.log")).text()).toBe("INFO of another\n");
    answers += 1;
  }
  expect(logPage.parse(await (await asked).json()).lines).toEqual([]);
  // A file is read in four pieces: in between some would be answered anyway.
  expect(answers).toBeGreaterThan(8);
});
