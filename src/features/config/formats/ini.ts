import { type ConfigDocument, type ConfigFormat, ContentError, type ValuePlace } from "./format.ts";
import { editIni, iniWriter } from "./ini-edit.ts";
import { type IniBlock, readIni } from "./ini-lines.ts";
import type { LineEntry } from "./line-entry.ts";
import { type Tree, type TreePath, treeObject } from "./tree.ts";

/**
 * INI files. There is no standard, so what is read is what readers agree on, and what they disagree about is marked
 * and left alone: text behind ` ;` or ` #` in a value, a value that ends with a backslash, a deeper indented line.
 * Sections are objects, keys before the first one stand at the top; a key that is repeated in a section is an array;
 * a key without `=` is null; all values are strings. Section and key names are taken as they are, dots included.
 */
export const ini: ConfigFormat = {
  name: "ini",
  mediaTypes: [],
  parse(text): ConfigDocument {
    const { blocks, comments } = readIni(text);
    const writer = iniWriter(text);
    const places = placesOf(blocks);
    const atStart = new Map(
      blocks.flatMap(({ entries }) => entries.map((entry) => [entry.valueStart, entry])),
    );
    return {
      tree: treeOf(blocks),
      values: places,
      comments,
      edit: (edit) => editIni(text, blocks, edit),
      write: (value, place) => writer.value(value, place.paths[0] ?? [], atStart.get(place.start)),
    };
  },
};

type Keys = Map<string, LineEntry[]>;

/** The entries by section and key. */
function entriesOf(blocks: readonly IniBlock[]): Map<string | undefined, Keys> {
  const sections = new Map<string | undefined, Keys>();
  for (const { section, entries } of blocks) {
    const keys: Keys = sections.get(section) ?? new Map();
    sections.set(section, keys);
    for (const entry of entries) {
      const siblings = keys.get(entry.key);
      if (siblings === undefined) keys.set(entry.key, [entry]);
      else siblings.push(entry);
    }
  }
  return sections;
}

function treeOf(blocks: readonly IniBlock[]): Tree {
  const members: [string, Tree][] = [];
  const sections = entriesOf(blocks);
  const top = sections.get(undefined);
  for (const [section, keys] of sections) {
    const values = [...keys].map(([key, entries]) => [key, treeValueOf(entries)] as const);
    if (section === undefined) members.push(...values.map(([key, value]): [string, Tree] => [key, value]));
    else if (top?.has(section)) throw ambiguous(section, blocks);
    else members.push([section, treeObject(values)]);
  }
  return treeObject(members);
}

function treeValueOf(entries: readonly LineEntry[]): Tree {
  return entries.length === 1 ? (entries[0]?.value ?? null) : entries.map(({ value }) => value);
}

function ambiguous(name: string, blocks: readonly IniBlock[]): ContentError {
  const header = blocks.find(({ section }) => section === name)?.header;
  return new ContentError(`There is a key and a section named ${name}.`, header?.start ?? 0, {
    isInvalid: false,
  });
}

function placesOf(blocks: readonly IniBlock[]): ValuePlace[] {
  const places: ValuePlace[] = [];
  for (const [section, keys] of entriesOf(blocks)) {
    for (const [key, entries] of keys) {
      const parent: TreePath = section === undefined ? [key] : [section, key];
      for (const [index, { value, valueStart: start, valueEnd: end }] of entries.entries()) {
        places.push({ paths: [entries.length === 1 ? parent : [...parent, index]], value, start, end });
      }
    }
  }
  return places.toSorted((one, other) => one.start - other.start);
}
