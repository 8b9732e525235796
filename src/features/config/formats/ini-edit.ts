import type { Edit, ObjectEdit } from "./difference.ts";
import { cannotWrite } from "./format.ts";
import { type IniBlock, unquoted, whatIsUnclear } from "./ini-lines.ts";
import {
  insertLines,
  type LineEntry,
  type LineWriter,
  newValueOf,
  removeEntry,
  replaceValue,
  stringOf,
} from "./line-entry.ts";
import { applySplices, type Splice } from "./text-edit.ts";
import { isTreeArray, isTreeObject, type Tree, type TreePath } from "./tree.ts";

/** The text of an INI file with some values edited. */
export function editIni(text: string, blocks: readonly IniBlock[], edit: Edit): string {
  if (edit.kind !== "object") throw cannotWrite([], "An INI file holds sections and keys.");
  const writer = iniWriter(text);
  const sections = Map.groupBy(blocks, ({ section }) => section);
  const topKeys: ObjectEdit = {
    kind: "object",
    changed: new Map([...edit.changed].filter(([name]) => !sections.has(name))),
    removed: new Set([...edit.removed].filter((name) => !sections.has(name))),
    added: new Map([...edit.added].filter(([, value]) => !isTreeObject(value))),
  };
  const splices = editKeys(text, sections.get(undefined) ?? [], topKeys, [], writer);
  for (const [name, inner] of edit.changed) {
    const own = sections.get(name);
    if (own === undefined) continue;
    if (inner.kind !== "object") throw cannotWrite([name], `${name} is a section: it holds keys.`);
    splices.push(...editKeys(text, own, inner, [name], writer));
  }
  for (const block of blocks) {
    if (block.section !== undefined && edit.removed.has(block.section)) splices.push(removeBlock(block));
  }
  const newSections = [...edit.added].flatMap(([name, value]) =>
    isTreeObject(value) ? sectionLines(name, value, blocks, writer) : [],
  );
  if (newSections.length > 0) {
    const isApart = text === "" || /(^|\n)[ \t]*\r?\n$/.test(text);
    splices.push(insertLines(text, text.length, isApart ? newSections.slice(1) : newSections));
  }
  return applySplices(text, splices);
}

function editKeys(
  text: string,
  blocks: readonly IniBlock[],
  edit: ObjectEdit,
  path: TreePath,
  writer: LineWriter,
): Splice[] {
  const entries = blocks.flatMap((block) => block.entries);
  const byKey = Map.groupBy(entries, ({ key }) => key);
  const splices: Splice[] = [];
  for (const [key, inner] of edit.changed) {
    splices.push(...editKey(text, byKey.get(key) ?? [], inner, [...path, key], writer));
  }
  for (const key of edit.removed) {
    for (const entry of byKey.get(key) ?? []) splices.push(removeEntry(entry, [...path, key]));
  }
  const lines = [...edit.added].flatMap(([key, value]) =>
    linesOf(key, value, [...path, key], writer, entries.at(-1)),
  );
  const last = blocks.at(-1);
  const at = last?.entries.at(-1)?.next ?? last?.header?.next ?? 0;
  if (lines.length > 0) splices.push(insertLines(text, at, lines));
  return splices;
}

/** A repeated key is an array: each of its lines is one element. */
function editKey(
  text: string,
  entries: readonly LineEntry[],
  edit: Edit,
  path: TreePath,
  writer: LineWriter,
): Splice[] {
  const first = entries[0];
  if (first === undefined) return [];
  if (edit.kind === "array") {
    const splices = [...edit.changed].flatMap(([index, inner]) => {
      const entry = entries[index];
      return entry === undefined ? [] : [replaceValue(entry, newValueOf(inner), [...path, index], writer)];
    });
    for (const [before, values] of edit.inserted) {
      const entry = entries[before - 1];
      const lines = linesOf(first.key, values, path, writer, first);
      splices.push(insertLines(text, entry?.next ?? first.start, lines));
    }
    for (const index of edit.removed) {
      const entry = entries[index];
      if (entry !== undefined) splices.push(removeEntry(entry, [...path, index]));
    }
    return splices;
  }
  const value = newValueOf(edit);
  const rest = entries.slice(1).map((entry) => removeEntry(entry, path));
  if (!isTreeArray(value)) return [replaceValue(first, value, path, writer), ...rest];
  const lines = linesOf(first.key, value.slice(1), path, writer, first);
  return [
    replaceValue(first, value[0], path, writer),
    ...(lines.length === 0 ? [] : [insertLines(text, first.next, lines)]),
    ...rest,
  ];
}

function linesOf(
  key: string,
  value: Tree,
  path: TreePath,
  writer: LineWriter,
  like: LineEntry | undefined,
): string[] {
  const values = isTreeArray(value) ? value : [value];
  return values.map((item) => writer.line(key, stringOf(item, path, writer), path, like));
}

/** A section goes with its keys and the comments between them; a comment behind its last key stays. */
function removeBlock({ section = "", header, entries }: IniBlock): Splice {
  const unclear = entries.find((entry) => entry.unclear !== undefined);
  if (unclear?.unclear !== undefined) throw cannotWrite([section, unclear.key], unclear.unclear);
  return { start: header?.start ?? 0, end: entries.at(-1)?.next ?? header?.next ?? 0, text: "" };
}

/** A new section, with a blank line before it. */
function sectionLines(
  name: string,
  keys: Readonly<Record<string, Tree>>,
  blocks: readonly IniBlock[],
  writer: LineWriter,
): string[] {
  if (!/^[^\s\][]([^\][\r\n]*[^\s\][])?$/.test(name)) {
    throw cannotWrite([name], "The name of a section can't hold brackets, line breaks or outer blanks.");
  }
  const like = blocks.findLast((block) => block.entries.length > 0)?.entries.at(-1);
  const lines = Object.entries(keys).flatMap(([key, value]) =>
    linesOf(key, value, [name, key], writer, like),
  );
  return ["", `[${name}]`, ...lines];
}

/** How entries of this file are written: like the ones that stand there already. */
export function iniWriter(text: string): LineWriter {
  return {
    name: "INI",
    value(value, path, old) {
      const written = old === undefined ? "" : text.slice(old.valueStart, old.valueEnd);
      const quote = unquoted(written) === undefined ? "" : written.slice(0, 1);
      const wantsBlank = old !== undefined && /\s[=:]$/.test(text.slice(old.start, old.valueStart));
      return (wantsBlank ? " " : "") + quote + checked(value, quote, path) + quote;
    },
    line(key, value, path, like) {
      if (!/^[^\s=:;#[\]!@]([^=:\r\n]*[^\s=:])?$/.test(key)) {
        throw cannotWrite(path, "This can't be the name of a key in an INI file.");
      }
      const before = like === undefined || like.value === null ? "" : text.slice(like.start, like.valueStart);
      const separator = separatorIn(before) ?? defaultSeparator(text);
      const indent = /^[ \t]*/.exec(before)?.[0] ?? "";
      return indent + key + separator + checked(value, "", path);
    },
  };
}

/** What stands between a key and its value, with the blanks around it; undefined where there are odd ones. */
function separatorIn(before: string): string | undefined {
  // Keys hold neither of the two. One expression for all of it takes quadratic time where a key holds many blanks.
  const key = before.slice(0, Math.max(before.search(/[=:]/), 0)).trimEnd();
  const separator = before.slice(key.length);
  return /^[ \t]*[=:][ \t]*$/.test(separator) ? separator : undefined;
}

function defaultSeparator(text: string): string {
  return /^[^;#[\r\n]*\S=/m.test(text) ? "=" : " = ";
}

/** The value, unless readers of INI files would disagree about it. */
function checked(value: string, quote: string, path: TreePath): string {
  const problem =
    /[\r\n]/.test(value) || (quote !== "" && value.includes(quote))
      ? "INI files can't hold line breaks, nor quotes inside a quoted value."
      : whatIsUnclear(quote + value + quote);
  if (problem !== undefined) throw cannotWrite(path, problem);
  if (quote === "" && (value !== value.trim() || unquoted(value) !== undefined)) {
    throw cannotWrite(path, "Readers of INI files disagree about quotes and outer blanks.");
  }
  return value;
}
