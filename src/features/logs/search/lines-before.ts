import type { ReadInto } from "./block-search.ts";

const LF = 10;
const WINDOW_BYTES = 65_536;

/**
 * The lines before the one that begins at an offset, the nearest first, each without its end.
 * @param floor where the first of them begins.
 * @param headBytes of a line no more is given.
 */
export function* linesBefore(
  read: ReadInto,
  offset: number,
  floor: number,
  headBytes: number,
): Generator<string> {
  const window = createWindow(read, floor);
  // The line end that is before the offset ends the first line.
  for (let end = offset - 1; end >= floor; ) {
    const begin = window.afterLast(LF, end);
    yield window.text(begin, Math.min(end, begin + headBytes));
    end = begin - 1;
  }
}

/** A part of the file that is held, and moves backwards. */
function createWindow(read: ReadInto, floor: number) {
  const buffer = Buffer.allocUnsafe(WINDOW_BYTES);
  let at = 0;
  let length = 0;
  const holdUpTo = (end: number): Buffer => {
    if (end <= at || end > at + length) {
      at = Math.max(floor, end - WINDOW_BYTES);
      length = readFully(read, buffer, end - at, at);
    }
    return buffer.subarray(0, end - at);
  };
  return {
    /** Where what comes after the last such byte before an offset begins. */
    afterLast(byte: number, end: number): number {
      for (let to = end; to > floor; to = at) {
        const found = holdUpTo(to).lastIndexOf(byte);
        if (found !== -1) return at + found + 1;
      }
      return floor;
    },
    text(begin: number, end: number): string {
      if (begin >= at && end <= at + length) return withoutReturn(buffer.subarray(begin - at, end - at));
      const head = Buffer.allocUnsafe(end - begin);
      return withoutReturn(head.subarray(0, readFully(read, head, end - begin, begin)));
    },
  };
}

function readFully(read: ReadInto, buffer: Buffer, bytes: number, offset: number): number {
  let length = 0;
  while (length < bytes) {
    const count = read(buffer, length, bytes - length, offset + length);
    if (count === 0) break;
    length += count;
  }
  return length;
}

function withoutReturn(line: Buffer): string {
  return line.toString("utf8", 0, line.at(-1) === 13 ? line.length - 1 : line.length);
}
