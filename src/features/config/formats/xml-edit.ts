import { type ArrayEdit, difference, type Edit, type ObjectEdit } from "./difference.ts";
import { cannotWrite } from "./format.ts";
import { applySplices, beginsLine, indentOf, lineEndingOf, type Splice } from "./text-edit.ts";
import { isTreeArray, isTreeObject, type Tree, type TreePath, treeObject } from "./tree.ts";
import { insertChildren, insertSiblings, removeElement, setContent } from "./xml-lines.ts";
import { groupsOf, objectOf, treeOfXml, type XmlElement } from "./xml-tree.ts";
import {
  mixed,
  writeAttribute,
  writeCdata,
  writeElement,
  writeMembers,
  writeText,
  type XmlStyle,
} from "./xml-write.ts";

/** The text of an XML document with some values edited. */
export function editXml(text: string, root: XmlElement, edit: Edit, style: XmlStyle): string {
  const inner = edit.kind === "object" ? edit.changed.get(root.name) : undefined;
  if (inner === undefined || edit.kind !== "object" || edit.added.size + edit.removed.size > 0) {
    throw cannotWrite([], `An XML document has one root element; here it is ${root.name}.`);
  }
  const draft: XmlDraft = { text, style, splices: [] };
  editElement(draft, root, inner, [root.name]);
  return applySplices(text, draft.splices);
}

/** How a document is written. */
export function xmlStyle(text: string, root: XmlElement): XmlStyle {
  const first = root.children.find(({ start }) => beginsLine(text, start));
  const indent =
    first === undefined ? "" : indentOf(text, first.start).slice(indentOf(text, root.start).length);
  const encoding = /^<\?xml[^>]*\sencoding\s*=\s*["']([^"']*)/.exec(text)?.[1] ?? "utf-8";
  return {
    eol: lineEndingOf(text),
    step: indent === "" ? "  " : indent,
    isCompact: first === undefined && root.children.length > 0,
    isAsciiOnly: !/^utf-?8$/i.test(encoding),
  };
}

interface XmlDraft {
  readonly text: string;
  readonly style: XmlStyle;
  readonly splices: Splice[];
}

function editElement(draft: XmlDraft, element: XmlElement, edit: Edit, path: TreePath): void {
  if (edit.kind === "object") {
    editMembers(draft, element, edit, path);
    return;
  }
  const value = edit.kind === "replace" ? edit.value : undefined;
  const wanted = value !== undefined && isTreeObject(value) ? value : treeObject([["#text", value ?? null]]);
  const inner = difference(objectOf(element), wanted);
  if (inner?.kind === "object") editMembers(draft, element, inner, path);
}

function editMembers(draft: XmlDraft, element: XmlElement, edit: ObjectEdit, path: TreePath): void {
  const groups = groupsOf(element.children);
  const gone = new Set<XmlElement>();
  for (const [key, inner] of edit.changed) {
    const place = [...path, key];
    if (key.startsWith("@")) changeAttribute(draft, element, key, inner, place);
    else if (key === "#text") changeText(draft, element, inner, place);
    else changeGroup(draft, groups.get(key) ?? [], inner, place, gone);
  }
  for (const key of edit.removed) {
    removeOwn(draft, element, key);
    for (const child of groups.get(key) ?? []) gone.add(child);
  }
  addMembers(draft, element, edit.added, path, gone);
  for (const child of gone) draft.splices.push(removeElement(draft.text, child));
}

/** Removes an attribute, or the text. */
function removeOwn({ splices }: XmlDraft, { attributes, texts }: XmlElement, key: string): void {
  const attribute = key.startsWith("@") ? attributes.get(key.slice(1)) : undefined;
  if (attribute !== undefined) splices.push({ start: attribute.blankStart, end: attribute.end, text: "" });
  if (key === "#text") splices.push(...texts.map(({ start, end }) => ({ start, end, text: "" })));
}

function changeAttribute(
  { text, style, splices }: XmlDraft,
  { attributes }: XmlElement,
  key: string,
  edit: Edit,
  path: TreePath,
): void {
  const attribute = attributes.get(key.slice(1));
  if (attribute === undefined) return;
  const { start, end } = attribute;
  const value = edit.kind === "replace" ? edit.value : null;
  splices.push({ start, end, text: writeAttribute(value, path, style, text.charAt(start)) });
}

/** Several texts, between elements or comments, are an array: each may change, but none come or go. */
function changeText(draft: XmlDraft, { texts }: XmlElement, edit: Edit, path: TreePath): void {
  const changes: [number, Edit][] = edit.kind === "array" ? [...edit.changed] : [[0, edit]];
  const isSame = edit.kind === "array" ? edit.inserted.size + edit.removed.size === 0 : texts.length === 1;
  if (!isSame) throw mixed(path);
  for (const [index, inner] of changes) {
    const piece = texts[index];
    if (piece === undefined) continue;
    const { start, end } = piece;
    const value = inner.kind === "replace" ? inner.value : null;
    const isCdata = /^<!\[CDATA\[(?:(?!\]\]>).)*\]\]>$/s.test(draft.text.slice(start, end));
    const written =
      (isCdata ? writeCdata(value, draft.style) : undefined) ?? writeText(value, path, draft.style);
    draft.splices.push({ start, end, text: written });
  }
}

function changeGroup(
  draft: XmlDraft,
  group: readonly XmlElement[],
  edit: Edit,
  path: TreePath,
  gone: Set<XmlElement>,
): void {
  const [first] = group;
  if (first === undefined) return;
  if (edit.kind === "array") editGroup(draft, group, edit, path, gone);
  else if (edit.kind === "object") editElement(draft, first, edit, path);
  else {
    const wanted = isTreeArray(edit.value) ? edit.value : [edit.value];
    const inner = difference(
      group.map((element) => treeOfXml(element)),
      wanted,
    );
    if (inner?.kind === "array") editGroup(draft, group, inner, path, gone);
  }
}

function editGroup(
  draft: XmlDraft,
  group: readonly XmlElement[],
  edit: ArrayEdit,
  path: TreePath,
  gone: Set<XmlElement>,
): void {
  for (const [index, inner] of edit.changed) {
    const element = group[index];
    if (element !== undefined)
      editElement(draft, element, inner, group.length === 1 ? path : [...path, index]);
  }
  for (const index of edit.removed) {
    const element = group[index];
    if (element !== undefined) gone.add(element);
  }
  for (const [before, values] of edit.inserted) {
    const indent = indentOf(draft.text, group[0]?.start ?? 0);
    const written = values.map((value) =>
      writeElement(group[0]?.name ?? "", value, path, indent, draft.style),
    );
    draft.splices.push(insertSiblings(draft, group, before, written, gone));
  }
}

function addMembers(
  draft: XmlDraft,
  element: XmlElement,
  added: ReadonlyMap<string, Tree>,
  path: TreePath,
  gone: ReadonlySet<XmlElement>,
): void {
  const { text, style, splices } = draft;
  const written = writeMembers(added, path, childIndent(draft, element), style);
  const last = [...element.attributes.values()].at(-1);
  const blank = last === undefined ? " " : text.slice(last.blankStart, last.nameStart);
  const at = element.attributesEnd;
  splices.push(...written.attributes.map((attribute) => ({ start: at, end: at, text: blank + attribute })));
  const { text: content, children } = written;
  if (content !== undefined) {
    if (children.length > 0 || element.children.some((child) => !gone.has(child))) throw mixed(path);
    splices.push(setContent(draft, element, content));
  }
  if (children.length > 0) splices.push(insertChildren(draft, element, children, gone));
}

function childIndent({ text, style }: XmlDraft, { start, children }: XmlElement): string {
  const first = children[0];
  if (first !== undefined && beginsLine(text, first.start)) return indentOf(text, first.start);
  return indentOf(text, start) + style.step;
}
