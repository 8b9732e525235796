import { AppError } from "../../base/errors.ts";
import type { GrowingFile } from "../../linux/growing-file.ts";
import { cursorOf } from "./cursor.ts";
import { offsetOfLast, offsetOfTime } from "./find-offset.ts";
import type { LogFile } from "./log-file.ts";
import type { FlowPart } from "./log-parts.ts";
import type { LogWish } from "./log-query.ts";
import { createSelection, isFiltered } from "./log-selection.ts";
import { readLog, type Start } from "./read-log.ts";

/** What bounds an answer beside what is asked for. */
export interface FlowLimits {
  readonly maxLineBytes: number;
  readonly followMs: number;
  /** The client is gone, or the sidecar stops. */
  readonly signal: AbortSignal;
}

/**
 * Gives what is asked for of a log, ending with its `end`.
 * @throws {AppError} where it can't be read.
 */
export async function* flowOf(log: LogFile, wish: LogWish, limits: FlowLimits): AsyncGenerator<FlowPart> {
  const timeLimit = AbortSignal.timeout(limits.followMs);
  const signal = AbortSignal.any([limits.signal, timeLimit]);
  const start = await startOf(log, wish);
  const selection = createSelection(wish, start.cursor);
  const { maxLineBytes } = limits;
  const options = { maxLineBytes, isFollowing: wish.isFollowing, signal, ...needleOf(wish) };
  for await (const part of readLog(log, start.at, options)) {
    yield* selection.take(part);
    if (selection.reason() !== undefined) break;
  }
  const stopped = timeLimit.aborted ? "time-limit" : limits.signal.aborted ? "stopped" : "complete";
  yield { kind: "end", reason: selection.reason() ?? stopped, cursor: selection.cursor() };
}

/** Lines without the text count for the time and the level of those after them, where these are asked for. */
function needleOf({ grep, level, sinceMs, untilMs }: LogWish): { needle?: Buffer } {
  const areAllNeeded = level !== undefined || sinceMs !== undefined || untilMs !== undefined;
  return grep === undefined || areAllNeeded ? {} : { needle: Buffer.from(grep) };
}

async function startOf(log: LogFile, wish: LogWish): Promise<{ at: Start; cursor: string | null }> {
  const { place, tail, sinceMs, zoneMinutes, isFollowing } = wish;
  if (place !== undefined) return { at: { place }, cursor: cursorOf(place) };
  const file = await openOrWait(log, isFollowing);
  if (file === undefined) return { at: { place: NOWHERE }, cursor: null };
  const size = await file.size();
  const offset =
    sinceMs !== undefined
      ? await offsetOfTime(file, size, sinceMs, zoneMinutes)
      : tail !== undefined && !isFiltered(wish)
        ? await offsetOfLast(file, size, tail)
        : 0;
  return { at: { file, offset }, cursor: cursorOf({ content: await file.fingerprint(), offset }) };
}

/** The beginning of an empty content: of any file. */
const NOWHERE = { content: { bytes: 0, hash: "47DEQpj8HBSa-_TI" }, offset: 0 };

/** A log that is followed may come later. */
async function openOrWait(log: LogFile, isFollowing: boolean): Promise<GrowingFile | undefined> {
  try {
    return await log.open();
  } catch (error) {
    if (isFollowing && error instanceof AppError && error.code === "not-found") return undefined;
    throw error;
  }
}
