import type { Fingerprint } from "../../linux/growing-file.ts";
import { cursorOf } from "./cursor.ts";
import { type Criteria, isPastAll, isWanted, type Known, knownAfter, NOTHING_KNOWN } from "./known-line.ts";
import { type Level, levelOf } from "./levels.ts";
import type { RawLine } from "./line-splitter.ts";
import type { LogWish } from "./log-query.ts";
import { isPlain } from "./search/pattern.ts";
import { timeOfLine } from "./timestamps.ts";

/** A line of a log, read. */
export interface LogLine {
  readonly text: string;
  readonly timeMs: number | null;
  readonly level: Level | null;
  /** The place after it. */
  readonly cursor: string;
  readonly bytes: number;
  readonly isCut: boolean;
  readonly isOpen: boolean;
  /** It is no UTF-8: what can't be shown stands as U+FFFD. */
  readonly isLossy: boolean;
}

/** Reads lines, and leaves out those that are not wanted. */
export interface LineReader {
  /** Undefined where it is not wanted. */
  read(raw: RawLine, content: Fingerprint): LogLine | undefined;
}

/** What an answer has come to know of the lines that it has passed: of its reader, and of a search that has gone ahead. */
export interface Progress {
  /** Of the last one. */
  known: Known;
  /** Whether a line came that is so late that none of those after it can be wanted. */
  isPast: boolean;
}

/** Where an answer begins. */
export function beginOf({ place }: LogWish): Progress {
  return { known: { ...NOTHING_KNOWN, isAfterCursor: place !== undefined }, isPast: false };
}

/** What is wanted by what lines say of themselves. */
export function criteriaOf({ level, sinceMs, untilMs, zoneMinutes }: LogWish, nowMs = Date.now()): Criteria {
  return { level, sinceMs, untilMs, zoneMinutes, nowMs };
}

/** Whether a search finds all that is wanted: of records, all lines are looked at. */
export function isSearched({ pattern, records, level }: LogWish): boolean {
  return records === "lines" && (pattern !== undefined || level !== undefined);
}

/** Whether lines without what is looked for may be left out unseen: they count for those after them, else. */
export function areLinesLeftOut(wish: LogWish): boolean {
  const { pattern, level, sinceMs, untilMs } = wish;
  if (!isSearched(wish) || pattern === undefined) return false;
  return level === undefined && sinceMs === undefined && untilMs === undefined;
}

const REPLACEMENT = "\uFFFD";

/**
 * Makes a reader for one answer.
 * @param progress is kept by it.
 * @param isText nobody is told what lines say of themselves.
 */
export function createLineReader(
  wish: LogWish,
  progress: Progress,
  { isText = false, nowMs = Date.now() } = {},
): LineReader {
  const { pattern, zoneMinutes, level, sinceMs, untilMs } = wish;
  // It takes most of the time.
  const isOfNoUse = isText && level === undefined && sinceMs === undefined && untilMs === undefined;
  const criteria = criteriaOf(wish, nowMs);
  const needle = pattern === undefined ? undefined : Buffer.from(pattern.source);
  // What the line before says is not known where that was left out.
  const isSparse = areLinesLeftOut(wish);

  const isFound = (raw: RawLine): boolean => {
    if (pattern === undefined || needle === undefined) return true;
    if (raw.isMatch !== undefined || !isPlain(pattern)) return raw.isMatch === true;
    return (raw.bytes.indexOf(needle) !== -1) !== pattern.isInverted;
  };
  const lookAt = (text: string): Known => {
    if (isOfNoUse) return NOTHING_KNOWN;
    const own = { timeMs: timeOfLine(text, nowMs, zoneMinutes), level: levelOf(text) };
    const known = knownAfter(progress.known, own);
    if (!isSparse) progress.known = known;
    if (isPastAll(own.timeMs, criteria)) progress.isPast = true;
    return known;
  };
  const wantedOf = (text: string, raw: RawLine): Known | undefined => {
    const known = lookAt(text);
    return (isOfNoUse || isWanted(known, criteria)) && isFound(raw) ? known : undefined;
  };
  return {
    read(raw, content) {
      const text = raw.bytes.toString("utf8");
      const known = raw.known ?? wantedOf(text, raw);
      if (known === undefined) return undefined;
      return {
        ...{ text, timeMs: known.timeMs, level: known.level, bytes: raw.bytes.length + 1 },
        cursor: cursorOf({ content, offset: raw.endOffset }),
        ...{ isCut: raw.isCut, isOpen: raw.isOpen },
        isLossy: text.includes(REPLACEMENT) && !raw.bytes.includes(REPLACEMENT),
      };
    },
  };
}
