import { setTimeout as delay } from "node:timers/promises";
import { FINGERPRINT_BYTES, type GrowingFile, hasFingerprint } from "../../linux/growing-file.ts";
import { CurrentFile } from "./current-file.ts";
import type { Place } from "./cursor.ts";
import { type LogFile, openIfThere } from "./log-file.ts";
import type { LogPart, ReadOptions } from "./log-parts.ts";
import { placeBefore } from "./place-before.ts";
import { readRotated } from "./rotated-files.ts";

export type { LogPart, ReadOptions } from "./log-parts.ts";

/** Where reading begins: a place, or an offset in the file as it is now. */
export type Start = { readonly place: Place } | { readonly file: GrowingFile; readonly offset: number };

/** How often a log is looked at that is followed. */
const POLL_MS = 200;
/** A program goes on writing to the file that was renamed until it is told; so long nothing must have come there. */
const QUIET_MS = 1_000;
/** Two programs may write to both: the old file is left then. */
const MAX_QUIET_MS = 10_000;

/**
 * Reads a log from a place on, through its rotations: by rename, by copytruncate, and into files of gzip.
 * @throws {AppError} where it can't be opened.
 */
export async function* readLog(log: LogFile, start: Start, options: ReadOptions): AsyncGenerator<LogPart> {
  if ("file" in start) {
    const file = await CurrentFile.of(start.file, { offset: start.offset }, options);
    yield* readCurrent(log, { file }, options);
    return;
  }
  const { place } = start;
  const file = place.emptySinceMs === undefined ? await openIfThere(log) : undefined;
  if (file !== undefined && (await holds(file, place))) {
    yield* readCurrent(log, { file: await CurrentFile.of(file, place, options) }, options);
    return;
  }
  await file?.[Symbol.asyncDispose]();
  yield* readCurrent(log, yield* goOn(log, place, options, { gone: () => lostOnly(CURSOR_GONE) }), options);
}

/** What is read of a log at the moment. */
interface Reading {
  /** Undefined while the log is not there. */
  readonly file: CurrentFile | undefined;
  /** The place before all that is in the file: where reading goes on as long as there is nothing in it. */
  readonly before?: Place;
}

/** What was rotated since a place, and then the file in which the log goes on. */
async function* goOn(
  log: LogFile,
  place: Place,
  options: ReadOptions,
  { gone, isLive = false }: { readonly gone: () => AsyncGenerator<LogPart>; readonly isLive?: boolean },
): AsyncGenerator<LogPart, Reading> {
  const next = yield* readRotated(log, place, options, gone);
  const file = await CurrentFile.of(next.file, { ...next, isLive }, options);
  return next.before === undefined ? { file } : { file, before: next.before };
}

const CURSOR_GONE = "The file that the cursor was in is there no more.";
const EMPTIED = "The file was emptied: what was written just before may be missing.";

async function* lostOnly(lost: string): AsyncGenerator<LogPart> {
  yield { kind: "rotated", lost };
}

async function holds(file: GrowingFile, { content, offset }: Place): Promise<boolean> {
  return hasFingerprint(await file.read(0, FINGERPRINT_BYTES), content) && offset <= (await file.size());
}

async function* readCurrent(log: LogFile, opened: Reading, options: ReadOptions): AsyncGenerator<LogPart> {
  const { isFollowing, signal } = options;
  let reading = opened;
  let isFirst = true;
  try {
    while (!signal.aborted) {
      // A file that is not the log's any more is read to its end first.
      const change = await changeOf(log, reading, isFirst);
      if (change !== "none" && change !== "empty") {
        const next: Reading = yield* afterChange(log, reading, change, options);
        await reading.file?.[Symbol.asyncDispose]();
        reading = next;
        continue;
      }
      // What comes first in an empty file may be the second that came: that is looked for before it is read.
      if (change !== "empty") yield* reading.file?.more() ?? [];
      if (!isFollowing) yield* reading.file?.openLine() ?? [];
      if (isNothing(reading)) reading = { ...reading, before: await beforeOf(log, reading) };
      yield { kind: "idle", place: await placeOf(log, reading) };
      if (!isFollowing) return;
      await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
      isFirst = false;
    }
  } finally {
    await reading.file?.[Symbol.asyncDispose]();
  }
}

function isNothing({ file }: Reading): boolean {
  return file === undefined || file.isEmpty;
}

async function beforeOf(log: LogFile, { before }: Reading): Promise<Place> {
  return before ?? (await placeBefore(log));
}

async function placeOf(log: LogFile, reading: Reading): Promise<Place> {
  const { file } = reading;
  return file === undefined || file.isEmpty ? await beforeOf(log, reading) : file.place;
}

/** `empty`: there is nothing in it still. `begun`: there is something, or the log is there, and was not before. */
type Change = "none" | "empty" | "begun" | "replaced" | "truncated";

async function changeOf(log: LogFile, { file }: Reading, isFirst: boolean): Promise<Change> {
  const inode = isFirst ? file?.inode : await log.currentInode();
  if (file === undefined) return inode === undefined ? "none" : "begun";
  if (inode !== undefined && inode !== file.inode) return "replaced";
  if (file.isEmpty) return (await sizeOf(log)) > 0 ? "begun" : "empty";
  return inode === undefined || (await file.isSameContent()) ? "none" : "truncated";
}

/** What was still written to the old file, and what was rotated meanwhile; gives the file in which it goes on. */
async function* afterChange(
  log: LogFile,
  reading: Reading,
  change: Change,
  options: ReadOptions,
): AsyncGenerator<LogPart, Reading> {
  const { file } = reading;
  if (file !== undefined && change === "replaced")
    yield* untilQuiet(log, { ...reading, file }, options.signal);
  const place = await placeOf(log, reading);
  return yield* goOn(log, place, options, {
    isLive: true,
    gone: () => (change === "truncated" ? lostOnly(EMPTIED) : lastOf(file)),
  });
}

async function* lastOf(file: CurrentFile | undefined): AsyncGenerator<LogPart> {
  yield* file?.openLine() ?? [];
  yield { kind: "rotated", lost: null };
}

/** What still comes in a file that was renamed, until its program writes to the new one. */
async function* untilQuiet(
  log: LogFile,
  reading: Reading & { readonly file: CurrentFile },
  signal: AbortSignal,
): AsyncGenerator<LogPart> {
  const beganAtMs = performance.now();
  for (let lastAtMs = beganAtMs; !signal.aborted; ) {
    for await (const part of reading.file.more()) {
      lastAtMs = performance.now();
      yield part;
    }
    const nowMs = performance.now();
    const isOver = nowMs - lastAtMs >= QUIET_MS || nowMs - beganAtMs >= MAX_QUIET_MS;
    if (isOver && (await sizeOf(log)) > 0) return;
    yield { kind: "idle", place: await placeOf(log, reading) };
    await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function sizeOf(log: LogFile): Promise<number> {
  await using file = await openIfThere(log);
  return (await file?.size()) ?? 0;
}
