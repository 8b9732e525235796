import { AppError } from "../../../base/errors.ts";
import { MASK } from "../../../base/secrets.ts";
import {
  equalTrees,
  isTreeArray,
  isTreeObject,
  member,
  pointerOf,
  type Tree,
  type TreePath,
  treeObject,
} from "../formats/tree.ts";
import { isMaskForm, type Masks, maskTree } from "./masks.ts";
import type { SecretKeys } from "./secret-keys.ts";

/** A mask that was sent back, and the value that it stands for. */
export interface KeptSecret {
  readonly path: TreePath;
  /** Where the value stands in the old tree; another place where elements of an array were moved. */
  readonly oldPath: TreePath;
  readonly value: Tree;
}

interface Search {
  readonly masks: Masks["byPointer"];
  readonly keys: SecretKeys;
  readonly kept: KeptSecret[];
  readonly errors: { readonly path: TreePath; readonly detail: string }[];
}

/** A part of a tree and where it stands. */
interface Place<T extends Tree | undefined> {
  readonly tree: T;
  readonly path: TreePath;
}

/**
 * Finds what every mask in a tree (or a merge patch) stands for: sent back, it means that the value stays. `at` is
 * where both trees stand in the whole.
 * @throws {AppError} `content-invalid` where a mask stands for nothing, or nobody can say for which of several.
 */
export function keptSecrets(
  sent: Tree,
  old: Tree | undefined,
  masks: Masks["byPointer"],
  keys: SecretKeys,
  at: TreePath = [],
): KeptSecret[] {
  const search: Search = { masks, keys, kept: [], errors: [] };
  look(search, { tree: sent, path: at }, { tree: old, path: at });
  const { kept, errors } = search;
  if (errors.length === 0) return kept;
  throw new AppError("content-invalid", `A mask (${MASK}) was sent that stands for no value of the file.`, {
    remedy: "Send the value itself, or leave it out of a PATCH.",
    errors: errors.map(({ path, detail }) => ({ pointer: pointerOf(path), detail })),
  });
}

function look(search: Search, sent: Place<Tree>, old: Place<Tree | undefined>): void {
  const { tree, path } = sent;
  if (!holdsMask(tree, path, search.keys)) return;
  if (isTreeArray(tree)) {
    lookInArray(search, { tree, path }, { tree: isTreeArray(old.tree) ? old.tree : [], path: old.path });
    return;
  }
  if (isTreeObject(tree)) {
    for (const [key, value] of Object.entries(tree)) {
      const oldValue = isTreeObject(old.tree) ? member(old.tree, key) : undefined;
      look(search, { tree: value, path: [...path, key] }, { tree: oldValue, path: [...old.path, key] });
    }
    return;
  }
  if (old.tree !== undefined && search.masks.get(pointerOf(old.path)) === tree) {
    search.kept.push({ path, oldPath: old.path, value: old.tree });
  } else if (old.tree !== tree) {
    search.errors.push({ path, detail: "There is no masked value here that this could stand for." });
  }
}

function lookInArray(
  search: Search,
  { tree: items, path }: Place<readonly Tree[]>,
  old: Place<readonly Tree[]>,
): void {
  const shown = old.tree.map((item, index) => maskTree(item, search.masks, [...old.path, index]));
  for (const [index, item] of items.entries()) {
    const place = { tree: item, path: [...path, index] };
    if (!holdsMask(item, place.path, search.keys)) continue;
    const from = whichOne(items, index, shown, old.tree);
    if (from === undefined) {
      const detail = "Nobody can say which of the old elements this one was: send its value.";
      search.errors.push({ path: place.path, detail });
    } else look(search, place, { tree: old.tree[from], path: [...old.path, from] });
  }
}

/** Which of the old elements the one at `index` was: the one at its place, else the only one that looks like it. */
function whichOne(
  items: readonly Tree[],
  index: number,
  shown: readonly Tree[],
  old: readonly Tree[],
): number | undefined {
  const isSameLength = items.length === old.length;
  if (isSameLength && equalTrees(shown[index], items[index])) return index;
  const alike = shown.flatMap((candidate, at) => (equalTrees(candidate, items[index]) ? [at] : []));
  const first = alike[0];
  if (first !== undefined) return alike.every((at) => equalTrees(old[at], old[first])) ? first : undefined;
  const othersStay = items.every((other, at) => at === index || equalTrees(shown[at], other));
  return isSameLength && othersStay ? index : undefined;
}

/** The tree with the values that its masks stand for. `at` is where it stands in the whole. */
export function withSecrets(tree: Tree, kept: readonly KeptSecret[], at: TreePath = []): Tree {
  const values = new Map(kept.map(({ path, value }) => [pointerOf(path), value]));
  return values.size === 0 ? tree : replace(tree, at);

  function replace(part: Tree, path: TreePath): Tree {
    if (isTreeArray(part)) return part.map((item, index) => replace(item, [...path, index]));
    if (isTreeObject(part)) {
      return treeObject(
        Object.entries(part).map(([key, item]) => [key, replace(item, [...path, key])] as const),
      );
    }
    return values.get(pointerOf(path)) ?? part;
  }
}

function holdsMask(tree: Tree, path: TreePath, keys: SecretKeys): boolean {
  if (isTreeArray(tree)) return tree.some((item, index) => holdsMask(item, [...path, index], keys));
  if (isTreeObject(tree)) {
    return Object.entries(tree).some(([key, item]) => holdsMask(item, [...path, key], keys));
  }
  return isMaskForm(tree, path, keys);
}
