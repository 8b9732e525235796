import type { Edit } from "./difference.ts";
import { type ConfigDocument, cannotWrite } from "./format.ts";
import { applySplices, lineEndingOf, type Splice, type TextRange } from "./text-edit.ts";
import { type Tree, type TreePath, treeObject } from "./tree.ts";

/** A key and its value in a file of lines: `.env`, properties, INI. It has its lines to itself. */
export interface LineEntry extends TextRange {
  readonly key: string;
  /** Whether nothing separates the key from its (empty) value. */
  readonly isBare?: boolean;
  /** Null where a key stands alone and the format knows no value for that. */
  readonly value: string | null;
  readonly valueStart: number;
  readonly valueEnd: number;
  /** Where the next line begins. */
  readonly next: number;
  /** Why nobody can say where the value ends, or what it is; it is then left alone. */
  readonly unclear?: string;
}

/** How entries of one format are written. */
export interface LineWriter {
  /** What the values of this format are called in a complaint: `INI`. */
  readonly name: string;
  /** The text of a value. `old` is the entry whose value it replaces. @throws {AppError} where it can't be written. */
  value(value: string, path: TreePath, old?: LineEntry): string;
  /** A whole line, without its ending, that looks like the entry `like`. @throws {AppError} where it can't be written. */
  line(key: string, value: string, path: TreePath, like?: LineEntry): string;
}

/** A document of a format that has one flat list of keys; of a key that stands twice, the last value counts. */
export function flatDocument(
  text: string,
  entries: readonly LineEntry[],
  comments: readonly TextRange[],
  writer: LineWriter,
): ConfigDocument {
  const atStart = new Map(entries.map((entry) => [entry.valueStart, entry]));
  return {
    tree: treeObject(entries.map(({ key, value }) => [key, value] as const)),
    values: entries.map(({ key, value, valueStart: start, valueEnd: end }) => {
      return { paths: [[key]], value, start, end };
    }),
    comments,
    edit: (edit) => applySplices(text, editFlat(text, entries, edit, writer)),
    write: (value, place) => writer.value(value, place.paths[0] ?? [], atStart.get(place.start)),
  };
}

function editFlat(text: string, entries: readonly LineEntry[], edit: Edit, writer: LineWriter): Splice[] {
  if (edit.kind !== "object") throw cannotWrite([], `A ${writer.name} file holds keys and values.`);
  const last = new Map(entries.map((entry) => [entry.key, entry]));
  const splices: Splice[] = [];
  for (const [key, inner] of edit.changed) {
    const entry = last.get(key);
    if (entry !== undefined) splices.push(replaceValue(entry, newValueOf(inner), [key], writer));
  }
  for (const entry of entries) if (edit.removed.has(entry.key)) splices.push(removeEntry(entry, [entry.key]));
  const lines = [...edit.added].map(([key, value]) =>
    writer.line(key, stringOf(value, [key], writer), [key], entries.at(-1)),
  );
  if (lines.length > 0) splices.push(insertLines(text, text.length, lines));
  return splices;
}

/** The value that an edit of a scalar puts there; undefined where it would make a tree of it. */
export function newValueOf(edit: Edit): Tree | undefined {
  return edit.kind === "replace" ? edit.value : undefined;
}

/** A value that is to be written into a format whose values are all strings. */
export function stringOf(value: Tree | undefined, path: TreePath, writer: LineWriter): string {
  if (typeof value === "string") return value;
  const detail = `Values in ${writer.name} files are strings.`;
  const isScalar = typeof value === "number" || typeof value === "boolean" || typeof value === "bigint";
  throw isScalar
    ? cannotWrite(path, detail, `Send ${JSON.stringify(String(value))}.`)
    : cannotWrite(path, detail);
}

/** Puts another value into the place of an entry's. */
export function replaceValue(
  entry: LineEntry,
  value: Tree | undefined,
  path: TreePath,
  writer: LineWriter,
): Splice {
  if (entry.unclear !== undefined) throw cannotWrite(path, entry.unclear);
  const text = stringOf(value, path, writer);
  if (entry.value === null) {
    const line = writer.line(entry.key, text, path);
    return { start: entry.start, end: entry.valueEnd, text: line };
  }
  return { start: entry.valueStart, end: entry.valueEnd, text: writer.value(text, path, entry) };
}

/** Removes an entry with its lines. */
export function removeEntry(entry: LineEntry, path: TreePath): Splice {
  if (entry.unclear !== undefined) throw cannotWrite(path, entry.unclear);
  return { start: entry.start, end: entry.next, text: "" };
}

/** Inserts lines at the beginning of a line, or behind a last line that has no line ending. */
export function insertLines(text: string, at: number, lines: readonly string[]): Splice {
  const eol = lineEndingOf(text);
  const needsEol = at > 0 && text[at - 1] !== "\n" && text[at - 1] !== "\r";
  const body = lines.join(eol);
  return { start: at, end: at, text: needsEol ? eol + body : body + eol };
}
