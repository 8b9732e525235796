import { setTimeout as delay } from "node:timers/promises";
import { AppError } from "../../base/errors.ts";
import type { Turns } from "../../base/turns.ts";
import type { GrowingFile } from "../../linux/growing-file.ts";
import { type Content, openContent } from "./content.ts";
import { cursorOf, type Place } from "./cursor.ts";
import { offsetOfLast, offsetOfLastIn, offsetOfTime } from "./find-offset.ts";
import type { LogFile, Predecessor } from "./log-file.ts";
import type { LogWish } from "./log-query.ts";
import { isFiltered } from "./log-selection.ts";
import { placeBefore } from "./place-before.ts";
import type { Start } from "./read-log.ts";

/** Where an answer begins in a log: at its cursor, or as far back as its time and its lines are, in rotated files too. */

/** How many rotated files are looked into for the last lines. */
const MAX_FILES_BACK = 20;
/** A file may be renamed, or compressed and removed, between a look at the folder and its opening. */
const ATTEMPTS = 20;
const RETRY_MS = 50;

/**
 * Finds it; whoever gets a file closes it.
 * @throws {AppError} where the log can't be read, unless it is followed and may come later.
 */
export async function startOf(
  log: LogFile,
  wish: LogWish,
  turns: Turns,
): Promise<{ at: Start; cursor: string }> {
  const { place, isFollowing } = wish;
  if (place !== undefined) return { at: { place }, cursor: cursorOf(place) };
  // Before the file: what it was when it had nothing is older than that then.
  const before = await placeBefore(log);
  const file = await openOrWait(log, isFollowing);
  if (file === undefined) return { at: { place: before }, cursor: cursorOf(before) };
  await using closing = new AsyncDisposableStack();
  closing.use(file);
  const { offset, missing } = await beginIn(file, wish, turns);
  const isEmpty = (await file.size()) === 0;
  const back = (await placeBack(log, wish, missing, turns)) ?? (isEmpty ? before : undefined);
  if (back !== undefined) return { at: { place: back }, cursor: cursorOf(back) };
  const cursor = cursorOf({ content: await file.fingerprint(), offset });
  closing.move();
  return { at: { file, offset }, cursor };
}

async function beginIn(
  file: GrowingFile,
  wish: LogWish,
  turns: Turns,
): Promise<{ offset: number; missing: number }> {
  const { tail, sinceMs, zoneMinutes } = wish;
  const size = await file.size();
  if (sinceMs !== undefined) {
    return { offset: await offsetOfTime(file, size, { timeMs: sinceMs, zoneMinutes, turns }), missing: 0 };
  }
  if (tail !== undefined && !isFiltered(wish)) return await offsetOfLast(file, size, tail);
  return { offset: 0, missing: 0 };
}

/** The place in a rotated file, where it begins there. */
async function placeBack(
  log: LogFile,
  wish: LogWish,
  missing: number,
  turns: Turns,
): Promise<Place | undefined> {
  if (wish.sinceMs === undefined && missing === 0) return undefined;
  for (let attempt = 1; ; attempt += 1) {
    const predecessors = await log.predecessors();
    const place = await placeAmong(predecessors, wish, missing, turns);
    if (attempt === ATTEMPTS || isSame(predecessors, await log.predecessors())) return place;
    await delay(RETRY_MS);
  }
}

function isSame(some: readonly Predecessor[], others: readonly Predecessor[]): boolean {
  const names = (list: readonly Predecessor[]) =>
    list.map(({ name, inode }) => `${name} ${inode}`).join("\n");
  return names(some) === names(others);
}

async function placeAmong(
  predecessors: readonly Predecessor[],
  { sinceMs, zoneMinutes }: LogWish,
  missing: number,
  turns: Turns,
): Promise<Place | undefined> {
  if (sinceMs === undefined) return await placeOfLast(predecessors, missing);
  // What was written last before that time has nothing of it.
  const oldest = predecessors.find(({ modifiedAtMs }) => modifiedAtMs >= sinceMs);
  return await placeIn(oldest, async ({ file }) =>
    file === undefined
      ? 0
      : await offsetOfTime(file, await file.size(), { timeMs: sinceMs, zoneMinutes, turns }),
  );
}

async function placeOfLast(
  predecessors: readonly Predecessor[],
  missing: number,
): Promise<Place | undefined> {
  let left = missing;
  let place: Place | undefined;
  for (const predecessor of predecessors.slice(-MAX_FILES_BACK).toReversed()) {
    const wanted = left;
    const found = await placeIn(predecessor, async ({ file, pieces }) => {
      const last =
        file === undefined
          ? await offsetOfLastIn(pieces(0), wanted)
          : await offsetOfLast(file, await file.size(), wanted);
      left = last.missing;
      return last.offset;
    });
    if (found === undefined) break;
    if (found.content.bytes > 0) place = found;
    if (left === 0) break;
  }
  return place;
}

/** Undefined for one that can't be read: it may be no log at all. */
async function placeIn(
  predecessor: Predecessor | undefined,
  offsetIn: (content: Content) => Promise<number>,
): Promise<Place | undefined> {
  if (predecessor === undefined) return undefined;
  const content = await openContent(predecessor).catch(() => undefined);
  if (content === undefined) return undefined;
  await using _ = content;
  const offset = await offsetIn(content).catch(() => undefined);
  return offset === undefined ? undefined : { content: content.fingerprint, offset };
}

async function openOrWait(log: LogFile, isFollowing: boolean): Promise<GrowingFile | undefined> {
  try {
    return await log.open();
  } catch (error) {
    if (isFollowing && error instanceof AppError && error.code === "not-found") return undefined;
    throw error;
  }
}
