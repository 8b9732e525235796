import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { ContentError, type ValuePlace } from "./format.ts";
import { MAX_DEPTH, type Tree, type TreePath, type TreeScalar, treeObject } from "./tree.ts";

/** A parsed document of a YAML file. */
export type YamlDocument = Document.Parsed;

/** The tree of a YAML document and where its scalars stand. */
export interface YamlReading {
  readonly tree: Tree;
  readonly values: readonly ValuePlace[];
}

interface Reader {
  readonly places: Map<unknown, { paths: TreePath[]; value: TreeScalar; start: number; end: number }>;
  readonly anchors: Map<string, unknown>;
  readonly seen: Set<unknown>;
  /** How many nodes may still be read: aliases of aliases can ask for more than any memory holds. */
  budget: number;
}

/**
 * Reads a document.
 * @throws {ContentError} for an alias without an anchor, a key that stands twice, keys that are no scalars, and
 * aliases that multiply.
 */
export function readYaml(document: YamlDocument, text: string): YamlReading {
  // Every node takes at least one character, so only aliases can go beyond the first part of this.
  const reader: Reader = {
    places: new Map(),
    anchors: new Map(),
    seen: new Set(),
    budget: text.length + 20_000,
  };
  const tree = readNode(reader, document.contents, []);
  return { tree, values: [...reader.places.values()].toSorted((one, other) => one.start - other.start) };
}

function readNode(reader: Reader, node: unknown, path: TreePath): Tree {
  reader.budget -= 1;
  if (reader.budget < 0) throw new ContentError("The aliases expand to too much.", offsetOf(node), NO_TREE);
  if (path.length > MAX_DEPTH) {
    throw new ContentError(`The content is nested deeper than ${MAX_DEPTH} levels.`, offsetOf(node));
  }
  if (isAlias(node)) return readAlias(reader, node, path);
  if (!isScalar(node) && !isMap(node) && !isSeq(node)) return null;
  if (node.anchor !== undefined && !reader.seen.has(node)) reader.anchors.set(node.anchor, node);
  reader.seen.add(node);
  if (isScalar(node)) return readScalar(reader, node, path);
  if (isSeq(node)) return readSequence(reader, node, path);
  return readMap(reader, node, path);
}

const NO_TREE = { isInvalid: false };

function readScalar(reader: Reader, node: Scalar, path: TreePath): TreeScalar {
  const known = reader.places.get(node);
  if (known !== undefined) {
    known.paths.push(path);
    return known.value;
  }
  const value = scalarOf(node);
  const [start, end] = node.range ?? [0, 0];
  reader.places.set(node, { paths: [path], value, start, end });
  return value;
}

function readSequence(reader: Reader, node: YAMLSeq, path: TreePath): Tree {
  return node.items.map((item, index) => readNode(reader, item, [...path, index]));
}

function readAlias(reader: Reader, node: { source: string; range?: unknown }, path: TreePath): Tree {
  const target = reader.anchors.get(node.source);
  if (target === undefined) {
    throw new ContentError("Not valid YAML: an alias stands before its anchor, or has none.", offsetOf(node));
  }
  const value = readNode(reader, target, path);
  if (typeof value !== "object" || value === null) {
    const start = offsetOf(node);
    reader.places.set(node, { paths: [path], value, start, end: start + node.source.length + 1 });
  }
  return value;
}

function readMap(reader: Reader, node: YAMLMap, path: TreePath): Tree {
  const members = new Map<string, Tree>();
  const merged: unknown[] = [];
  const kinds = new Map<string, string>();
  for (const pair of node.items) {
    if (isMergeKey(pair)) {
      merged.push(pair.value);
      continue;
    }
    const key = keyOf(pair);
    if (key === undefined) {
      throw new ContentError("A key is not a scalar: JSON has no such keys.", offsetOf(pair.key), NO_TREE);
    }
    if (members.has(key)) {
      const isInvalid = kinds.get(key) === kindOf(pair);
      throw new ContentError(`The key ${key} stands twice.`, offsetOf(pair.key), { isInvalid });
    }
    kinds.set(key, kindOf(pair));
    members.set(key, readNode(reader, pair.value, [...path, key]));
  }
  for (const source of merged) mergeInto(reader, members, source, path);
  return treeObject(members);
}

/** Merges the keys of a mapping, or of a list of mappings, that the map has not itself (https://yaml.org/type/merge.html). */
function mergeInto(reader: Reader, members: Map<string, Tree>, source: unknown, path: TreePath): void {
  const target = isAlias(source) ? reader.anchors.get(source.source) : source;
  if (isSeq(target)) {
    for (const item of target.items) mergeInto(reader, members, item, path);
    return;
  }
  if (!isMap(target)) {
    throw new ContentError("What `<<` merges is not a mapping.", offsetOf(source), NO_TREE);
  }
  if (path.length > MAX_DEPTH || reader.budget < 0) {
    throw new ContentError("The aliases expand to too much.", offsetOf(source), NO_TREE);
  }
  const inner: unknown[] = [];
  for (const pair of target.items) {
    const key = isMergeKey(pair) ? undefined : keyOf(pair);
    if (key === undefined) inner.push(pair.value);
    else if (!members.has(key)) members.set(key, readNode(reader, pair.value, [...path, key]));
  }
  reader.budget -= 1;
  for (const item of inner) mergeInto(reader, members, item, path);
}

/** Tells whether a pair merges other mappings into its own. */
export function isMergeKey(pair: Pair): boolean {
  return isScalar(pair.key) && pair.key.source === "<<" && pair.key.type === "PLAIN";
}

/** The key of a pair as the tree has it; undefined where it is no scalar. */
export function keyOf(pair: Pair): string | undefined {
  if (pair.key === null) return "";
  return isScalar(pair.key) ? String(scalarOf(pair.key) ?? "") : undefined;
}

function kindOf(pair: Pair): string {
  return isScalar(pair.key) ? typeof pair.key.value : "null";
}

function scalarOf({ value, source }: Scalar): TreeScalar {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (value === null || value === undefined) return null;
  return source ?? String(value);
}

function offsetOf(node: unknown): number {
  if (typeof node !== "object" || node === null || !("range" in node)) return 0;
  const range: unknown = node.range;
  return Array.isArray(range) && typeof range[0] === "number" ? range[0] : 0;
}
