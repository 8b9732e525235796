import { DISORDER_MS } from "./find-offset.ts";
import { isAtLeast, type Level } from "./levels.ts";

/** What is known of the lines of a log, one after the other, and what is wanted by that. */

/** What is wanted by what lines say of themselves. */
export interface Criteria {
  readonly level?: Level | undefined;
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
  readonly zoneMinutes: number;
  /** For times that have no year. */
  readonly nowMs: number;
}

/**
 * What is known of a line. One without a time has that of the line before it, and one without a level too while it has no
 * time either: both are its continuation.
 */
export interface Known {
  readonly timeMs: number | null;
  readonly level: Level | null;
  /** What continues the line of a cursor is wanted as that was: what it said of itself was given with it. */
  readonly isAfterCursor: boolean;
}

/** Of the first line of all. */
export const NOTHING_KNOWN: Known = { timeMs: null, level: null, isAfterCursor: false };

/** Whether a line of which that is known is wanted. */
export function isWanted({ timeMs, level, isAfterCursor }: Known, criteria: Criteria): boolean {
  const { level: least, sinceMs, untilMs } = criteria;
  if (isAfterCursor) return true;
  if (sinceMs !== undefined && (timeMs === null || timeMs < sinceMs)) return false;
  if (untilMs !== undefined && (timeMs === null || timeMs >= untilMs)) return false;
  return least === undefined || (level !== null && isAtLeast(level, least));
}

/** Whether none of the lines after one with this time can be wanted. */
export function isPastAll(timeMs: number | null, { untilMs }: Criteria): boolean {
  return untilMs !== undefined && timeMs !== null && timeMs >= untilMs + DISORDER_MS;
}

/** What is known of a line that says this of itself, after one of which that is known. */
export function knownAfter(before: Known, own: Pick<Known, "timeMs" | "level">): Known {
  if (own.timeMs === null && own.level === null) return before;
  return { timeMs: own.timeMs ?? before.timeMs, level: own.level, isAfterCursor: false };
}
