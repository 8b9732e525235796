import { isCollection, isMap, isScalar, isSeq, type Node, type YAMLMap, type YAMLSeq } from "yaml";
import type { ArrayEdit, Edit, ObjectEdit } from "./difference.ts";
import { cannotWrite } from "./format.ts";
import { applySplices, beginsLine, lineStartOf, nextLineOf, type Splice } from "./text-edit.ts";
import { type Tree, type TreePath, treeObject } from "./tree.ts";
import { editFlowCollection } from "./yaml-flow-edit.ts";
import { contentEnd, itemSlots, type Slot, type YamlText, yamlText } from "./yaml-slots.ts";
import { isMergeKey, keyOf } from "./yaml-tree.ts";
import { blockEntry } from "./yaml-write.ts";
import { trimmedEnd, writeSlot } from "./yaml-write-slot.ts";

/**
 * The text of a YAML document with one value edited: only the text of what changes is written anew. The rest keeps
 * its comments, quotes, anchors and indentation.
 */
export function editYaml(text: string, root: Node | null, edit: Edit): string {
  const yaml = yamlText(text);
  if (edit.kind === "replace") return writeRoot(yaml, root, edit.value);
  if (isCollection(root) && isEmptied(edit, root.items.length)) {
    const end = trimmedEnd(text, contentEnd(root));
    return applySplices(text, [{ start: root.range?.[0] ?? 0, end, text: isMap(root) ? "{}" : "[]" }]);
  }
  return applySplices(text, editCollection(yaml, root, edit, []));
}

function writeRoot(yaml: YamlText, root: Node | null, value: Tree): string {
  const isEmpty = root === null || (isScalar(root) && root.range?.[0] === root.range?.[1]);
  if (!isEmpty) throw cannotWrite([], "The whole content would change.");
  const before = yaml.text === "" || yaml.text.endsWith("\n") ? "" : yaml.eol;
  const written = blockEntry(value, "k", yaml.step).replace(/^k:\s*/, "");
  const lines = written.replaceAll(new RegExp(`^ {${yaml.step}}`, "gm"), "");
  return yaml.text + before + lines.replaceAll("\n", yaml.eol);
}

function editCollection(yaml: YamlText, node: unknown, edit: CollectionEdit, path: TreePath): Splice[] {
  if (edit.kind === "object" && isMap(node)) return editMap(yaml, node, edit, path);
  if (edit.kind === "array" && isSeq(node)) return editSequence(yaml, node, edit, path);
  throw cannotWrite(
    path,
    "This value stands somewhere else in the file and is only referred to here (an alias).",
  );
}

function editMap(yaml: YamlText, node: YAMLMap, edit: ObjectEdit, path: TreePath): Splice[] {
  const slots = itemSlots(yaml, node);
  const indexes = new Map(
    node.items.flatMap((pair, index) => (isMergeKey(pair) ? [] : [[keyOf(pair), index] as const])),
  );
  const find = (key: string) => {
    const index = indexes.get(key);
    const slot = index === undefined ? undefined : slots[index];
    if (index !== undefined && slot !== undefined) return { index, slot };
    throw cannotWrite(
      [...path, key],
      "This key is not written here itself (it is merged in, or has no braces).",
    );
  };
  const added = new Map(edit.added);
  const splices = [...edit.changed].flatMap(([key, inner]) => {
    if (indexes.has(key) || inner.kind !== "replace")
      return editSlot(yaml, find(key).slot, inner, [...path, key]);
    // A key that `<<` merges in is overridden here, and left as it is where it stands.
    added.set(key, inner.value);
    return [];
  });
  const removed = new Set([...edit.removed].map((key) => find(key).index));
  if (node.flow === true) {
    const entries = [...added].map(([key, value]) => `${yaml.flow(key)}: ${yaml.flow(value)}`);
    const inserted = new Map(entries.length === 0 ? [] : [[slots.length, entries] as const]);
    return [...splices, ...editFlowCollection(yaml, node, slots, { removed, inserted })];
  }
  const entries = [...added].map(([key, value]) => blockEntry(value, key, yaml.step));
  const removals = [...removed].map((index) => removeLines(yaml, slots, index, removed));
  return [...splices, ...removals, ...insertEntries(yaml, slots, slots.length, entries)];
}

function editSequence(yaml: YamlText, node: YAMLSeq, edit: ArrayEdit, path: TreePath): Splice[] {
  const slots = itemSlots(yaml, node);
  const splices = [...edit.changed].flatMap(([index, inner]) => {
    const slot = slots[index];
    return slot === undefined ? [] : editSlot(yaml, slot, inner, [...path, index]);
  });
  const { removed } = edit;
  if (node.flow === true) {
    const inserted = [...edit.inserted].map(
      ([before, values]) => [before, values.map((value) => yaml.flow(value))] as const,
    );
    return [...splices, ...editFlowCollection(yaml, node, slots, { removed, inserted: new Map(inserted) })];
  }
  const removals = [...removed].map((index) => removeLines(yaml, slots, index, removed));
  const insertions = [...edit.inserted].flatMap(([before, values]) => {
    const entries = values.map((value) => blockEntry(value, undefined, yaml.step));
    return insertEntries(yaml, slots, before, entries);
  });
  return [...splices, ...removals, ...insertions];
}

function editSlot(yaml: YamlText, slot: Slot, edit: Edit, path: TreePath): Splice[] {
  const { node } = slot;
  if (edit.kind === "replace") return writeSlot(yaml, slot, edit.value, path);
  if (isCollection(node) && isAllRemoved(edit, node.items.length)) {
    const value = edit.kind === "object" ? treeObject(edit.added) : [...edit.inserted.values()].flat();
    // A collection that begins behind another one's `-` can't lose its first line while others are added.
    const isCompact = !beginsLine(yaml.text, node.range?.[0] ?? 0);
    if (isEmptied(edit, node.items.length) || (isCompact && node.flow !== true)) {
      return writeSlot(yaml, slot, value, path);
    }
  }
  return editCollection(yaml, node, edit, path);
}

type CollectionEdit = Exclude<Edit, { kind: "replace" }>;

function isAllRemoved(edit: CollectionEdit, size: number): boolean {
  return edit.removed.size === size;
}

/** Tells whether nothing is left in a collection of this size: it must then be written as `{}` or `[]`. */
function isEmptied(edit: CollectionEdit, size: number): boolean {
  const added = edit.kind === "object" ? edit.added.size : edit.inserted.size;
  return added === 0 && isAllRemoved(edit, size);
}

function removeLines(
  { text }: YamlText,
  slots: readonly Slot[],
  index: number,
  removed: ReadonlySet<number>,
): Splice {
  const slot = slots[index];
  if (slot === undefined) return { start: 0, end: 0, text: "" };
  if (beginsLine(text, slot.start)) {
    return { start: lineStartOf(text, slot.start), end: lineBehind(text, slot.end), text: "" };
  }
  // The line begins with what encloses the item, as in `- key: value`: the next item moves up to it.
  const next = removed.has(index + 1) ? undefined : slots[index + 1];
  const isNextToIt = next !== undefined && text.slice(slot.end, next.start).trim() === "";
  return { start: slot.start, end: isNextToIt ? next.start : trimmedEnd(text, slot.end), text: "" };
}

function insertEntries(
  { text, eol }: YamlText,
  slots: readonly Slot[],
  before: number,
  entries: readonly string[],
): Splice[] {
  if (entries.length === 0) return [];
  const first = slots[0];
  const indent = first?.indent ?? "";
  const previous = slots[before - 1];
  const body = entries
    .join("")
    .replaceAll(/^(?!$)/gm, indent)
    .replaceAll("\n", eol);
  if (previous === undefined && first !== undefined && !beginsLine(text, first.start)) {
    return [{ start: first.start, end: first.start, text: body.slice(indent.length) + indent }];
  }
  const at = previous === undefined ? lineStartOf(text, first?.start ?? 0) : lineBehind(text, previous.end);
  const isAtOpenEnd = at === text.length && at > 0 && !text.endsWith("\n");
  return [{ start: at, end: at, text: isAtOpenEnd ? eol + body.slice(0, -eol.length) : body }];
}

/** Where the line behind an item begins; the text of a block scalar ends there already. */
function lineBehind(text: string, end: number): number {
  return text[end - 1] === "\n" ? end : nextLineOf(text, end);
}
