/**
 * The content of a configuration file as a tree of JSON values, the same for all formats.
 * Objects have no prototype, so that a key `__proto__` is a key like any other. Integers that a double can't hold
 * exactly are bigints, so that an id of 20 digits is never rounded.
 */
export type Tree = TreeScalar | readonly Tree[] | TreeObject;
/** A leaf of a {@link Tree}. */
export type TreeScalar = null | boolean | number | bigint | string;
/** An object of a {@link Tree}. */
export interface TreeObject {
  readonly [key: string]: Tree;
}
/** Where in a {@link Tree} a value stands. */
export type TreePath = readonly (string | number)[];

/** How deep a tree may be: what walks it calls itself, and the stack ends somewhere. */
export const MAX_DEPTH = 200;

/** Tells whether a tree is an object. */
export function isTreeObject(tree: Tree | undefined): tree is TreeObject {
  return typeof tree === "object" && tree !== null && !Array.isArray(tree);
}

/** Tells whether a tree is an array. */
export function isTreeArray(tree: Tree | undefined): tree is readonly Tree[] {
  return Array.isArray(tree);
}

/** Makes an object of entries; the last one of a name wins. */
export function treeObject(entries: Iterable<readonly [string, Tree]>): TreeObject {
  const object: Record<string, Tree> = Object.create(null);
  for (const [key, value] of entries) object[key] = value;
  return object;
}

/** A tree that has gone from thread to thread: its objects have a prototype then. */
export function revived(tree: Tree): Tree {
  if (isTreeArray(tree)) return tree.map(revived);
  if (!isTreeObject(tree)) return tree;
  return treeObject(Object.entries(tree).map(([key, value]) => [key, revived(value)] as const));
}

/** The member `key` of a tree, or undefined where it has none. */
export function member(tree: Tree | undefined, key: string | number): Tree | undefined {
  if (isTreeArray(tree)) return typeof key === "number" ? tree[key] : undefined;
  return isTreeObject(tree) && Object.hasOwn(tree, key) ? tree[key] : undefined;
}

/** Tells whether two trees are the same; the order of keys does not matter. */
export function equalTrees(one: Tree | undefined, other: Tree | undefined): boolean {
  if (isTreeArray(one)) {
    return (
      isTreeArray(other) &&
      one.length === other.length &&
      one.every((value, index) => equalTrees(value, other[index]))
    );
  }
  if (!isTreeObject(one)) return one === other;
  if (!isTreeObject(other)) return false;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && equalTrees(one[key], other[key]))
  );
}

/** Applies a JSON merge patch (RFC 7396): null removes a key, objects merge, everything else replaces. */
export function mergePatch(target: Tree | undefined, patch: Tree): Tree {
  if (!isTreeObject(patch)) return patch;
  const merged = new Map(isTreeObject(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key), value));
  }
  return treeObject(merged);
}

/** The JSON pointer (RFC 6901) of a path. */
export function pointerOf(path: TreePath): string {
  return path.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** What may be written as JSON beside a {@link Tree}: members that are undefined are left out. */
export type JsonValue = Tree | undefined | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** JSON text. JSON.stringify can't write bigints. */
export function stringify(value: JsonValue): string {
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
  if (Array.isArray(value)) return `[${value.map((item: JsonValue) => stringify(item)).join(",")}]`;
  const members = Object.entries(value).filter(([, item]) => item !== undefined);
  return `{${members.map(([key, item]) => `${JSON.stringify(key)}:${stringify(item)}`).join(",")}}`;
}
