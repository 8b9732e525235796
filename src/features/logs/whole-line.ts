import { FINGERPRINT_BYTES, type GrowingFile, hasFingerprint } from "../../linux/growing-file.ts";
import { type Content, openContent } from "./content.ts";
import type { Place } from "./cursor.ts";
import { type LogFile, openIfThere } from "./log-file.ts";

/** Lines as long as they are: those that answers of many lines cut. */

const BLOCK_BYTES = 65_536;
const LF = 10;

/** A line that is there whole. Whoever got it disposes of it. */
export interface WholeLine extends AsyncDisposable {
  /** Without its end. */
  readonly bytes: number;
  pieces(): AsyncGenerator<Buffer>;
}

/** The line whose end is at a place, the line's cursor; undefined where its file is gone, or no line ends there. */
export async function findWholeLine(log: LogFile, place: Place): Promise<WholeLine | undefined> {
  await using stack = new AsyncDisposableStack();
  const content = await openContentOf(log, place);
  if (content === undefined) return undefined;
  stack.use(content);
  const begin = await beginOf(content, place.offset);
  if (begin === undefined) return undefined;
  const owned = stack.move();
  const bytes = place.offset - 1 - begin;
  return {
    bytes,
    pieces: () => firstOf(content.pieces(begin), bytes),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The file that a place is in, be it rotated meanwhile. */
async function openContentOf(log: LogFile, place: Place): Promise<Content | undefined> {
  const current = await openIfThere(log);
  if (current !== undefined) {
    const opened = await openContent({
      ...{ name: log.name, isGzip: false, modifiedAtMs: 0, inode: current.inode },
      open: async () => current,
    });
    if (isOf(opened, place)) return opened;
    await opened[Symbol.asyncDispose]();
  }
  for (const predecessor of (await log.predecessors()).toReversed()) {
    // One that can't be read may be no log at all.
    const opened = await openContent(predecessor).catch(() => undefined);
    if (opened === undefined) continue;
    if (isOf(opened, place)) return opened;
    await opened[Symbol.asyncDispose]();
  }
  return undefined;
}

function isOf({ beginning }: Content, { content }: Place): boolean {
  return content.bytes > 0 && hasFingerprint(beginning.subarray(0, FINGERPRINT_BYTES), content);
}

/** Where the line begins that ends just before an offset; undefined where none does. */
async function beginOf({ file, pieces }: Content, offset: number): Promise<number | undefined> {
  return file === undefined ? await beginIn(pieces(0), offset) : await beginBefore(file, offset);
}

async function beginBefore(file: GrowingFile, offset: number): Promise<number | undefined> {
  const [last] = offset === 0 ? [] : await file.read(offset - 1, 1);
  if (last !== LF) return undefined;
  for (let end = offset - 1; end > 0; ) {
    const from = Math.max(0, end - BLOCK_BYTES);
    const at = (await file.read(from, end - from)).lastIndexOf(LF);
    if (at !== -1) return from + at + 1;
    end = from;
  }
  return 0;
}

async function beginIn(pieces: AsyncGenerator<Buffer>, offset: number): Promise<number | undefined> {
  let begin = 0;
  let position = 0;
  for await (const piece of pieces) {
    const last = offset - 1 - position;
    if (last < piece.length) {
      const at = last > 0 ? piece.lastIndexOf(LF, last - 1) : -1;
      return piece[last] === LF ? (at === -1 ? begin : position + at + 1) : undefined;
    }
    const at = piece.lastIndexOf(LF);
    if (at !== -1) begin = position + at + 1;
    position += piece.length;
  }
  return undefined;
}

async function* firstOf(pieces: AsyncGenerator<Buffer>, bytes: number): AsyncGenerator<Buffer> {
  let left = bytes;
  if (left === 0) return;
  for await (const piece of pieces) {
    yield piece.subarray(0, left);
    left -= piece.length;
    if (left <= 0) return;
  }
}
