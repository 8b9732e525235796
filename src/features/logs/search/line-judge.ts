import { type Criteria, isPastAll, isWanted, type Known, knownAfter, NOTHING_KNOWN } from "../known-line.ts";
import { type Level, levelNames, levelOf } from "../levels.ts";
import { timeOfLine } from "../timestamps.ts";
import type { FindLines, Place, ReadInto } from "./block-search.ts";
import { linesBefore } from "./lines-before.ts";

/** Finds lines by what they say of themselves, without a look at all the others. */
export interface JudgingFinder {
  readonly eachLine: FindLines;
  /** What is known of the line before an offset. */
  knownAt(offset: number): Known;
  /** Whether none of the lines after those that were looked at can be wanted. */
  isPast(): boolean;
}

/** What of a file is looked at. */
export interface JudgedPart {
  readonly read: ReadInto;
  readonly from: number;
  /** What is known of the line before it. */
  readonly known: Known;
  readonly maxLineBytes: number;
}

/** Of a line no more is looked at: a time stands among its first 16,384 characters. */
const HEAD_BYTES = 65_536;
const LF = 10;
const CR = 13;

/** Lines of a block that are looked at for whether it is too late. */
const LOOKED_AT = 16;

/**
 * Makes one.
 * @param matches finds the lines with a pattern; where none is wanted, those that may have the level are looked at, which
 * has to be one of the criteria then.
 */
export function createJudgingFinder(
  matches: FindLines | undefined,
  criteria: Criteria,
  part: JudgedPart,
): JudgingFinder {
  const reader = createHeadReader(criteria, part.maxLineBytes);
  const { knownAt, judge } = createJudge(part, reader);
  let isPast = false;
  /** The first line with a time tells whether the rest is too late, and so each block is worth a look. */
  const looksPast = (lines: Buffer): boolean => {
    for (let begin = 0, count = 0; begin < lines.length && count < LOOKED_AT; count += 1) {
      const end = lines.indexOf(LF, begin);
      const { timeMs } = reader.ownOf(lines, begin, end);
      if (timeMs !== null) return isPastAll(timeMs, criteria);
      begin = end + 1;
    }
    return false;
  };
  const byPattern =
    (find: FindLines): FindLines =>
    (lines, found, place) => {
      const take = (begin: number, end: number) => {
        const known = judge(lines, begin, end, place);
        if (isWanted(known, criteria)) found(begin, end, known);
      };
      find(lines, take, place);
    };
  const find =
    matches === undefined ? createLevelFinder(criteria, part.known, { judge, reader }) : byPattern(matches);
  return {
    knownAt,
    isPast: () => isPast,
    eachLine(lines, found, place) {
      isPast ||= criteria.untilMs !== undefined && looksPast(lines);
      if (!isPast) find(lines, found, place);
    },
  };
}

/** What lines say of themselves. */
interface HeadReader {
  ownOf(lines: Buffer, begin: number, end: number): Own;
  ownOfText(text: string): Own;
}

type Own = Pick<Known, "timeMs" | "level">;

function createHeadReader({ zoneMinutes, nowMs }: Criteria, maxLineBytes: number): HeadReader {
  const ownOfText = (text: string): Own => ({
    timeMs: timeOfLine(text, nowMs, zoneMinutes),
    level: levelOf(text),
  });
  return {
    ownOfText,
    ownOf(lines, begin, end) {
      const isWhole = end - begin <= maxLineBytes;
      const last = isWhole && end > begin && lines[end - 1] === CR ? end - 1 : end;
      const bytes = Math.min(last - begin, headBytesOf(maxLineBytes));
      return ownOfText(lines.toString("utf8", begin, begin + bytes));
    },
  };
}

function headBytesOf(maxLineBytes: number): number {
  return Math.min(HEAD_BYTES, maxLineBytes);
}

/** Tells what is known of lines, in the order in which they are asked for, and looks at others only where they count. */
function createJudge({ read, from, known, maxLineBytes }: JudgedPart, reader: HeadReader) {
  /** What is known of the line before an offset: nothing before that is looked at twice. */
  let memo = { at: from, known };
  /** Backwards up to the nearest line that says its time: of those that say no more than their level it takes several. */
  const knownAt = (offset: number): Known => {
    let level: { readonly level: Level | null } | undefined;
    let timeMs: number | null = null;
    for (const text of linesBefore(read, offset, memo.at, headBytesOf(maxLineBytes))) {
      const own = reader.ownOfText(text);
      if (own.timeMs === null && own.level === null) continue;
      level ??= { level: own.level };
      timeMs = own.timeMs;
      if (timeMs !== null) break;
    }
    const before = memo.known;
    const isContinued = level === undefined;
    memo = {
      at: offset,
      known: isContinued ? before : knownAfter(before, { timeMs, level: level?.level ?? null }),
    };
    return memo.known;
  };
  return {
    knownAt,
    judge(lines: Buffer, begin: number, end: number, place: Place): Known {
      const own = reader.ownOf(lines, begin, end);
      const before = own.timeMs === null ? knownAt(offsetOf(begin, place)) : NOTHING_KNOWN;
      memo = { at: place.base + end + 1, known: knownAfter(before, own) };
      return memo.known;
    },
  };
}

/** Where a line begins in the file. */
function offsetOf(begin: number, { base, first }: Place): number {
  return begin === 0 ? first : base + begin;
}

interface LevelFinderParts {
  readonly judge: (lines: Buffer, begin: number, end: number, place: Place) => Known;
  readonly reader: HeadReader;
}

/** Finds the lines of a level, and those that continue them. @param begun of the line before the first one. */
function createLevelFinder(criteria: Criteria, begun: Known, { judge, reader }: LevelFinderParts): FindLines {
  const expression = levelNames(criteria.level ?? "trace");
  /** Of the line before those that come, where it was wanted. */
  let running = isWanted(begun, criteria) ? begun : undefined;
  return (lines, found, place) => {
    const text = lines.toString("latin1");
    const run = (at: number): number => {
      let begin = at;
      while (running !== undefined && begin < lines.length) {
        const end = lines.indexOf(LF, begin);
        const own = reader.ownOf(lines, begin, end);
        if (own.timeMs === null && own.level === null) {
          found(begin, end, running);
          begin = end + 1;
        } else running = undefined;
      }
      return begin;
    };
    expression.lastIndex = run(0);
    for (let match = expression.exec(text); match !== null; match = expression.exec(text)) {
      const begin = match.index === 0 ? 0 : text.lastIndexOf("\n", match.index - 1) + 1;
      const end = text.indexOf("\n", match.index);
      const known = judge(lines, begin, end, place);
      if (isWanted(known, criteria)) {
        running = known;
        found(begin, end, known);
      }
      expression.lastIndex = run(end + 1);
    }
  };
}
