import { randomBytes } from "node:crypto";
import { close, openSync, read, unlinkSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

/** A nameless file: a program of ours appends to it, and we read what has come. Whoever opened it disposes of it. */
export interface Scratch extends AsyncDisposable {
  /** Which a child opens by its path in `/proc/<our pid>/fd`. */
  readonly descriptor: number;
  /** What has come since the last call, at most 64 KiB of it; empty where nothing has. */
  readMore(): Promise<Buffer>;
}

const PIECE_BYTES = 65_536;
const readFrom = promisify(read);
const closeIt = promisify(close);

/**
 * Makes a file in `dir` that loses its name at once: so nothing is left behind whatever happens to us, and nobody
 * else can open it.
 * @throws the system error where `dir` can't be written to.
 */
export function openScratch(dir: string): Scratch {
  const path = join(dir, `.tickbird-${process.pid}-${randomBytes(6).toString("hex")}`);
  // Both calls in one go: no tick in between in which we could be stopped.
  const descriptor = openSync(path, "ax+", 0o600);
  unlinkSync(path);
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  let position = 0;
  return {
    descriptor,
    async readMore() {
      const { bytesRead } = await readFrom(descriptor, piece, 0, PIECE_BYTES, position);
      position += bytesRead;
      return Buffer.from(piece.subarray(0, bytesRead));
    },
    [Symbol.asyncDispose]: () => closeIt(descriptor),
  };
}
