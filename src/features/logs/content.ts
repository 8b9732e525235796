import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import {
  FINGERPRINT_BYTES,
  type Fingerprint,
  fingerprintOf,
  type GrowingFile,
} from "../../linux/growing-file.ts";
import type { Predecessor } from "./log-file.ts";

/** What is read at once: little enough that nobody else waits for long. */
export const PIECE_BYTES = 262_144;

/** The bytes of a rotated log, whatever it is packed in. */
export interface Content extends AsyncDisposable {
  /** The file itself, where it is not packed. */
  readonly file: GrowingFile | undefined;
  readonly inode: string;
  readonly modifiedAtMs: number;
  readonly fingerprint: Fingerprint;
  /** The beginning, as far as a fingerprint needs it. */
  readonly beginning: Buffer;
  /** From an offset in what is unpacked, to the end that it has at the moment. */
  pieces(offset: number): AsyncGenerator<Buffer>;
}

/** Opens a predecessor; whoever opened it disposes of it. */
export async function openContent(predecessor: Predecessor): Promise<Content> {
  const file = await predecessor.open();
  const pieces = predecessor.isGzip
    ? (offset: number) => unpacked(file, offset)
    : (offset: number) => plain(file, offset);
  const beginning = await beginningOf(pieces(0)).catch(async (error: unknown) => {
    await file[Symbol.asyncDispose]();
    throw error;
  });
  return {
    ...{ beginning, fingerprint: fingerprintOf(beginning), pieces },
    file: predecessor.isGzip ? undefined : file,
    ...{ inode: file.inode, modifiedAtMs: predecessor.modifiedAtMs },
    [Symbol.asyncDispose]: () => Promise.resolve(file[Symbol.asyncDispose]()),
  };
}

/** The bytes of a file from an offset to its end. */
export async function* plain(file: GrowingFile, offset: number): AsyncGenerator<Buffer> {
  for (let position = offset; ; ) {
    const piece = await file.read(position, PIECE_BYTES);
    if (piece.length === 0) return;
    position += piece.length;
    yield piece;
  }
}

async function* unpacked(file: GrowingFile, offset: number): AsyncGenerator<Buffer> {
  const source = Readable.from(plain(file, 0), { objectMode: false });
  const gunzip = createGunzip({ chunkSize: PIECE_BYTES });
  // `pipe` passes no errors on: without this whoever reads would wait for ever.
  source.once("error", (error) => gunzip.destroy(error));
  let left = offset;
  try {
    for await (const piece of source.pipe(gunzip) as AsyncIterable<Buffer>) {
      if (piece.length > left) yield piece.subarray(left);
      left = Math.max(0, left - piece.length);
    }
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

async function beginningOf(pieces: AsyncGenerator<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    parts.push(piece.subarray(0, FINGERPRINT_BYTES - bytes));
    bytes += piece.length;
    if (bytes >= FINGERPRINT_BYTES) break;
  }
  return Buffer.concat(parts);
}
