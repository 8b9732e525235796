import type { LineMatcher } from "./line-matcher.ts";

/** Lines that were found, packed so that they go from thread to thread as one. */
export interface FoundLines {
  /** One after the other, each with a line end, and none with a carriage return before it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where each ends in `bytes`, behind its line end. */
  readonly ends: Uint32Array<ArrayBuffer>;
  /** Where the line after it begins, in the file. */
  readonly offsets: Float64Array<ArrayBuffer>;
  /** Which of them were longer than the limit. */
  readonly cut: readonly number[];
}

/** What one block of a file has. */
export interface SearchedBlock {
  /** Undefined where nothing was found in it. */
  readonly found: FoundLines | undefined;
  /** Up to where everything has been looked at: the beginning of a line. */
  readonly searchedTo: number;
}

/** What a search needs of a file. */
export type ReadInto = (buffer: Buffer, at: number, bytes: number, offset: number) => number;

/** Much enough that a system call costs nothing; as a text below 1 MB, which V8 would keep outside of its heap, page by page. */
const BLOCK_BYTES = 524_288;
const LF = 10;
const CR = 13;

/**
 * Looks for lines in a part of a file, block by block, and leaves out a last line that has no end. It takes as much memory
 * as a block and the longest line.
 * @param from the beginning of a line.
 */
export function* searchBlocks(
  read: ReadInto,
  { from, to, maxLineBytes }: { readonly from: number; readonly to: number; readonly maxLineBytes: number },
  matcher: LineMatcher,
): Generator<SearchedBlock> {
  // One byte more than a line may have: so a line that is longer is seen to be.
  const buffer = Buffer.allocUnsafeSlow(maxLineBytes + 1 + BLOCK_BYTES);
  let held = 0;
  let begin = from;
  for (let offset = from; offset < to; ) {
    const count = read(buffer, held, Math.min(BLOCK_BYTES, to - offset), offset);
    if (count === 0) return;
    offset += count;
    const length = held + count;
    const whole = buffer.lastIndexOf(LF, length - 1) + 1;
    const left = length - whole;
    // What was left out of a long line lies between its beginning and its end, so that the end is where it is in the file.
    const found = pack(buffer.subarray(0, whole), offset - length, maxLineBytes, matcher);
    if (whole > 0) begin = offset - left;
    yield { found, searchedTo: begin };
    buffer.copyWithin(0, whole, length);
    held = Math.min(left, maxLineBytes + 1);
  }
}

function pack(
  lines: Buffer,
  offset: number,
  maxLineBytes: number,
  matcher: LineMatcher,
): FoundLines | undefined {
  const places: number[] = [];
  const cut: number[] = [];
  let size = 0;
  matcher.eachLine(lines, (begin, end) => {
    const isCut = end - begin > maxLineBytes;
    if (isCut) cut.push(places.length / 3);
    const to = isCut ? begin + maxLineBytes : end > begin && lines[end - 1] === CR ? end - 1 : end;
    places.push(begin, to, end + 1);
    size += to - begin + 1;
  });
  if (places.length === 0) return undefined;
  const bytes = Buffer.from(new ArrayBuffer(size));
  const count = places.length / 3;
  const ends = new Uint32Array(count);
  const offsets = new Float64Array(count);
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    const [begin = 0, to = 0, next = 0] = [places[3 * index], places[3 * index + 1], places[3 * index + 2]];
    at += lines.copy(bytes, at, begin, to);
    bytes[at] = LF;
    at += 1;
    ends[index] = at;
    offsets[index] = offset + next;
  }
  return { bytes, ends, offsets, cut };
}
