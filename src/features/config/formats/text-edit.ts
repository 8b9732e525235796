/** A piece of a text, by UTF-16 offsets; `end` is not part of it. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** A piece of a text and what is to stand there instead. */
export interface Splice extends TextRange {
  readonly text: string;
}

/**
 * Replaces pieces of a text and leaves the rest as it is, byte by byte.
 * @throws {Error} when two pieces overlap: the caller then has contradicted itself.
 */
export function applySplices(text: string, splices: readonly Splice[]): string {
  let result = "";
  let from = 0;
  for (const { start, end, text: replacement } of splices.toSorted(byPlace)) {
    if (start < from) throw new RangeError("two edits overlap");
    result += text.slice(from, start) + replacement;
    from = end;
  }
  return result + text.slice(from);
}

/** What inserts goes before what replaces at the same place. */
function byPlace(one: Splice, other: Splice): number {
  return one.start - other.start || Number(one.end > one.start) - Number(other.end > other.start);
}

/** The line and column of an offset, both from 1; the column counts characters, not UTF-16 units. */
export function positionOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split(/\r\n|\n|\r/);
  return { line: before.length, column: [...(before.at(-1) ?? "")].length + 1 };
}

/** The line ending that a text uses first; `\n` where it has none. */
export function lineEndingOf(text: string): string {
  return /\r\n|\n/.exec(text)?.[0] ?? "\n";
}

/** The offset at which the line with this offset begins. */
export function lineStartOf(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

/** The offset at which the line with this offset ends, before its line ending. */
export function lineEndOf(text: string, offset: number): number {
  const newline = text.indexOf("\n", offset);
  if (newline === -1) return text.length;
  return newline > offset && text[newline - 1] === "\r" ? newline - 1 : newline;
}

/** The offset behind the line ending of the line with this offset. */
export function nextLineOf(text: string, offset: number): number {
  const newline = text.indexOf("\n", offset);
  return newline === -1 ? text.length : newline + 1;
}

/** The white space that begins the line with this offset. */
export function indentOf(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(lineStartOf(text, offset), offset))?.[0] ?? "";
}

/** Tells whether only white space stands before this offset in its line. */
export function beginsLine(text: string, offset: number): boolean {
  let at = offset - 1;
  while (at >= 0 && (text[at] === " " || text[at] === "\t")) at -= 1;
  return at < 0 || text[at] === "\n";
}

/** One line of a text, without its line ending. */
export interface TextLine extends TextRange {
  readonly text: string;
  /** Where the next line begins. */
  readonly next: number;
}

/** The lines of a text. `\r\n` and `\n` end one; what follows the last ending is a line only if it holds something. */
export function linesOf(text: string): TextLine[] {
  const lines: TextLine[] = [];
  for (let start = 0; start < text.length; ) {
    const next = nextLineOf(text, start);
    const end = lineEndOf(text, start);
    lines.push({ start, end, next, text: text.slice(start, end) });
    start = next;
  }
  return lines;
}
