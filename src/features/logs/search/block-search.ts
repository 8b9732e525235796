import type { Known } from "../known-line.ts";
import { LEVELS, type Level } from "../levels.ts";

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
  /** What is known of each, where it was looked at: NaN and 255 where nothing is. */
  readonly known?: {
    readonly timesMs: Float64Array<ArrayBuffer>;
    readonly levels: Uint8Array<ArrayBuffer>;
  };
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

/** Where lines that were read stand in the file. */
export interface Place {
  /** What is to be added to a place in them. */
  readonly base: number;
  /** Where the first one begins: not where it seems to, if it is so long that some of it was left out. */
  readonly first: number;
}

/** Tells of each line that is wanted, of some that end with a line end: where it begins, and where its line end is. */
export type FindLines = (
  lines: Buffer,
  found: (begin: number, end: number, known?: Known) => void,
  place: Place,
) => void;

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
  eachLine: FindLines,
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
    const place = { base: offset - length, first: begin };
    const found = pack(buffer.subarray(0, whole), place, maxLineBytes, eachLine);
    if (whole > 0) begin = offset - left;
    yield { found, searchedTo: begin };
    buffer.copyWithin(0, whole, length);
    held = Math.min(left, maxLineBytes + 1);
  }
}

function pack(
  lines: Buffer,
  place: Place,
  maxLineBytes: number,
  eachLine: FindLines,
): FoundLines | undefined {
  const places: number[] = [];
  const cut: number[] = [];
  const known: Known[] = [];
  let size = 0;
  const take = (begin: number, end: number, knownOfIt?: Known) => {
    const isCut = end - begin > maxLineBytes;
    if (isCut) cut.push(places.length / 3);
    const to = isCut ? begin + maxLineBytes : end > begin && lines[end - 1] === CR ? end - 1 : end;
    places.push(begin, to, end + 1);
    size += to - begin + 1;
    if (knownOfIt !== undefined) known.push(knownOfIt);
  };
  eachLine(lines, take, place);
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
    offsets[index] = place.base + next;
  }
  return { bytes, ends, offsets, cut, ...(known.length === 0 ? {} : { known: packed(known) }) };
}

const NO_LEVEL = 255;

function packed(known: readonly Known[]): NonNullable<FoundLines["known"]> {
  return {
    timesMs: Float64Array.from(known, ({ timeMs }) => timeMs ?? Number.NaN),
    levels: Uint8Array.from(known, ({ level }) => (level === null ? NO_LEVEL : LEVELS.indexOf(level))),
  };
}

/** What is known of one of the lines; undefined where it was not looked at. */
export function knownOf(
  { known }: FoundLines,
  index: number,
): { readonly timeMs: number | null; readonly level: Level | null } | undefined {
  if (known === undefined) return undefined;
  const timeMs = known.timesMs[index] ?? Number.NaN;
  return {
    timeMs: Number.isNaN(timeMs) ? null : timeMs,
    level: LEVELS[known.levels[index] ?? NO_LEVEL] ?? null,
  };
}
