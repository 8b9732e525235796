import { AppError } from "../../../base/errors.ts";
import type { GrowingFile } from "../../../linux/growing-file.ts";
import type { LogForwardSettings } from "../../../settings/schema.ts";
import { openContent } from "../content.ts";
import type { Place } from "../cursor.ts";
import { offsetOfLast } from "../find-offset.ts";
import type { LogFile } from "../log-file.ts";
import type { Start } from "../read-log.ts";
import type { ForwardState } from "./forward-state.ts";
import type { PositionFile } from "./position.ts";

/** What tells where reading begins. */
export interface StartParts {
  readonly file: LogFile;
  readonly position: PositionFile;
  readonly settings: Pick<LogForwardSettings, "from">;
}

/** Clocks of file systems are behind, and some tell whole seconds only. */
const CLOCK_MS = 2_000;

/** Where reading begins: where it was left, or as the settings say. Undefined while there is no file. */
export async function startOf(parts: StartParts, state: ForwardState): Promise<Start | undefined> {
  const { file, position, settings } = parts;
  const kept = await position.read();
  if (kept !== undefined && "content" in kept) {
    state.place = kept;
    return { place: kept };
  }
  const rotated = kept === undefined ? undefined : await rotatedSince(file, kept.emptySinceMs);
  if (rotated !== undefined) {
    await position.write(rotated);
    return { place: rotated };
  }
  const opened = await openUnlessMissing(file);
  if (opened === undefined) {
    // All that comes then is new.
    if (kept === undefined) await position.write({ emptySinceMs: Date.now() });
    return undefined;
  }
  try {
    const isFromEnd = kept === undefined && settings.from === "end";
    const offset = isFromEnd ? await endOf(opened) : 0;
    const place = { content: await opened.fingerprint(), offset };
    // Of an empty content every other one is the continuation: that would be none to know it by.
    const isEmpty = place.content.bytes === 0;
    if (!isEmpty) await position.write(place);
    else if (kept === undefined) await position.write({ emptySinceMs: Date.now() });
    state.place = place;
    return { file: opened, offset };
  } catch (error) {
    await opened[Symbol.asyncDispose]();
    throw error;
  }
}

/** The beginning of the first file that a log became since a time at which it was empty. */
async function rotatedSince(file: LogFile, sinceMs: number): Promise<Place | undefined> {
  const predecessors = await file.predecessors().catch(() => []);
  for (const predecessor of predecessors) {
    if (predecessor.modifiedAtMs < sinceMs - CLOCK_MS) continue;
    const content = await openContent(predecessor).catch(() => undefined);
    if (content === undefined) continue;
    await using _ = content;
    if (content.fingerprint.bytes > 0) return { content: content.fingerprint, offset: 0 };
  }
  return undefined;
}

/** Behind the last line that is whole. */
async function endOf(file: GrowingFile): Promise<number> {
  const size = await file.size();
  if (size === 0) return 0;
  const isWhole = (await file.read(size - 1, 1))[0] === 10;
  return isWhole ? size : (await offsetOfLast(file, size, 1)).offset;
}

async function openUnlessMissing(file: LogFile): Promise<GrowingFile | undefined> {
  try {
    return await file.open();
  } catch (error) {
    // The file, or the app that it is of.
    if (error instanceof AppError && error.status === 404) return undefined;
    throw error;
  }
}
