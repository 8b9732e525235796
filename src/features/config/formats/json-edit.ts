import type { Node } from "jsonc-parser";
import { editDelimitedList, type ListChange, type ListItem } from "./delimited-list.ts";
import type { ArrayEdit, Edit, ObjectEdit } from "./difference.ts";
import { applySplices, beginsLine, indentOf, lineEndingOf, type Splice } from "./text-edit.ts";
import { isTreeArray, isTreeObject, stringify, type Tree } from "./tree.ts";

/** The text of a JSON document with one value edited. `root` is its parse tree. */
export function editJson(text: string, root: Node, edit: Edit): string {
  return applySplices(text, editNode({ text, ...styleOf(text, root) }, root, edit));
}

interface JsonText {
  readonly text: string;
  readonly eol: string;
  /** What one level is indented by; empty where the document stands on one line. */
  readonly step: string;
  readonly colon: string;
}

function styleOf(text: string, root: Node): Omit<JsonText, "text"> {
  const first = root.children?.[0];
  const isCompact = first !== undefined && !beginsLine(text, first.offset);
  const indent = first === undefined ? "" : indentOf(text, first.offset);
  return {
    eol: lineEndingOf(text),
    step: isCompact ? "" : indent === "" ? "  " : indent,
    colon: isCompact && !/":\s/.test(text) ? ":" : ": ",
  };
}

function editNode(json: JsonText, node: Node, edit: Edit): Splice[] {
  switch (edit.kind) {
    case "replace": {
      const text = writeValue(json, edit.value, indentOf(json.text, node.offset));
      return [{ start: node.offset, end: node.offset + node.length, text }];
    }
    case "array":
      return editArray(json, node, edit);
    case "object":
      return editObject(json, node, edit);
  }
}

function editArray(json: JsonText, node: Node, edit: ArrayEdit): Splice[] {
  const splices: Splice[] = [];
  for (const [index, inner] of edit.changed) {
    const child = node.children?.[index];
    if (child !== undefined) splices.push(...editNode(json, child, inner));
  }
  const inserted = [...edit.inserted].map(
    ([before, values]) =>
      [before, values.map((value) => writeValue(json, value, itemIndent(json, node)))] as const,
  );
  return [...splices, ...editList(json, node, { removed: edit.removed, inserted: new Map(inserted) })];
}

function editObject(json: JsonText, node: Node, edit: ObjectEdit): Splice[] {
  const properties = node.children ?? [];
  const splices: Splice[] = [];
  // Of a name that stands twice, the last one counts.
  const lastOfName = new Map(properties.map((property) => [nameOf(property), property]));
  for (const [key, inner] of edit.changed) {
    const value = lastOfName.get(key)?.children?.[1];
    if (value !== undefined) splices.push(...editNode(json, value, inner));
  }
  const removed = [...properties.keys()].filter((index) => edit.removed.has(nameOf(properties[index])));
  const added = [...edit.added].map(
    ([key, value]) => JSON.stringify(key) + json.colon + writeValue(json, value, itemIndent(json, node)),
  );
  const inserted = new Map(added.length === 0 ? [] : [[properties.length, added] as const]);
  return [...splices, ...editList(json, node, { removed: new Set(removed), inserted })];
}

function editList(json: JsonText, node: Node, change: ListChange): Splice[] {
  if (change.removed.size === 0 && change.inserted.size === 0) return [];
  const open = node.offset + 1;
  const close = node.offset + node.length - 1;
  const items = itemsOf(json.text, node.children ?? [], close);
  const indent = itemIndent(json, node);
  if (items.length > change.removed.size) {
    const list = { open, close, items };
    return editDelimitedList(json.text, list, change, { indent, eol: json.eol, isComment: isJsonComment });
  }
  // Nothing of the old is left: what stands in the brackets is written anew.
  const inserted = [...change.inserted.values()].flat();
  const outer = indentOf(json.text, node.offset);
  const text =
    inserted.length === 0 || json.step === ""
      ? inserted.join(", ")
      : json.eol + indent + inserted.join(`,${json.eol}${indent}`) + json.eol + outer;
  return [{ start: open, end: close, text }];
}

function writeValue(json: JsonText, value: Tree, indent: string): string {
  const isCollection = isTreeArray(value) || isTreeObject(value);
  if (!isCollection || json.step === "") return stringify(value);
  const inner = indent + json.step;
  const items = isTreeArray(value)
    ? value.map((item) => writeValue(json, item, inner))
    : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${writeValue(json, item, inner)}`);
  const [open, close] = isTreeArray(value) ? ["[", "]"] : ["{", "}"];
  if (items.length === 0) return open + close;
  return open + json.eol + inner + items.join(`,${json.eol}${inner}`) + json.eol + indent + close;
}

function itemIndent(json: JsonText, node: Node): string {
  const first = node.children?.[0];
  if (first !== undefined && beginsLine(json.text, first.offset)) return indentOf(json.text, first.offset);
  return indentOf(json.text, node.offset) + json.step;
}

function itemsOf(text: string, children: readonly Node[], close: number): ListItem[] {
  return children.map((child, index) => {
    const end = child.offset + child.length;
    const between = text.slice(end, children[index + 1]?.offset ?? close);
    // Comments may hold commas.
    const comma = between
      .replace(/\/\/[^\n]*|\/\*.*?\*\//gs, (comment) => " ".repeat(comment.length))
      .indexOf(",");
    return { start: child.offset, end, comma: comma === -1 ? undefined : end + comma };
  });
}

function isJsonComment(text: string): boolean {
  return /^\s*(\/\/[^\n]*|(\/\*((?!\*\/).)*\*\/\s*)*)$/s.test(text);
}

function nameOf(property: Node | undefined): string {
  return String(property?.children?.[0]?.value);
}
