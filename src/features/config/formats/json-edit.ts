import { editBracketedList, itemIndent } from "./bracketed-list.ts";
import type { ListChange } from "./delimited-list.ts";
import type { ArrayEdit, Edit, ObjectEdit } from "./difference.ts";
import type { JsonArray, JsonMember, JsonNode, JsonObject } from "./json-node.ts";
import { applySplices, beginsLine, indentOf, lineEndingOf, type Splice } from "./text-edit.ts";
import { isTreeArray, isTreeObject, type Tree, type TreeScalar } from "./tree.ts";

/** How names and scalars are written, where JSON and its relatives differ. */
export interface JsonDialect {
  /** `beside` is a name that stands in the same object, as it is written. */
  writeName(name: string, beside?: string): string;
  /** `old` is the scalar that is replaced, as it is written. */
  writeScalar(value: TreeScalar, old?: string): string;
}

/** The text of a JSON document with one value edited. */
export function editJson(text: string, root: JsonNode, edit: Edit, dialect: JsonDialect): string {
  return applySplices(text, editNode({ text, dialect, ...styleOf(text, root) }, root, edit));
}

interface JsonText {
  readonly text: string;
  readonly dialect: JsonDialect;
  readonly eol: string;
  /** What one level is indented by; empty where the document stands on one line. */
  readonly step: string;
  readonly colon: string;
}

function styleOf(text: string, root: JsonNode): Omit<JsonText, "text" | "dialect"> {
  const first = root.kind === "scalar" ? undefined : root.items[0];
  const isCompact = first !== undefined && !beginsLine(text, first.start);
  const indent = first === undefined ? "" : indentOf(text, first.start);
  return {
    eol: lineEndingOf(text),
    step: isCompact ? "" : indent === "" ? "  " : indent,
    colon: isCompact && !/["'\w]:\s/.test(text) ? ":" : ": ",
  };
}

function editNode(json: JsonText, node: JsonNode, edit: Edit): Splice[] {
  if (edit.kind === "array" && node.kind === "array") return editArray(json, node, edit);
  if (edit.kind === "object" && node.kind === "object") return editObject(json, node, edit);
  if (edit.kind !== "replace") throw new Error("an edit of another kind than its value");
  const { start, end } = node;
  const old = node.kind === "scalar" ? json.text.slice(start, end) : undefined;
  return [{ start, end, text: writeValue(json, edit.value, indentOf(json.text, start), { scalar: old }) }];
}

function editArray(json: JsonText, node: JsonArray, edit: ArrayEdit): Splice[] {
  const splices: Splice[] = [];
  for (const [index, inner] of edit.changed) {
    const item = node.items[index];
    if (item !== undefined) splices.push(...editNode(json, item, inner));
  }
  const indent = itemIndent(json.text, node, json.step);
  const first = node.items[0];
  const scalar = first?.kind === "scalar" ? json.text.slice(first.start, first.end) : undefined;
  const inserted = [...edit.inserted].map(
    ([before, values]) =>
      [before, values.map((value) => writeValue(json, value, indent, { scalar }))] as const,
  );
  return [...splices, ...editList(json, node, { removed: edit.removed, inserted: new Map(inserted) })];
}

function editObject(json: JsonText, node: JsonObject, edit: ObjectEdit): Splice[] {
  const { items } = node;
  const splices: Splice[] = [];
  const lastOfName = new Map(items.map((member) => [member.name, member]));
  for (const [key, inner] of edit.changed) {
    const member = lastOfName.get(key);
    if (member !== undefined) splices.push(...editNode(json, member.value, inner));
  }
  const removed = [...items.keys()].filter((index) => edit.removed.has(items[index]?.name ?? ""));
  const indent = itemIndent(json.text, node, json.step);
  const name = items[0] === undefined ? undefined : nameSource(json.text, items[0]);
  const added = [...edit.added].map(
    ([key, value]) =>
      json.dialect.writeName(key, name) + json.colon + writeValue(json, value, indent, { name }),
  );
  const inserted = new Map(added.length === 0 ? [] : [[items.length, added] as const]);
  return [...splices, ...editList(json, node, { removed: new Set(removed), inserted })];
}

function nameSource(text: string, { start, nameEnd }: JsonMember): string {
  return text.slice(start, nameEnd);
}

function editList(json: JsonText, node: JsonArray | JsonObject, change: ListChange): Splice[] {
  const { text, eol, step } = json;
  return editBracketedList(text, node, change, { eol, step, comment: COMMENT, isComment });
}

const COMMENT = /\/\/[^\n]*|\/\*.*?\*\//gs;

function isComment(text: string): boolean {
  return /^\s*(\/\/[^\n]*|(\/\*((?!\*\/).)*\*\/\s*)*)$/s.test(text);
}

/** What is written beside, or stood in the place of, a new value. */
interface Like {
  readonly name?: string | undefined;
  readonly scalar?: string | undefined;
}

function writeValue(json: JsonText, value: Tree, indent: string, like: Like = {}): string {
  const { dialect, step, eol, colon } = json;
  if (!isTreeArray(value) && !isTreeObject(value)) return dialect.writeScalar(value, like.scalar);
  const inner = indent + step;
  const items = isTreeArray(value)
    ? value.map((item) => writeValue(json, item, inner, like))
    : Object.entries(value).map(
        ([key, item]) => dialect.writeName(key, like.name) + colon + writeValue(json, item, inner, like),
      );
  const [open, close] = isTreeArray(value) ? ["[", "]"] : ["{", "}"];
  if (items.length === 0) return open + close;
  if (step === "") return open + items.join(",") + close;
  return open + eol + inner + items.join(`,${eol}${inner}`) + eol + indent + close;
}
