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
}

/** Cuts what is read, piece by piece, into lines. What it holds never exceeds the limit for one line. */
export interface LineSplitter {
  /**
   * The lines that this piece completes.
   * @param needle lines without it may be left out, which is many times as fast where it is rare.
   */
  split(piece: Buffer, needle?: Buffer): RawLine[];
  /** The beginning of a line that has no end yet; undefined where there is none. */
  rest(): RawLine | undefined;
}

const LF = 10;
const CR = 13;

/**
 * Makes one.
 * @param offset where the first piece begins, which is the beginning of a line.
 */
export function createLineSplitter(offset: number, maxLineBytes: number): LineSplitter {
  let position = offset;
  let held: Buffer[] = [];
  let heldBytes = 0;
  let isCut = false;

  const hold = (part: Buffer): void => {
    const room = maxLineBytes - heldBytes;
    if (part.length > room) isCut = true;
    const kept = part.subarray(0, room);
    if (kept.length === 0) return;
    // A copy: else one short line would keep the whole piece in memory.
    held.push(Buffer.from(kept));
    heldBytes += kept.length;
  };
  const line = (part: Buffer, isOpen: boolean): RawLine => {
    let bytes = part;
    let wasCut = isCut;
    if (heldBytes > 0 || part.length > maxLineBytes) {
      hold(part);
      wasCut = isCut;
      bytes = Buffer.concat(held);
    }
    const hasReturn = !isOpen && !wasCut && bytes.at(-1) === CR;
    return { bytes: hasReturn ? bytes.subarray(0, -1) : bytes, endOffset: position, isCut: wasCut, isOpen };
  };
  const begin = (): void => {
    held = [];
    heldBytes = 0;
    isCut = false;
  };

  const endLine = (part: Buffer): RawLine => {
    position += part.length + 1;
    const ended = line(part, false);
    begin();
    return ended;
  };

  return {
    split(piece, needle) {
      const lines: RawLine[] = [];
      let from = 0;
      if (needle !== undefined && piece.indexOf(needle) === -1) {
        // Only the first line may have it all the same: its beginning came before.
        const first = heldBytes === 0 ? 0 : piece.indexOf(LF) + 1;
        const last = piece.lastIndexOf(LF) + 1;
        if (first > 0) lines.push(endLine(piece.subarray(0, first - 1)));
        if (last > first) begin();
        position += last - first;
        from = last;
      }
      for (let end = piece.indexOf(LF, from); end !== -1; end = piece.indexOf(LF, from)) {
        lines.push(endLine(piece.subarray(from, end)));
        from = end + 1;
      }
      position += piece.length - from;
      hold(piece.subarray(from));
      return lines;
    },
    rest() {
      return heldBytes === 0 && !isCut ? undefined : line(Buffer.alloc(0), true);
    },
  };
}
