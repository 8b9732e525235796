import type { Level } from "./levels.ts";

/** A line of a log, as bytes. */
export interface RawLine {
  /** Without its end (LF, or CR LF). */
  readonly bytes: Buffer;
  /** Where the line after it begins. */
  readonly endOffset: number;
  /** There was more of it than the limit. */
  readonly isCut: boolean;
  /** It has no end yet: it may be half-written. */
  readonly isOpen: boolean;
  /** Whether it has what is looked for, where a search has said so. */
  readonly isMatch?: boolean;
  /** Whether a record begins with it, where an expression has said so. */
  readonly isStart?: boolean;
  /** What is known of it, where a search has said that it is wanted by that. */
  readonly known?: { readonly timeMs: number | null; readonly level: Level | null };
}

/** Cuts what is read, piece by piece, into lines. What it holds never exceeds the limit for one line. */
export interface LineSplitter {
  /**
   * The lines that this piece completes, all of which are to be taken: some at once, for there can be as many as bytes.
   * @param needle lines without it may be left out, which is many times as fast where it is rare.
   */
  split(piece: Buffer, needle?: Buffer): Generator<readonly RawLine[]>;
  /** The beginning of a line that has no end yet; undefined where there is none. */
  rest(): RawLine | undefined;
}

/** What whoever takes lines looks at in a moment. */
export const LINES_AT_ONCE = 256;

const LF = 10;
const CR = 13;

/**
 * Makes one.
 * @param offset where the first piece begins, which is the beginning of a line.
 */
export function createLineSplitter(offset: number, maxLineBytes: number): LineSplitter {
  const beginning = createBeginning(maxLineBytes);
  let position = offset;

  const endLine = (part: Buffer): RawLine => {
    position += part.length + 1;
    const { bytes, isCut } = beginning.withRest(part);
    beginning.forget();
    return { bytes: isCut ? bytes : withoutReturn(bytes), endOffset: position, isCut, isOpen: false };
  };
  /** Leaves out lines without what is looked for, but the first one: its beginning, which came before, may have it. */
  const skip = (piece: Buffer): { first: RawLine[]; from: number } => {
    const first = beginning.isEmpty() ? 0 : piece.indexOf(LF) + 1;
    const from = piece.lastIndexOf(LF) + 1;
    const lines = first > 0 ? [endLine(piece.subarray(0, first - 1))] : [];
    if (from > first) beginning.forget();
    position += from - first;
    return { first: lines, from };
  };

  return {
    *split(piece, needle) {
      const canSkip = needle !== undefined && piece.indexOf(needle) === -1;
      const { first, from: begin } = canSkip ? skip(piece) : { first: [], from: 0 };
      let lines: RawLine[] = first;
      let from = begin;
      for (let end = piece.indexOf(LF, from); end !== -1; end = piece.indexOf(LF, from)) {
        lines.push(endLine(piece.subarray(from, end)));
        from = end + 1;
        if (lines.length < LINES_AT_ONCE) continue;
        yield lines;
        lines = [];
      }
      position += piece.length - from;
      beginning.add(piece.subarray(from));
      if (lines.length > 0) yield lines;
    },
    rest() {
      if (beginning.isEmpty()) return undefined;
      return { ...beginning.withRest(Buffer.alloc(0)), endOffset: position, isOpen: true };
    },
  };
}

/** The beginning of a line whose end has not come. */
function createBeginning(maxLineBytes: number) {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let isCut = false;
  const add = (part: Buffer): void => {
    const room = maxLineBytes - heldBytes;
    if (part.length > room) isCut = true;
    const kept = part.subarray(0, room);
    if (kept.length === 0) return;
    // A copy: else one short line would keep the whole piece in memory.
    held.push(Buffer.from(kept));
    heldBytes += kept.length;
  };
  return {
    add,
    isEmpty: () => heldBytes === 0 && !isCut,
    withRest(part: Buffer): Pick<RawLine, "bytes" | "isCut"> {
      if (heldBytes === 0 && part.length <= maxLineBytes) return { bytes: part, isCut };
      add(part);
      return { bytes: Buffer.concat(held), isCut };
    },
    forget(): void {
      held = [];
      heldBytes = 0;
      isCut = false;
    },
  };
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === CR ? line.subarray(0, -1) : line;
}
