import { Buffer } from "node:buffer";

/** Memory for what is passed on in large pieces: it is used again and again, and so need not be made ready each time. */

/** The size of a chunk: what is read at once, and a head. */
export const CHUNK_BYTES = 81_920;

/** More than this many are not kept. */
const MAX_FREE = 64;
const free: Buffer[] = [];

/** A chunk; what is in it is of no meaning. To be given back when nobody uses it any more. */
export function borrowChunk(): Buffer {
  return free.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
}

/** Takes a chunk back, once. */
export function giveChunkBack(chunk: Buffer): void {
  if (free.length < MAX_FREE) free.push(chunk);
}
