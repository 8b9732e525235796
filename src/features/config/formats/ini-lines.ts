import { ContentError } from "./format.ts";
import type { LineEntry } from "./line-entry.ts";
import { linesOf, type TextLine, type TextRange } from "./text-edit.ts";

/** The lines of an INI file, and what readers of INI files disagree about. */

/** A stretch of a file under one header. A section that is opened twice has two. */
export interface IniBlock {
  /** Undefined before the first header. */
  readonly section: string | undefined;
  readonly header: TextLine | undefined;
  readonly entries: LineEntry[];
}

const INDENTED = "Readers of INI files disagree about lines that are indented deeper than the key above.";

type OpenBlock = Omit<IniBlock, "entries"> & { readonly open: OpenEntry[] };

/** An entry that may go on in the next line. */
interface OpenEntry {
  entry: LineEntry;
  /** The lines that its value goes on in. */
  readonly more: string[];
}

/** Reads an INI file. @throws {ContentError} naming the line that is neither header, key nor comment. */
export function readIni(text: string): { blocks: IniBlock[]; comments: TextRange[] } {
  let block: OpenBlock = { section: undefined, header: undefined, open: [] };
  const blocks = [block];
  const comments: TextRange[] = [];
  for (const line of linesOf(text)) {
    const content = line.text.trim();
    const start = line.start + line.text.indexOf(content);
    if (content === "") continue;
    if (/^[;#]/.test(content)) comments.push({ start, end: line.end });
    else if (content.startsWith("[")) {
      block = { section: sectionOf(content, start), header: line, open: [] };
      blocks.push(block);
    } else addLine(text, block.open, line);
  }
  return {
    blocks: blocks.map(({ section, header, open }) => ({ section, header, entries: open.map(closed) })),
    comments,
  };
}

function closed({ entry, more }: OpenEntry): LineEntry {
  return more.length === 0 ? entry : { ...entry, value: [entry.value, ...more].join("\n") };
}

function addLine(text: string, entries: OpenEntry[], line: TextLine): void {
  const last = entries.at(-1);
  if (
    last === undefined ||
    indentWidth(line.text) <= indentWidth(text.slice(last.entry.start, last.entry.end))
  ) {
    entries.push({ entry: entryOf(line), more: [] });
    return;
  }
  const isList = last.entry.value === "" || last.more.length > 0;
  const between = text.slice(last.entry.next, line.start);
  if (between !== "" && between.trim() === "") {
    entries.push({ entry: { ...entryOf(line), unclear: INDENTED }, more: [] });
  } else if (last.entry.value !== null && (isList || !/[=:]/.test(line.text))) {
    goOn(last, line, between === "" ? undefined : INDENTED);
  } else {
    last.entry = { ...last.entry, unclear: INDENTED };
    entries.push({ entry: { ...entryOf(line), unclear: INDENTED }, more: [] });
  }
}

/** Adds a line that is indented deeper to the value above, as Python's configparser reads it. */
function goOn(last: OpenEntry, line: TextLine, reason: string | undefined): void {
  const written = line.text.trim();
  const unclear = last.entry.unclear ?? reason ?? whatIsUnclear(written);
  last.more.push(written);
  last.entry = {
    ...last.entry,
    valueEnd: line.start + line.text.trimEnd().length,
    next: line.next,
    ...(unclear === undefined ? {} : { unclear }),
  };
}

function sectionOf(content: string, start: number): string {
  const name = /^\[([^\]]+)\]\s*([;#].*)?$/.exec(content)?.[1]?.trim();
  if (name === undefined || name === "") throw new ContentError("The section header is not `[name]`.", start);
  return name;
}

function entryOf(line: TextLine): LineEntry {
  const content = line.text.trimStart();
  const start = line.end - content.length;
  const separator = content.search(/[=:]/);
  const base = { start: line.start, end: line.end, next: line.next };
  if (separator === -1) {
    // `!include /path` is MySQL's.
    if (!/^([^\s[\]]+|[!@].*)$/.test(content.trimEnd())) {
      throw new ContentError("A line is neither `[section]`, `key = value` nor a comment.", start);
    }
    const end = start + content.trimEnd().length;
    return { ...base, key: content.trimEnd(), value: null, valueStart: end, valueEnd: end };
  }
  const key = content.slice(0, separator).trim();
  if (key === "") throw new ContentError("A key is missing before the separator.", start);
  const raw = content.slice(separator + 1);
  const written = raw.trim();
  const valueStart = written === "" ? line.end : line.end - raw.trimStart().length;
  const unclear =
    content[separator] === ":" && content.includes("=")
      ? "Readers of INI files disagree about where this key ends."
      : whatIsUnclear(written);
  return {
    ...base,
    key,
    value: unquoted(written) ?? written,
    valueStart,
    valueEnd: valueStart + written.length,
    ...(unclear === undefined ? {} : { unclear }),
  };
}

/** The text between quotes that enclose a whole value; undefined where there are none. */
export function unquoted(written: string): string | undefined {
  return /^"([^"]*)"$/.exec(written)?.[1] ?? /^'([^']*)'$/.exec(written)?.[1];
}

/** What some readers of INI files read otherwise than others in a value as it is written, or undefined. */
export function whatIsUnclear(written: string): string | undefined {
  if (unquoted(written) !== undefined) return undefined;
  if (/(^|\s)[;#]/.test(written)) {
    return "Readers of INI files disagree about whether a comment stands in this value.";
  }
  return written.endsWith("\\")
    ? "Readers of INI files disagree about a backslash at the end of a value."
    : undefined;
}

function indentWidth(line: string): number {
  return line.length - line.trimStart().length;
}
