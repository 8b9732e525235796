import { expect, test } from "vitest";
import { type FoundLines, searchBlocks } from "../../../../src/features/logs/search/block-search.ts";
import { joinFound } from "../../../../src/features/logs/search/join-found.ts";
import { createLineMatcher } from "../../../../src/features/logs/search/line-matcher.ts";
import { expressionOfLines, type Pattern } from "../../../../src/features/logs/search/pattern.ts";
import { randomOf, seedOr } from "../../../support/random.ts";

const MAX_LINE = 200;

const text = (source: string): Pattern => ({ kind: "text", source, ignoreCase: false, isInverted: false });
const regex = (source: string): Pattern => ({ ...text(source), kind: "regex" });
const PATTERNS: readonly Pattern[] = [
  text("ab"),
  text("a.b"),
  { ...text("AB"), ignoreCase: true },
  { ...text("ab"), isInverted: true },
  regex("^ab"),
  regex("b$"),
  regex("^$"),
  regex("a[^b]*c"),
  regex("a\\s+b"),
  regex("[\\s,]b"),
  regex("\\Wb|é"),
  regex("a.b"),
  regex("a(?=c)"),
  regex("(?<x>a)\\k<x>"),
  regex("[^]b"),
  regex("()"),
  { ...regex("A\\D{2}"), ignoreCase: true },
  { ...regex("^a.*b$"), isInverted: true },
];

/** What a line is tested for, on its own and without any of what makes a search fast. */
function isWanted(line: string, { kind, source, ignoreCase, isInverted }: Pattern): boolean {
  const has =
    kind === "regex"
      ? new RegExp(source, ignoreCase ? "i" : "").test(line)
      : ignoreCase
        ? line.toLowerCase().includes(source.toLowerCase())
        : line.includes(source);
  return has !== isInverted;
}

const NOTHING: FoundLines = {
  bytes: new Uint8Array(),
  ends: new Uint32Array(),
  offsets: new Float64Array(),
  cut: [],
};

type Found = readonly [text: string, nextAt: number, isCut: boolean];

function expectedOf(lines: readonly string[], pattern: Pattern): Found[] {
  let at = 0;
  return lines.flatMap((line): Found[] => {
    const raw = Buffer.from(line);
    at += raw.length + 1;
    const isCut = raw.length > MAX_LINE;
    const shown = isCut ? raw.subarray(0, MAX_LINE).toString() : line.replace(/\r$/, "");
    return isWanted(shown, pattern) ? [[shown, at, isCut]] : [];
  });
}

test("a search finds the same lines as a look at each, however the file comes and its blocks are joined, with their ends and their places", () => {
  const random = randomOf(seedOr(11));
  const lineOf = (letters: readonly string[]) => {
    const length = random.int(8) === 0 ? random.int(3 * MAX_LINE) : random.int(6);
    const line = Array.from({ length }, () => letters[random.int(letters.length)]).join("");
    return line + (random.int(4) === 0 ? "\r" : "");
  };
  const search = (bytes: Buffer, pattern: Pattern) => {
    const found: Found[] = [];
    let searchedTo = 0;
    const read = (buffer: Buffer, to: number, count: number, offset: number) =>
      bytes.copy(buffer, to, offset, Math.min(bytes.length, offset + count, offset + 1 + random.int(300)));
    const part = { from: 0, to: bytes.length, maxLineBytes: MAX_LINE };
    const gathered: FoundLines[] = [];
    const take = () => {
      const { bytes: packed, ends, offsets, cut } = joinFound(gathered.splice(0)) ?? NOTHING;
      for (const [index, end] of ends.entries()) {
        const line = Buffer.from(packed.subarray(ends[index - 1] ?? 0, end - 1));
        found.push([line.toString(), offsets[index] ?? 0, cut.includes(index)]);
      }
    };
    for (const block of searchBlocks(read, part, createLineMatcher(pattern, MAX_LINE).eachLine)) {
      searchedTo = block.searchedTo;
      if (block.found !== undefined) gathered.push(block.found);
      if (random.int(3) === 0) take();
    }
    take();
    return { found, searchedTo };
  };
  for (let round = 0; round < 60; round += 1) {
    const letters = round % 3 === 0 ? ["a", "b", "c", " ", ",", "é", "\u2028"] : ["a", "b", "c", " ", "1"];
    const lines = Array.from({ length: random.int(80) }, () => lineOf(letters));
    const whole = Buffer.from(lines.map((line) => `${line}\n`).join(""));
    const bytes = Buffer.concat([whole, Buffer.from(random.int(2) === 0 ? "ab without end" : "")]);
    for (const pattern of PATTERNS) {
      const expected = { found: expectedOf(lines, pattern), searchedTo: whole.length };
      expect([pattern, search(bytes, pattern)]).toEqual([pattern, expected]);
    }
  }
});

test("an expression for many lines never goes on beyond one; what can't be written so is tried line by line", () => {
  expect(expressionOfLines(regex("a[^b]\\s\\S\\D[^\\s]"))?.source).toBe(
    "a[^\\nb][^\\S\\n]\\S[^\\d\\n][^\\n\\s]",
  );
  for (const source of ["a(?!b)", "(?s:.)", "[\\s]", "\\n", "\\x0a", "(?<=a)b", "(a)\\k<a>", "a\tb"]) {
    expect([source, expressionOfLines(regex(source))]).toEqual([source, undefined]);
  }
});

test("what is known of the lines of several blocks stays with them", () => {
  const known = (times: readonly number[], levels: readonly number[]) => ({
    ...{ timesMs: Float64Array.from(times), levels: Uint8Array.from(levels) },
  });
  const joined = joinFound([
    { ...linesOf("a\nbc\n", [2, 5]), known: known([1, Number.NaN], [2, 255]) },
    { ...linesOf("d\n", [9]), known: known([3], [4]) },
  ]);
  expect(joined).toEqual({
    ...linesOf("a\nbc\nd\n", [2, 5, 9]),
    known: known([1, Number.NaN, 3], [2, 255, 4]),
  });
});

function linesOf(text: string, offsets: readonly number[]): FoundLines {
  const ends = [...text.matchAll(/\n/g)].map(({ index }) => index + 1);
  return {
    ...{ bytes: Uint8Array.from(Buffer.from(text)), ends: Uint32Array.from(ends) },
    ...{ offsets: Float64Array.from(offsets), cut: [] },
  };
}
