import type { Fingerprint } from "../../linux/growing-file.ts";

/** A place in a log that stays the same place when the file is rotated: the content it is in, and the offset there. */
export interface Place {
  readonly content: Fingerprint;
  readonly offset: number;
  /**
   * Nothing had been written behind it at this time, in milliseconds since 1970. Where the content is gone, all that was
   * changed since comes after it.
   */
  readonly emptySinceMs?: number;
}

const PATTERN = /^(\d{1,3})\.([\w-]{16})\.(\d{1,15})(?:\.(\d{1,15}))?$/;

/** As a client gets it. */
export function cursorOf({ content: { bytes, hash }, offset, emptySinceMs }: Place): string {
  return `${bytes}.${hash}.${offset}${emptySinceMs === undefined ? "" : `.${emptySinceMs}`}`;
}

/** Reads a cursor; undefined where it is none. */
export function placeOf(cursor: string): Place | undefined {
  const [, bytes, hash, offset, since] = PATTERN.exec(cursor) ?? [];
  if (bytes === undefined || hash === undefined || offset === undefined) return undefined;
  const place = { content: { bytes: Number(bytes), hash }, offset: Number(offset) };
  return since === undefined ? place : { ...place, emptySinceMs: Number(since) };
}
