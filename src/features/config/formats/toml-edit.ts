import type { AST } from "toml-eslint-parser";
import { editBracketedList } from "./bracketed-list.ts";
import type { ArrayEdit, Edit, ObjectEdit } from "./difference.ts";
import { cannotWrite } from "./format.ts";
import { beginsLine, indentOf, lineStartOf } from "./text-edit.ts";
import {
  addMember,
  applyDraft,
  newDraft,
  nextLineBehind,
  sectionInsertion,
  type TomlDraft,
} from "./toml-draft.ts";
import { rangeOf, type TomlArray, type TomlNode, type TomlTable, type TomlTables } from "./toml-tree.ts";
import { tableLines, writeInline, writeMultiline } from "./toml-write.ts";
import { isTreeObject, type Tree, type TreePath } from "./tree.ts";

/** The text of a TOML document with some values edited. */
export function editToml(text: string, root: TomlTable, edit: Edit): string {
  if (edit.kind !== "object") throw cannotWrite([], "A TOML file holds keys and tables.");
  const draft = newDraft(text, root);
  editTable(draft, root, edit, []);
  return applyDraft(draft);
}

function editTable(draft: TomlDraft, table: TomlTable, edit: ObjectEdit, path: TreePath): void {
  const added = new Map(edit.added);
  for (const [key, inner] of edit.changed) {
    const part = table.members.get(key);
    if (part === undefined) continue;
    const anew = writtenAnew(part, inner);
    if (anew === undefined) editPart(draft, part, inner, [...path, key]);
    else {
      removePart(draft, part);
      added.set(key, anew);
    }
  }
  for (const key of edit.removed) {
    const part = table.members.get(key);
    if (part !== undefined) removePart(draft, part);
  }
  const isEmptied = edit.removed.size === table.members.size && added.size === 0;
  if (isEmptied && table.body === undefined && table.inline === undefined) keepEmpty(draft, table);
  for (const [key, value] of added) addMember(draft, table, key, value, path);
}

/** What is to stand in the place of tables under headers, where it can't be made of them piece by piece. */
function writtenAnew(part: TomlNode, edit: Edit): Tree | undefined {
  const hasHeaders = part.kind === "tables" || (part.kind === "table" && part.inline === undefined);
  if (hasHeaders && edit.kind === "replace") return edit.value;
  const isEmptied =
    part.kind === "tables" && edit.kind === "array" && edit.removed.size === part.items.length;
  return isEmptied && edit.inserted.size === 0 ? [] : undefined;
}

function editPart(draft: TomlDraft, part: TomlNode, edit: Edit, path: TreePath): void {
  if (part.kind === "table" && edit.kind === "object") editTable(draft, part, edit, path);
  else if (part.kind === "array" && edit.kind === "array") editArray(draft, part, edit, path);
  else if (part.kind === "tables" && edit.kind === "array") editTables(draft, part, edit, path);
  else if (edit.kind === "replace") replaceInline(draft, part, edit.value, path);
}

function replaceInline(draft: TomlDraft, part: TomlNode, value: Tree, path: TreePath): void {
  const node = part.kind === "table" ? part.inline : part.kind === "tables" ? undefined : part.node;
  if (node === undefined) throw cannotWrite(path, "A table can't become another kind of value here.");
  const written =
    (node.type === "TOMLValue" ? writeMultiline(value, node, draft.eol) : undefined) ??
    writeInline(value, path, node);
  draft.splices.push({ ...rangeOf(node), text: written });
}

function editArray(draft: TomlDraft, { node, items }: TomlArray, edit: ArrayEdit, path: TreePath): void {
  for (const [index, inner] of edit.changed) {
    const item = items[index];
    if (item !== undefined) editPart(draft, item, inner, [...path, index]);
  }
  const elements = node.elements.map((element) => rangeOf(element));
  const like = node.elements[0];
  const inserted = new Map(
    [...edit.inserted].map(([before, values]) => [
      before,
      values.map((value) => writeInline(value, [...path, before], like)),
    ]),
  );
  const first = elements[0];
  const step =
    first !== undefined && beginsLine(draft.text, first.start) ? indentOf(draft.text, first.start) : "";
  const list = { ...rangeOf(node), items: elements };
  draft.splices.push(
    ...editBracketedList(draft.text, list, { removed: edit.removed, inserted }, { ...draft.style, step }),
  );
}

function editTables(draft: TomlDraft, { items }: TomlTables, edit: ArrayEdit, path: TreePath): void {
  for (const [index, inner] of edit.changed) {
    const item = items[index];
    if (item === undefined) continue;
    if (inner.kind !== "object") throw cannotWrite([...path, index], "This array holds tables.");
    editTable(draft, item, inner, [...path, index]);
  }
  for (const index of edit.removed) {
    const item = items[index];
    if (item !== undefined) removePart(draft, item);
  }
  for (const [before, values] of edit.inserted) {
    const lines = values.flatMap((value, index) => {
      if (isTreeObject(value)) return tableLines([...path, before + index], value, writeInline, true);
      throw cannotWrite([...path, before], "This array holds tables.");
    });
    const previous = items[before - 1]?.pieces.at(-1);
    const next = items[0]?.pieces[0];
    if (previous !== undefined) {
      draft.sections.push(sectionInsertion(draft, nextLineBehind(draft.text, previous.node), lines));
    } else if (next !== undefined) {
      const at = lineStartOf(draft.text, next.node.range[0]);
      const body = [...lines.slice(1), ""].map((line) => line + draft.eol).join("");
      draft.sections.push({ start: at, end: at, text: body });
    }
  }
}

function removePart(draft: TomlDraft, part: TomlNode): void {
  for (const { node } of part.pieces) draft.removed.add(node);
}

/** A table that only the keys in it speak of is written `a = {}`, or `[a]`, when the last of them goes. */
function keepEmpty(draft: TomlDraft, table: TomlTable): void {
  const [piece] = table.pieces;
  if (piece === undefined) return;
  const { node, depth } = piece;
  draft.removed.delete(node);
  const nameEnd = keyEnd(node.key, depth);
  if (node.type === "TOMLKeyValue") {
    draft.splices.push({ start: nameEnd, end: node.range[1], text: " = {}" });
    return;
  }
  const name = draft.text.slice(node.key.range[0], nameEnd);
  const end = nextLineBehind(draft.text, node);
  const isLast = end === draft.text.length && !draft.text.endsWith("\n");
  draft.sections.push({ start: node.range[0], end, text: `[${name}]${isLast ? "" : draft.eol}` });
}

function keyEnd(key: AST.TOMLKey, depth: number): number {
  return key.keys[depth - 1]?.range[1] ?? key.range[1];
}
