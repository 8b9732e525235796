import { openContent } from "./content.ts";
import type { Place } from "./cursor.ts";
import type { LogFile, Predecessor } from "./log-file.ts";

/** Behind all that a file can have. */
export const END = 999_999_999_999_999;
/** The beginning of an empty content: of any file. */
const NOWHERE: Place = { content: { bytes: 0, hash: "47DEQpj8HBSa-_TI" }, offset: 0 };

/**
 * The place of a log that is empty, or not there: the end of what it was before. Of the log itself there is nothing to be
 * known by when it has been rotated.
 */
export async function placeBefore(log: LogFile, nowMs = Date.now()): Promise<Place> {
  const predecessors = await log.predecessors().catch(() => []);
  for (const predecessor of predecessors.toReversed()) {
    const end = await endOf(predecessor).catch(() => undefined);
    if (end !== undefined) return { ...end, emptySinceMs: nowMs };
  }
  return { ...NOWHERE, emptySinceMs: nowMs };
}

/** Undefined for an empty one. @throws for one that can't be read: it may be no log at all. */
async function endOf(predecessor: Predecessor): Promise<Place | undefined> {
  await using content = await openContent(predecessor);
  const { fingerprint, file } = content;
  if (fingerprint.bytes === 0) return undefined;
  // To a file that is not compressed its program may still write.
  return { content: fingerprint, offset: file === undefined ? END : await file.size() };
}
