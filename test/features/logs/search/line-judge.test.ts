import { expect, test } from "vitest";
import {
  type Criteria,
  isWanted,
  type Known,
  knownAfter,
  NOTHING_KNOWN,
} from "../../../../src/features/logs/known-line.ts";
import { LEVELS, levelOf } from "../../../../src/features/logs/levels.ts";
import { type FoundLines, knownOf, searchBlocks } from "../../../../src/features/logs/search/block-search.ts";
import { createJudgingFinder } from "../../../../src/features/logs/search/line-judge.ts";
import { createLineMatcher } from "../../../../src/features/logs/search/line-matcher.ts";
import { timeOfLine } from "../../../../src/features/logs/timestamps.ts";
import { randomOf, seedOr } from "../../../support/random.ts";

const MAX_LINE = 300;
const BEGIN_MS = Date.UTC(2026, 10, 28, 20);
const random = randomOf(seedOr(23));
const oneOf = <T>(values: readonly [T, ...T[]]): T => values[random.int(values.length)] ?? values[0];

const HEADS = ["ERROR ", "[warn] ", "fatal: ", "INFO ", "level=error ", "<crit> ", ""] as const;
const TEXTS = [
  "needle",
  "\tat Shop.java:7",
  "of an error, in a message",
  "größer",
  "x".repeat(2 * MAX_LINE),
  "",
] as const;

/** Lines that say their time, their level, both or nothing, in an order that is not quite that of their times. */
function someLines(count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const timeMs = BEGIN_MS + index * 1_000 - random.int(20_000);
    const time = random.int(3) === 0 ? "" : `${new Date(timeMs).toISOString()} `;
    const json = `{"message":"${oneOf(TEXTS)}","level":${10 + 10 * random.int(6)},"time":${timeMs}}`;
    const plain = `${time}${random.int(3) === 0 ? "" : oneOf(HEADS)}${oneOf(TEXTS)}`;
    return `${random.int(6) === 0 ? json : plain}${random.int(5) === 0 ? "\r" : ""}`;
  });
}

function someCriteria(lines: number): Criteria {
  const timeMs = () => BEGIN_MS + random.int(lines) * 1_000;
  const [sinceMs, untilMs] = [timeMs(), timeMs()].toSorted((a, b) => a - b);
  return {
    ...{ zoneMinutes: 0, nowMs: BEGIN_MS + 86_400_000 },
    ...(random.int(2) === 0 ? { level: LEVELS[random.int(LEVELS.length)] } : {}),
    ...(random.int(2) === 0 ? { sinceMs } : {}),
    ...(random.int(3) === 0 ? { untilMs } : {}),
  };
}

const shownOf = (line: string) => {
  const raw = Buffer.from(line);
  return raw.length > MAX_LINE ? raw.subarray(0, MAX_LINE).toString() : line.replace(/\r$/, "");
};

/** One line after the other, with nothing of what makes a search fast. */
function expectedOf(lines: readonly string[], criteria: Criteria, needle: string | undefined, begun: Known) {
  let known = begun;
  const found = lines.flatMap((line) => {
    const text = shownOf(line);
    const { nowMs, zoneMinutes } = criteria;
    known = knownAfter(known, { timeMs: timeOfLine(text, nowMs, zoneMinutes), level: levelOf(text) });
    const isFound = needle === undefined || text.includes(needle);
    return isFound && isWanted(known, criteria) ? [[text, known.timeMs, known.level]] : [];
  });
  return { found, known };
}

function shownIn(found: FoundLines) {
  return [...found.ends].map((end, index) => {
    const text = Buffer.from(found.bytes.subarray(found.ends[index - 1] ?? 0, end - 1)).toString();
    const known = knownOf(found, index);
    return [text, known?.timeMs, known?.level];
  });
}

test("a search by what lines say of themselves finds what a look at each of them does, and knows what comes after it", () => {
  for (let round = 0; round < 300; round += 1) {
    const lines = someLines(random.int(120));
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
    const criteria = someCriteria(lines.length);
    // One of both is given.
    const needle = criteria.level === undefined || random.int(2) === 0 ? "e" : undefined;
    const begun: Known = oneOf([
      NOTHING_KNOWN,
      { ...NOTHING_KNOWN, isAfterCursor: true },
      { timeMs: BEGIN_MS + 5_000, level: "error", isAfterCursor: false },
    ]);
    const read = (buffer: Buffer, at: number, count: number, offset: number) =>
      bytes.copy(buffer, at, offset, Math.min(bytes.length, offset + count, offset + 1 + random.int(900)));
    const pattern = { kind: "text", source: needle ?? "", ignoreCase: false, isInverted: false } as const;
    const matches = needle === undefined ? undefined : createLineMatcher(pattern, MAX_LINE).eachLine;
    const part = { from: 0, to: bytes.length, maxLineBytes: MAX_LINE };
    const judging = createJudgingFinder(matches, criteria, { ...part, read, known: begun });
    const found = [...searchBlocks(read, part, judging.eachLine)].flatMap(({ found: some }) =>
      some === undefined ? [] : shownIn(some),
    );
    const expected = expectedOf(lines, criteria, needle, begun);
    expect([round, criteria, found]).toEqual([round, criteria, expected.found]);
    expect([round, judging.knownAt(bytes.length)]).toEqual([round, expected.known]);
  }
});
