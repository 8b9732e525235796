import { isCollection, isMap, isScalar, isSeq, type Node, type YAMLMap, type YAMLSeq } from "yaml";
import type { ArrayEdit, Edit, ObjectEdit } from "./difference.ts";
import { cannotWrite } from "./format.ts";
import { applySplices, beginsLine, lineEndOf, lineStartOf, nextLineOf, type Splice } from "./text-edit.ts";
import type { Tree, TreePath } from "./tree.ts";
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

function editCollection(
  yaml: YamlText,
  node: unknown,
  edit: Exclude<Edit, { kind: "replace" }>,
  path: TreePath,
): Splice[] {
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
  const removals = [...removed].map((index) => removeLines(yaml, slots, index));
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
  const removals = [...removed].map((index) => removeLines(yaml, slots, index));
  const insertions = [...edit.inserted].flatMap(([before, values]) => {
    const entries = values.map((value) => blockEntry(value, undefined, yaml.step));
    return insertEntries(yaml, slots, before, entries);
  });
  return [...splices, ...removals, ...insertions];
}

function editSlot(yaml: YamlText, slot: Slot, edit: Edit, path: TreePath): Splice[] {
  const { node } = slot;
  if (edit.kind === "replace") return writeSlot(yaml, slot, edit.value, path);
  if (isCollection(node) && isEmptied(edit, node.items.length)) {
    return writeSlot(yaml, slot, isMap(node) ? {} : [], path);
  }
  return editCollection(yaml, node, edit, path);
}

/** Tells whether nothing is left in a collection of this size: it must then be written as `{}` or `[]`. */
function isEmptied(edit: Exclude<Edit, { kind: "replace" }>, size: number): boolean {
  const added = edit.kind === "object" ? edit.added.size : edit.inserted.size;
  return added === 0 && edit.removed.size === size;
}

function removeLines(yaml: YamlText, slots: readonly Slot[], index: number): Splice {
  const slot = slots[index];
  if (slot === undefined) return { start: 0, end: 0, text: "" };
  if (beginsLine(yaml.text, slot.start)) {
    return { start: lineStartOf(yaml.text, slot.start), end: lineBehind(yaml, slot.end), text: "" };
  }
  // The line begins with what encloses the item, as in `- key: value`.
  const next = slots[index + 1];
  const end =
    next !== undefined && yaml.text.slice(slot.end, next.start).trim() === "" ? next.start : slot.end;
  const leavesBlanks = end === lineEndOf(yaml.text, end);
  const start = leavesBlanks ? yaml.text.slice(0, slot.start).trimEnd().length : slot.start;
  return { start, end, text: "" };
}

function insertEntries(
  yaml: YamlText,
  slots: readonly Slot[],
  before: number,
  entries: readonly string[],
): Splice[] {
  if (entries.length === 0) return [];
  const indent = slots[0]?.indent ?? "";
  const previous = slots[before - 1];
  const at =
    previous === undefined ? lineStartOf(yaml.text, slots[0]?.start ?? 0) : lineBehind(yaml, previous.end);
  const body = entries
    .map((entry) => entry.replaceAll(/^(?!$)/gm, indent))
    .join("")
    .replaceAll("\n", yaml.eol);
  const isAtOpenEnd = at === yaml.text.length && at > 0 && !yaml.text.endsWith("\n");
  const text = isAtOpenEnd ? yaml.eol + body.slice(0, -yaml.eol.length) : body;
  return [{ start: at, end: at, text }];
}

/** Where the line behind an item begins; the text of a block scalar ends there already. */
function lineBehind(yaml: YamlText, end: number): number {
  return yaml.text[end - 1] === "\n" ? end : nextLineOf(yaml.text, end);
}
