import { isTreeArray, isTreeObject, member, type Tree, type TreePath, treeObject } from "./tree.ts";

/** JSON pointers (RFC 6901) into trees, and trees with one place changed. */

/** The names in a pointer, or undefined where it is none: one begins with `/`, and knows `~0` and `~1` only. */
export function parsePointer(pointer: string): readonly string[] | undefined {
  if (pointer === "") return [];
  if (!pointer.startsWith("/") || /~(?![01])/.test(pointer)) return undefined;
  return pointer
    .slice(1)
    .split("/")
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Where a pointer leads. */
export interface Located {
  /** How far it leads: all of it where `value` is there. */
  readonly path: TreePath;
  readonly value: Tree | undefined;
}

/** Follows a pointer as far as it leads. */
export function locate(tree: Tree, names: readonly string[]): Located {
  const path: (string | number)[] = [];
  let value = tree;
  for (const name of names) {
    const key = keyIn(value, name);
    const next = key === undefined ? undefined : member(value, key);
    if (key === undefined || next === undefined) return { path, value: undefined };
    path.push(key);
    value = next;
  }
  return { path, value };
}

/** A name of a pointer as the key of a tree: a number in arrays. */
export function keyIn(tree: Tree, name: string): string | number | undefined {
  if (isTreeObject(tree)) return name;
  return isTreeArray(tree) && /^(0|[1-9]\d{0,14})$/.test(name) ? Number(name) : undefined;
}

/** The tree with another value at a place, or without it. The place, or for a new key its object, must be there. */
export function replaceAt(tree: Tree, path: TreePath, value: Tree | undefined): Tree {
  const [key, ...rest] = path;
  if (key === undefined) return value ?? null;
  const inner = rest.length === 0 ? value : replaceAt(member(tree, key) ?? null, rest, value);
  if (isTreeArray(tree) && typeof key === "number") {
    return inner === undefined ? tree.toSpliced(key, 1) : tree.with(key, inner);
  }
  const members = new Map(isTreeObject(tree) ? Object.entries(tree) : []);
  if (inner === undefined) members.delete(String(key));
  else members.set(String(key), inner);
  return treeObject(members);
}

/** The tree with an element put into an array, before the one that stands at this place. */
export function insertAt(tree: Tree, path: TreePath, value: Tree): Tree {
  const parent = path.slice(0, -1);
  const { value: items } = locate(tree, parent.map(String));
  const index = path.at(-1);
  if (!isTreeArray(items) || typeof index !== "number") return replaceAt(tree, path, value);
  return replaceAt(tree, parent, items.toSpliced(index, 0, value));
}
