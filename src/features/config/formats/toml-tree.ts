import type { AST } from "toml-eslint-parser";
import { ContentError, type ValuePlace } from "./format.ts";
import type { TextRange } from "./text-edit.ts";
import { MAX_DEPTH, type Tree, type TreePath, type TreeScalar, treeObject } from "./tree.ts";

/** A TOML document as a tree whose every part knows which pieces of text it is written in. */

/** A line `a.b = 1` or a header `[a.b]` that a part of the tree is written in. */
export interface TomlPiece {
  readonly node: AST.TOMLKeyValue | AST.TOMLTable;
  /** How many of the names in its key lead to the part. */
  readonly depth: number;
}

interface Part {
  /** In the order of the text; empty for the elements of an array. */
  readonly pieces: TomlPiece[];
}

/** A scalar. */
export interface TomlScalar extends Part {
  readonly kind: "scalar";
  readonly node: AST.TOMLValue;
}

/** An array in brackets. */
export interface TomlArray extends Part {
  readonly kind: "array";
  readonly node: AST.TOMLArray;
  readonly items: readonly TomlNode[];
}

/** A table, however it is written: under a header, in braces, by dotted keys, by the headers of its sub-tables. */
export interface TomlTable extends Part {
  readonly kind: "table";
  readonly members: Map<string, TomlNode>;
  /** `[a.b]`, or the whole file for the root. */
  body: AST.TOMLTable | AST.TOMLTopLevelTable | undefined;
  readonly inline: AST.TOMLInlineTable | undefined;
}

/** An array of tables: `[[a]]`. */
export interface TomlTables extends Part {
  readonly kind: "tables";
  readonly items: TomlTable[];
}

/** Any part of a document. */
export type TomlNode = TomlScalar | TomlArray | TomlTable | TomlTables;

/** Reads the parse tree of a document. The parser has checked that no key is defined twice. */
export function readToml(program: AST.TOMLProgram): TomlTable {
  const top = program.body[0];
  const root = newTable({ body: top });
  for (const node of top.body) {
    if (node.type === "TOMLKeyValue") addKeyValue(root, node);
    else {
      const table = tableAt(root, node);
      table.body = node;
      for (const keyValue of node.body) addKeyValue(table, keyValue);
    }
  }
  return root;
}

/** The names of a key. */
export function namesOf(key: AST.TOMLKey): string[] {
  return key.keys.map((name) => (name.type === "TOMLBare" ? name.name : name.value));
}

/** Where a node stands in the text. */
export function rangeOf({ range: [start, end] }: { range: readonly [number, number] }): TextRange {
  return { start, end };
}

/** The tree of a part, and the places of the scalars in it. @throws {ContentError} where it is nested too deeply. */
export function treeOfToml(text: string, part: TomlNode, places: ValuePlace[], path: TreePath = []): Tree {
  if (path.length > MAX_DEPTH) {
    throw new ContentError(
      `The content is nested deeper than ${MAX_DEPTH} levels.`,
      part.pieces[0]?.node.range[0] ?? 0,
    );
  }
  switch (part.kind) {
    case "scalar": {
      const range = rangeOf(part.node);
      const value = scalarOf(part.node, text.slice(range.start, range.end));
      places.push({ paths: [path], value, ...range });
      return value;
    }
    case "table": {
      const members = [...part.members].map(
        ([key, member]) => [key, treeOfToml(text, member, places, [...path, key])] as const,
      );
      return treeObject(members);
    }
    case "array":
    case "tables":
      return part.items.map((item, index) => treeOfToml(text, item, places, [...path, index]));
  }
}

/** The value of a scalar. Dates, times, `inf` and `nan`, which JSON has not, are the strings that they are written as. */
export function scalarOf(node: AST.TOMLValue, source: string): TreeScalar {
  switch (node.kind) {
    case "string":
    case "boolean":
      return node.value;
    case "integer":
      return Number.isSafeInteger(Number(node.bigint)) ? Number(node.bigint) : node.bigint;
    case "float":
      return Number.isFinite(node.value) ? node.value : source;
    default:
      return source;
  }
}

function newTable({ body, inline }: Partial<Pick<TomlTable, "body" | "inline">> = {}): TomlTable {
  return { kind: "table", members: new Map(), pieces: [], body, inline };
}

function tableAt(root: TomlTable, node: AST.TOMLTable): TomlTable {
  let table = root;
  let depth = 0;
  const { resolvedKey } = node;
  for (const [at, key] of resolvedKey.entries()) {
    if (typeof key === "number") continue;
    depth += 1;
    const index = resolvedKey[at + 1];
    const isArray = typeof index === "number";
    const known = table.members.get(key) ?? (isArray ? newTables() : newTable());
    table.members.set(key, known);
    known.pieces.push({ node, depth });
    if (known.kind === "tables") {
      const item = known.items[Number(index)] ?? newTable();
      known.items[Number(index)] = item;
      item.pieces.push({ node, depth });
      table = item;
    } else if (known.kind === "table") table = known;
  }
  return table;
}

function newTables(): TomlTables {
  return { kind: "tables", items: [], pieces: [] };
}

function addKeyValue(to: TomlTable, node: AST.TOMLKeyValue): void {
  const names = namesOf(node.key);
  let table = to;
  for (const [at, name] of names.slice(0, -1).entries()) {
    const known = table.members.get(name) ?? newTable();
    table.members.set(name, known);
    known.pieces.push({ node, depth: at + 1 });
    if (known.kind === "table") table = known;
  }
  const value = partOf(node.value);
  value.pieces.push({ node, depth: names.length });
  table.members.set(names.at(-1) ?? "", value);
}

function partOf(node: AST.TOMLContentNode): TomlNode {
  switch (node.type) {
    case "TOMLValue":
      return { kind: "scalar", node, pieces: [] };
    case "TOMLArray":
      return { kind: "array", node, items: node.elements.map((element) => partOf(element)), pieces: [] };
    case "TOMLInlineTable": {
      const table = newTable({ inline: node });
      for (const keyValue of node.body) addKeyValue(table, keyValue);
      return table;
    }
  }
}
