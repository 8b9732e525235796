import type { Fingerprint } from "../../linux/growing-file.ts";

/** A place in a log that stays the same place when the file is rotated: the content it is in, and the offset there. */
export interface Place {
  readonly content: Fingerprint;
  readonly offset: number;
}

const PATTERN = /^(\d{1,3})\.([\w-]{16})\.(\d{1,15})$/;

/** As a client gets it. */
export function cursorOf({ content: { bytes, hash }, offset }: Place): string {
  return `${bytes}.${hash}.${offset}`;
}

/** Reads a cursor; undefined where it is none. */
export function placeOf(cursor: string): Place | undefined {
  const [, bytes, hash, offset] = PATTERN.exec(cursor) ?? [];
  if (bytes === undefined || hash === undefined || offset === undefined) return undefined;
  return { content: { bytes: Number(bytes), hash }, offset: Number(offset) };
}
