import { type CST, isMap, isNode, isPair, type Node, type YAMLMap, type YAMLSeq } from "yaml";
import { lineEndingOf, lineStartOf } from "./text-edit.ts";
import type { Tree } from "./tree.ts";
import { flowValue } from "./yaml-write.ts";

/** Where in the text of a YAML file its items stand, read from the tokens that the parser keeps. */

/** The text of a YAML file and how it is written. */
export interface YamlText {
  readonly text: string;
  readonly eol: string;
  /** How many blanks one level is indented by. */
  readonly step: number;
  /** A value on one line, as it may stand inside brackets. */
  flow(value: Tree): string;
}

/** One item of a collection: a pair of a map, or an element of a sequence. */
export interface Slot {
  readonly node: Node | undefined;
  readonly start: number;
  /** Behind the value; behind the last line end of a block scalar. */
  readonly end: number;
  /** Behind `:` or `-` and an anchor or tag that follows: where an empty value would stand. Undefined for `? key`. */
  readonly after: number | undefined;
  /** What must be written before a value that is not there yet: the colon of a key that stands alone in brackets. */
  readonly before: string;
  /** The tag behind `:` or `-`, as it is written. */
  readonly tag: string | undefined;
  /** The first line end behind `:` or `-`, where the value stands on the lines below. */
  readonly newline: number | undefined;
  /** What the lines of the item begin with. */
  readonly indent: string;
  /** Where the comma behind it stands. */
  readonly comma: number | undefined;
  readonly isFlow: boolean;
}

/** Looks how a text is written. */
export function yamlText(text: string): YamlText {
  const indents = [...text.slice(0, 65_536).matchAll(/^( +)[^\s#]/gm)].map(
    ([, indent = ""]) => indent.length,
  );
  const step = indents.length === 0 ? 2 : Math.min(...indents, 8);
  return { text, eol: lineEndingOf(text), step: Math.max(step, 2), flow: flowValue };
}

/** The items of a collection, in the order of its `items`. */
export function itemSlots(yaml: YamlText, collection: YAMLMap | YAMLSeq): Slot[] {
  const token = collection.srcToken;
  if (token === undefined || !("items" in token)) return [];
  const isFlow = token.type === "flow-collection";
  const items: readonly CST.CollectionItem[] = token.items;
  const slots: Slot[] = [];
  for (const [index, item] of items.entries()) {
    // What holds only blanks, comments or a last comma is no item of the tree.
    if (!isFilled(item)) continue;
    const node = valueNode(collection, slots.length);
    slots.push(slotOf(yaml, item, node, { isFlow, following: items[index + 1], isMap: isMap(collection) }));
  }
  return slots;
}

function isFilled({ start, key, sep, value }: CST.CollectionItem): boolean {
  const isMarked = start.some(({ type }) => type === "seq-item-ind" || type === "explicit-key-ind");
  return isMarked || (key !== undefined && key !== null) || sep !== undefined || value !== undefined;
}

function slotOf(
  yaml: YamlText,
  item: CST.CollectionItem,
  node: Node | undefined,
  {
    isFlow,
    following,
    isMap: inMap,
  }: { isFlow: boolean; following: CST.CollectionItem | undefined; isMap: boolean },
): Slot {
  const { start: lead, sep = [], key, value } = item;
  const first = lead.find((token) => !["space", "newline", "comment", "comma"].includes(token.type));
  const start = first?.offset ?? key?.offset ?? sep[0]?.offset ?? value?.offset ?? 0;
  const inner = inMap ? sep : lead;
  const mark = inner.findIndex(({ type }) => type === "map-value-ind" || type === "seq-item-ind");
  const properties = inner.findLastIndex(({ type }) => type === "anchor" || type === "tag");
  const lastMark = inner[Math.max(mark, properties)];
  const markEnd = lastMark === undefined ? undefined : lastMark.offset + lastMark.source.length;
  const keyEnd = key === null || key === undefined ? start : endOfToken(key);
  const newline = inner.slice(Math.max(mark, 0)).find(({ type }) => type === "newline")?.offset;
  const isEmpty = value === undefined;
  const lacksColon = inMap && mark === -1;
  return {
    node,
    start,
    end: isEmpty ? (markEnd ?? keyEnd) : contentEnd(node),
    after: lacksColon ? (isFlow ? keyEnd : undefined) : (markEnd ?? start),
    before: lacksColon ? ":" : "",
    tag: inner.find(({ type }) => type === "tag")?.source,
    newline: newline === undefined ? undefined : lineBreakBefore(yaml.text, newline),
    indent: " ".repeat(start - lineStartOf(yaml.text, start)),
    comma: following?.start.find(({ type }) => type === "comma")?.offset,
    isFlow,
  };
}

/** The end of a node's own text: without the comment behind it, but with the line end of a block scalar. */
export function contentEnd(node: Node | undefined): number {
  return node?.range?.[1] ?? 0;
}

function valueNode(collection: YAMLMap | YAMLSeq, index: number): Node | undefined {
  const item = collection.items[index];
  const value = isPair(item) && isMap(collection) ? item.value : item;
  return isNode(value) ? value : undefined;
}

function endOfToken(token: CST.Token): number {
  return token.offset + ("source" in token ? token.source.length : 0);
}

function lineBreakBefore(text: string, newline: number): number {
  return text[newline] === "\n" && text[newline - 1] === "\r" ? newline - 1 : newline;
}
