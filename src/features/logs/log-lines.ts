import type { Fingerprint } from "../../linux/growing-file.ts";
import { cursorOf } from "./cursor.ts";
import { isAtLeast, type Level, levelOf } from "./levels.ts";
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
  /** Whether a line came that is so late that none of those after it can be wanted. */
  isPast(): boolean;
}

/** Whether lines without what is looked for may be left out unseen: they count for those after them, else. */
export function areLinesLeftOut({ pattern, records, level, sinceMs, untilMs }: LogWish): boolean {
  if (records !== "lines") return false;
  return pattern !== undefined && level === undefined && sinceMs === undefined && untilMs === undefined;
}

/** Logs of several threads are not quite in the order of their times. */
const DISORDER_MS = 60_000;
const REPLACEMENT = "\uFFFD";

/**
 * Makes a reader for one answer. A line without a time has that of the line before it, and one without a level too while
 * it has no time either: both are its continuation.
 */
export function createLineReader(wish: LogWish, nowMs = Date.now()): LineReader {
  const { pattern, level: least, sinceMs, untilMs, zoneMinutes, place } = wish;
  const needle = pattern === undefined ? undefined : Buffer.from(pattern.source);
  // What the line before says is not known where that was left out.
  const isSparse = areLinesLeftOut(wish);
  let last: { timeMs: number | null; level: Level | null } = { timeMs: null, level: null };
  let isPast = false;
  // What continues the line of a cursor is wanted as that was: what it said of itself was given with it.
  let isAfterCursor = place !== undefined;

  const isWanted = ({ timeMs, level }: typeof last): boolean => {
    if (isAfterCursor) return true;
    if (sinceMs !== undefined && (timeMs === null || timeMs < sinceMs)) return false;
    if (untilMs !== undefined && (timeMs === null || timeMs >= untilMs)) return false;
    return least === undefined || (level !== null && isAtLeast(level, least));
  };

  const isFound = (raw: RawLine): boolean => {
    if (pattern === undefined || needle === undefined) return true;
    if (raw.isMatch !== undefined || !isPlain(pattern)) return raw.isMatch === true;
    return (raw.bytes.indexOf(needle) !== -1) !== pattern.isInverted;
  };

  return {
    read(raw, content) {
      const text = raw.bytes.toString("utf8");
      const ownTimeMs = timeOfLine(text, nowMs, zoneMinutes);
      const ownLevel = levelOf(text);
      const isContinued = ownTimeMs === null && ownLevel === null;
      isAfterCursor &&= isContinued;
      const known = isContinued ? last : { timeMs: ownTimeMs ?? last.timeMs, level: ownLevel };
      if (!isSparse) last = known;
      if (untilMs !== undefined && (ownTimeMs ?? 0) >= untilMs + DISORDER_MS) isPast = true;
      if (!isWanted(known) || !isFound(raw)) return undefined;
      return {
        ...{ text, timeMs: known.timeMs, level: known.level, bytes: raw.bytes.length + 1 },
        cursor: cursorOf({ content, offset: raw.endOffset }),
        ...{ isCut: raw.isCut, isOpen: raw.isOpen },
        isLossy: text.includes(REPLACEMENT) && !raw.bytes.includes(REPLACEMENT),
      };
    },
    isPast: () => isPast,
  };
}
