import { equalTrees, isTreeArray, isTreeObject, type Tree } from "./tree.ts";

/** What must be done to a value so that it becomes another one, down to the smallest parts that differ. */
export type Edit =
  | { readonly kind: "replace"; readonly value: Tree }
  | {
      readonly kind: "object";
      readonly changed: ReadonlyMap<string, Edit>;
      readonly removed: ReadonlySet<string>;
      readonly added: ReadonlyMap<string, Tree>;
    }
  | {
      readonly kind: "array";
      readonly changed: ReadonlyMap<number, Edit>;
      readonly removed: ReadonlySet<number>;
      /** New elements, by the old element that they go before (the old length: at the end). */
      readonly inserted: ReadonlyMap<number, readonly Tree[]>;
    };

/** The edit of an array. */
export type ArrayEdit = Extract<Edit, { kind: "array" }>;
/** The edit of an object. */
export type ObjectEdit = Extract<Edit, { kind: "object" }>;

/** The edit that makes `to` out of `from`, or undefined when they are equal. */
export function difference(from: Tree, to: Tree): Edit | undefined {
  if (equalTrees(from, to)) return undefined;
  if (isTreeObject(from) && isTreeObject(to)) {
    const changed = new Map<string, Edit>();
    const removed = new Set<string>();
    for (const [key, value] of Object.entries(from)) {
      const target = to[key];
      if (target === undefined) removed.add(key);
      else setIfDefined(changed, key, difference(value, target));
    }
    const added = new Map(Object.entries(to).filter(([key]) => !Object.hasOwn(from, key)));
    return { kind: "object", changed, removed, added };
  }
  if (isTreeArray(from) && isTreeArray(to)) return arrayDifference(from, to);
  return { kind: "replace", value: to };
}

/**
 * Elements that both arrays have in the same order stay as they are, so that a comment stays with the element it was
 * written for. Between two of them, as many new ones as old ones are changes of these; else objects that are mostly
 * the same are changes, and all others are replaced.
 */
function arrayDifference(from: readonly Tree[], to: readonly Tree[]): ArrayEdit {
  const changed = new Map<number, Edit>();
  const removed = new Set<number>();
  const inserted = new Map<number, readonly Tree[]>();
  for (const { oldFrom, oldTo, newFrom, newTo } of segmentsOf(from, to)) {
    const wanted = to.slice(newFrom, newTo);
    if (wanted.length === oldTo - oldFrom) {
      for (const [index, value] of wanted.entries()) {
        setIfDefined(changed, oldFrom + index, difference(from[oldFrom + index] ?? null, value));
      }
    } else {
      for (let index = oldFrom; index < oldTo; index++) removed.add(index);
      if (wanted.length > 0) inserted.set(oldFrom, wanted);
    }
  }
  return { kind: "array", changed, removed, inserted };
}

/** A stretch of the old array, and the stretch of the new one that is to stand in its place. */
interface Segment {
  readonly oldFrom: number;
  readonly oldTo: number;
  readonly newFrom: number;
  readonly newTo: number;
}

/** What stands between the elements that stay. */
function segmentsOf(from: readonly Tree[], to: readonly Tree[]): Segment[] {
  const segments: Segment[] = [];
  let oldFrom = 0;
  let newFrom = 0;
  for (const [oldTo, newTo] of [...commonElements(from, to), [from.length, to.length] as const]) {
    for (const [old, wanted] of similarObjects(from, to, { oldFrom, oldTo, newFrom, newTo })) {
      segments.push({ oldFrom, oldTo: old, newFrom, newTo: wanted });
      segments.push({ oldFrom: old, oldTo: old + 1, newFrom: wanted, newTo: wanted + 1 });
      [oldFrom, newFrom] = [old + 1, wanted + 1];
    }
    segments.push({ oldFrom, oldTo, newFrom, newTo });
    [oldFrom, newFrom] = [oldTo + 1, newTo + 1];
  }
  return segments;
}

/** The indexes of objects that are mostly the same, in the same order, where not as many are new as are old. */
function similarObjects(from: readonly Tree[], to: readonly Tree[], segment: Segment): [number, number][] {
  const { oldFrom, oldTo, newFrom, newTo } = segment;
  const [olds, news] = [oldTo - oldFrom, newTo - newFrom];
  if (olds === news || olds * news > MAX_COMPARISONS) return [];
  const pairs: [number, number][] = [];
  let next = oldFrom;
  for (let wanted = newFrom; wanted < newTo; wanted++) {
    for (let old = next; old < oldTo; old++) {
      if (!areSimilar(from[old], to[wanted])) continue;
      pairs.push([old, wanted]);
      next = old + 1;
      break;
    }
  }
  return pairs;
}

function areSimilar(one: Tree | undefined, other: Tree | undefined): boolean {
  if (!isTreeObject(one) || !isTreeObject(other)) return false;
  const keys = Object.keys(one);
  const same = keys.filter((key) => Object.hasOwn(other, key) && equalTrees(one[key], other[key]));
  return same.length > 0 && same.length * 2 >= Math.max(keys.length, Object.keys(other).length);
}

/** Beyond this many comparisons, only what both arrays begin and end with is looked for. */
const MAX_COMPARISONS = 250_000;

/** The indexes of a longest sequence of elements that both arrays have in the same order. */
function commonElements(from: readonly Tree[], to: readonly Tree[]): [number, number][] {
  const shorter = Math.min(from.length, to.length);
  let head = 0;
  while (head < shorter && equalTrees(from[head], to[head])) head += 1;
  let tail = 0;
  while (tail < shorter - head && equalTrees(from.at(-1 - tail), to.at(-1 - tail))) tail += 1;

  const rows = from.length - head - tail;
  const columns = to.length - head - tail;
  const pairs: [number, number][] = Array.from({ length: head }, (_, index) => [index, index]);
  if (rows * columns <= MAX_COMPARISONS) {
    const middle = longestCommon(from.slice(head, head + rows), to.slice(head, head + columns));
    pairs.push(...middle.map(([old, wanted]): [number, number] => [head + old, head + wanted]));
  }
  for (let left = tail; left > 0; left--) pairs.push([from.length - left, to.length - left]);
  return pairs;
}

function longestCommon(from: readonly Tree[], to: readonly Tree[]): [number, number][] {
  // lengths[i][j]: of the longest common sequence of from[i…] and to[j…].
  const lengths = Array.from({ length: from.length + 1 }, () => new Uint32Array(to.length + 1));
  const at = (row: number, column: number) => lengths[row]?.[column] ?? 0;
  for (let row = from.length - 1; row >= 0; row--) {
    for (let column = to.length - 1; column >= 0; column--) {
      const length = equalTrees(from[row], to[column])
        ? at(row + 1, column + 1) + 1
        : Math.max(at(row + 1, column), at(row, column + 1));
      const cells = lengths[row];
      if (cells !== undefined) cells[column] = length;
    }
  }
  const pairs: [number, number][] = [];
  let row = 0;
  let column = 0;
  while (at(row, column) > 0) {
    if (equalTrees(from[row], to[column])) pairs.push([row++, column++]);
    else if (at(row + 1, column) >= at(row, column + 1)) row += 1;
    else column += 1;
  }
  return pairs;
}

function setIfDefined<K>(edits: Map<K, Edit>, key: K, edit: Edit | undefined): void {
  if (edit !== undefined) edits.set(key, edit);
}
