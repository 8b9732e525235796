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

/** Reads an INI file. @throws {ContentError} naming the line that is neither header, key nor comment. */
export function readIni(text: string): { blocks: IniBlock[]; comments: TextRange[] } {
  let block: IniBlock = { section: undefined, header: undefined, entries: [] };
  const blocks = [block];
  const comments: TextRange[] = [];
  for (const line of linesOf(text)) {
    const content = line.text.trim();
    const start = line.start + line.text.indexOf(content);
    if (content === "") continue;
    if (/^[;#]/.test(content)) comments.push({ start, end: line.end });
    else if (content.startsWith("[")) {
      block = { section: sectionOf(content, start), header: line, entries: [] };
      blocks.push(block);
    } else addLine(text, block.entries, line);
  }
  return { blocks, comments };
}

function addLine(text: string, entries: LineEntry[], line: TextLine): void {
  const last = entries.at(-1);
  if (last === undefined || indentWidth(line.text) <= indentWidth(text.slice(last.start, last.end))) {
    entries.push(entryOf(line));
    return;
  }
  const isList = last.value === "" || last.value?.includes("\n") === true;
  const between = text.slice(last.next, line.start);
  if (between.trim() === "" && between !== "") {
    entries.push({ ...entryOf(line), unclear: INDENTED });
  } else if (last.value !== null && (isList || !/[=:]/.test(line.text))) {
    entries[entries.length - 1] = continued(last, line, between === "" ? last.unclear : INDENTED);
  } else {
    entries[entries.length - 1] = { ...last, unclear: INDENTED };
    entries.push({ ...entryOf(line), unclear: INDENTED });
  }
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

/** The entry with a line that is indented deeper added to its value, as Python's configparser reads it. */
function continued(entry: LineEntry, line: TextLine, unclear: string | undefined): LineEntry {
  const written = line.text.trim();
  const reason = unclear ?? whatIsUnclear(written);
  return {
    ...entry,
    value: `${entry.value ?? ""}\n${written}`,
    valueEnd: line.start + line.text.trimEnd().length,
    next: line.next,
    ...(reason === undefined ? {} : { unclear: reason }),
  };
}

function indentWidth(line: string): number {
  return line.length - line.trimStart().length;
}
