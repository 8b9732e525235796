import { type ConfigFormat, ContentError, cannotWrite } from "./format.ts";
import { flatDocument, type LineEntry, type LineWriter } from "./line-entry.ts";
import { lineEndingOf, lineEndOf, nextLineOf, type TextRange } from "./text-edit.ts";
import type { TreePath } from "./tree.ts";

/**
 * `.env` files. There is no standard: what is read is what the readers in use agree on (dotenv, Docker Compose, a
 * POSIX shell, `node --env-file`), and what is written is what all of these read the same.
 */
export const env: ConfigFormat = {
  name: "env",
  mediaTypes: [],
  parse(text) {
    const { entries, comments } = read(text);
    return flatDocument(text, entries, comments, writerOf(text));
  },
};

function read(text: string): { entries: LineEntry[]; comments: TextRange[] } {
  const entries: LineEntry[] = [];
  const comments: TextRange[] = [];
  for (let at = 0; at < text.length; ) {
    const end = lineEndOf(text, at);
    const line = text.slice(at, end);
    const indent = line.length - line.trimStart().length;
    if (line.trimStart().startsWith("#")) comments.push({ start: at + indent, end });
    else if (line.trim() !== "") {
      const { entry, comment } = readEntry(text, at, end);
      entries.push(entry);
      if (comment !== undefined) comments.push(comment);
      at = entry.next;
      continue;
    }
    at = nextLineOf(text, at);
  }
  return { entries, comments };
}

const KEY = /^([ \t]*(?:export[ \t]+)?)([A-Za-z_][\w.-]*)([ \t]*=[ \t]*)?/;

function readEntry(text: string, start: number, lineEnd: number): { entry: LineEntry; comment?: TextRange } {
  const line = text.slice(start, lineEnd);
  const [head, before = "", key = "", separator] = KEY.exec(line) ?? [];
  if (head === undefined) {
    throw new ContentError("A line is neither a comment nor `NAME=value`.", start + line.search(/\S/));
  }
  const valueStart = start + head.length;
  const base = { key, start, valueStart, next: nextLineOf(text, start) };
  if (separator === undefined) {
    if (line.slice(head.length).trim() !== "") {
      throw new ContentError(`\`=\` is missing behind \`${key}\`.`, start + before.length + key.length);
    }
    return { entry: { ...base, value: null, valueEnd: valueStart, end: lineEnd } };
  }
  const quote = text[valueStart];
  if (quote === '"' || quote === "'" || quote === "`") return readQuoted(text, base, quote);
  const raw = text.slice(valueStart, lineEnd);
  const hash = raw.search(/(^|[ \t])#/);
  const value = (hash === -1 ? raw : raw.slice(0, hash)).trimEnd();
  const valueEnd = valueStart + value.length;
  const entry = { ...base, value, valueEnd, end: lineEnd };
  return hash === -1
    ? { entry }
    : { entry, comment: { start: valueStart + raw.indexOf("#", hash), end: lineEnd } };
}

function readQuoted(
  text: string,
  base: Pick<LineEntry, "key" | "start" | "valueStart" | "next">,
  quote: string,
): { entry: LineEntry; comment?: TextRange } {
  let close = base.valueStart + 1;
  while (close < text.length && text[close] !== quote) close += text[close] === "\\" && quote === '"' ? 2 : 1;
  if (close >= text.length) throw new ContentError(`The ${quote} is never closed.`, base.valueStart);
  const end = lineEndOf(text, close);
  const rest = text.slice(close + 1, end);
  if (!/^[ \t]*($|#)/.test(rest)) {
    throw new ContentError("Something stands behind the closing quote.", close + 1);
  }
  const inner = text.slice(base.valueStart + 1, close).replaceAll("\r\n", "\n");
  const value = quote === '"' ? unescapeDouble(inner) : inner;
  const entry = { ...base, value, valueEnd: close + 1, end, next: nextLineOf(text, close) };
  const hash = rest.indexOf("#");
  return hash === -1 ? { entry } : { entry, comment: { start: close + 1 + hash, end } };
}

function unescapeDouble(text: string): string {
  const names: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };
  return text.replace(/\\([nrt"\\$`])/g, (_, character: string) => names[character] ?? character);
}

function writerOf(text: string): LineWriter {
  const eol = lineEndingOf(text);
  return {
    name: ".env",
    value: (value, path, old) =>
      quote(value, path, old === undefined ? "" : text.slice(old.valueStart, old.valueEnd), eol),
    line(key, value, path, like) {
      if (!/^[A-Za-z_][\w.-]*$/.test(key)) {
        throw cannotWrite(path, "A name in a .env file consists of letters, digits, `_`, `.` and `-`.");
      }
      const isExported =
        like !== undefined && /^[ \t]*export[ \t]/.test(text.slice(like.start, like.valueStart));
      return `${isExported ? "export " : ""}${key}=${quote(value, path, "", eol)}`;
    },
  };
}

/** Writes a value the way the old one was written where that is safe, else in the first form that every reader reads alike. */
function quote(value: string, path: TreePath, old: string, eol: string): string {
  // A shell needs quotes around blanks; who wrote some without has no shell reading the file.
  const isPlain = (/\s/.test(old) ? /^[\w@%+:,./-]+( [\w@%+:,./-]+)*$/ : /^[\w@%+:,./-]*$/).test(value);
  const mayStandInDouble = !/["$`\\!\r]/.test(value);
  const mayStandInSingle = !/['\r\n\\]/.test(value);
  const isQuoted = /^["']/.test(old);
  if (isPlain && !isQuoted) return value;
  if (mayStandInSingle && !(old.startsWith('"') && mayStandInDouble)) return `'${value}'`;
  if (mayStandInDouble) return `"${value.replaceAll("\n", eol)}"`;
  throw cannotWrite(path, "The readers of .env files disagree about how to read this value.");
}
