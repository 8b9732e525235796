import type {
  XmlElement as ParsedElement,
  XmlCdata,
  XmlComment,
  XmlDocument,
  XmlProcessingInstruction,
  XmlText,
} from "@rgrove/parse-xml";
import { looksSecret } from "../../../base/secrets.ts";
import { ContentError, type ValuePlace } from "./format.ts";
import type { TextRange } from "./text-edit.ts";
import { MAX_DEPTH, type Tree, type TreeObject, type TreePath, treeObject } from "./tree.ts";

/** An element and where its parts are written. */
export interface XmlElement extends TextRange {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, XmlAttribute>;
  /** Where a further attribute goes: behind the last one, or behind the name. */
  readonly attributesEnd: number;
  /** What stands between the tags; undefined for `<a/>`. */
  readonly content: TextRange | undefined;
  readonly children: readonly XmlElement[];
  readonly texts: readonly XmlPiece[];
}

/** A value; of an attribute, the range holds the quotes. */
export interface XmlPiece extends TextRange {
  readonly value: string;
}

/** An attribute. */
export interface XmlAttribute extends XmlPiece {
  /** Where the blanks before its name begin. */
  readonly blankStart: number;
  readonly nameStart: number;
}

/** Reads the root element, as the parser understood it. */
export function readRoot(text: string, document: XmlDocument): XmlElement {
  if (document.root === null) throw new ContentError("Not valid XML: the root element is missing.", 0);
  return readElement(text, document.root, 1);
}

function readElement(text: string, element: ParsedElement, depth: number): XmlElement {
  const { name, start, end, children } = element;
  if (depth > MAX_DEPTH) {
    throw new ContentError(`The content is nested deeper than ${MAX_DEPTH} levels.`, start);
  }
  const { attributes, attributesEnd } = readAttributes(text, element);
  const [tail = ""] = /^\s*\/?>/.exec(text.slice(attributesEnd, end)) ?? [];
  const content = tail.endsWith("/>")
    ? undefined
    : { start: attributesEnd + tail.length, end: text.lastIndexOf("</", end - 1) };
  return {
    name,
    start,
    end,
    attributes,
    attributesEnd,
    content,
    children: children.flatMap((child) => (isElement(child) ? [readElement(text, child, depth + 1)] : [])),
    texts: readTexts(text, children),
  };
}

/** The parser has checked the start tag; where its attributes stand it does not say. */
function readAttributes(
  text: string,
  { name, start, attributes: values }: ParsedElement,
): Pick<XmlElement, "attributes" | "attributesEnd"> {
  const attributes = new Map<string, XmlAttribute>();
  const pattern = /(\s+)([^\s=/>"'<]+)(\s*=\s*)("[^"]*"|'[^']*')/y;
  let attributesEnd = start + 1 + name.length;
  pattern.lastIndex = attributesEnd;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [whole, blank = "", attribute = "", equals = ""] = match;
    const nameStart = match.index + blank.length;
    attributesEnd = match.index + whole.length;
    attributes.set(attribute, {
      value: values[attribute] ?? "",
      blankStart: match.index,
      nameStart,
      start: nameStart + attribute.length + equals.length,
      end: attributesEnd,
    });
  }
  return { attributes, attributesEnd };
}

type ChildNode = XmlCdata | XmlComment | ParsedElement | XmlProcessingInstruction | XmlText;

function isElement(node: ChildNode): node is ParsedElement {
  return node.type === "element";
}

function isText(node: ChildNode): node is XmlText | XmlCdata {
  return node.type === "text" || node.type === "cdata";
}

/** The stretches of text between elements and comments, without the white space around them, which is layout. */
function readTexts(text: string, children: readonly ChildNode[]): XmlPiece[] {
  const texts: XmlPiece[] = [];
  for (let at = 0; at < children.length; at++) {
    const nodes: (XmlText | XmlCdata)[] = [];
    for (let node = children[at]; node !== undefined && isText(node); node = children[++at]) nodes.push(node);
    const piece = pieceOf(text, nodes);
    if (piece !== undefined) texts.push(piece);
  }
  return texts;
}

function pieceOf(text: string, nodes: readonly (XmlText | XmlCdata)[]): XmlPiece | undefined {
  const [first, last] = [nodes[0], nodes.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const raw = text.slice(first.start, last.end);
  const decoded = nodes.map((node) => node.text).join("");
  const before = /^[ \t\r\n]*/.exec(raw)?.[0] ?? "";
  if (before.length === raw.length) return undefined;
  let after = raw.length;
  while (/[ \t\r\n]/.test(raw.charAt(after - 1))) after -= 1;
  const value = decoded.slice(lengthRead(before), decoded.length - lengthRead(raw.slice(after)));
  if (value === "") return undefined;
  return { value, start: first.start + before.length, end: first.start + after };
}

/** White space as long as the parser reads it: with `\n` for every line end. */
function lengthRead(blank: string): number {
  return blank.replace(/\r\n/g, "\n").length;
}

/** The tree of an element: its text where it has nothing else, else an object. */
export function treeOfXml(element: XmlElement): Tree {
  const { attributes, children, texts } = element;
  if (attributes.size === 0 && children.length === 0 && texts.length <= 1) return texts[0]?.value ?? "";
  return objectOf(element);
}

/** An element as an object: `@name` for attributes, `#text`, and its children by name; of several, an array. */
export function objectOf({ attributes, children, texts }: XmlElement): TreeObject {
  const members: [string, Tree][] = [...attributes].map(([name, { value }]) => [`@${name}`, value]);
  const values = texts.map(({ value }) => value);
  if (values.length > 0) members.push(["#text", values.length === 1 ? (values[0] ?? "") : values]);
  for (const [name, group] of groupsOf(children)) {
    const trees = group.map((child) => treeOfXml(child));
    members.push([name, trees.length === 1 ? (trees[0] ?? "") : trees]);
  }
  return treeObject(members);
}

/** The children by name. */
export function groupsOf(children: readonly XmlElement[]): Map<string, XmlElement[]> {
  return Map.groupBy(children, ({ name }) => name);
}

/** The places of all values in an element. `path` is where it stands in the tree. */
export function placesOfXml(element: XmlElement, path: TreePath): ValuePlace[] {
  const { attributes, children, texts } = element;
  const label = labelOf(element);
  const isWhole = attributes.size === 0 && children.length === 0 && texts.length <= 1;
  const places: ValuePlace[] = [];
  const add = (piece: XmlPiece, at: TreePath, isLabelled: boolean) => {
    const names = label !== undefined && isLabelled ? { names: [label] } : {};
    places.push({ paths: [at], value: piece.value, start: piece.start, end: piece.end, ...names });
  };
  for (const [name, attribute] of attributes) add(attribute, [...path, `@${name}`], VALUE_NAME.test(name));
  for (const [index, piece] of texts.entries()) {
    const at = isWhole ? path : [...path, "#text", ...(texts.length === 1 ? [] : [index])];
    add(piece, at, true);
  }
  for (const [name, group] of groupsOf(children)) {
    for (const [index, child] of group.entries()) {
      const inner = placesOfXml(child, [...path, name, ...(group.length === 1 ? [] : [index])]);
      const isValue = label !== undefined && VALUE_NAME.test(name);
      places.push(...inner.map((place) => (isValue ? { ...place, names: [label] } : place)));
    }
  }
  return places;
}

const LABEL_NAME = /(^|[-_.:])(name|key|id)$/i;
const VALUE_NAME = /(^|[-_.:])(value|val|text)$/i;

/** The secret-looking name that an element gives its value: `<property name="password" value="…"/>`. */
function labelOf({ attributes, children }: XmlElement): string | undefined {
  const labels = [
    ...[...attributes].map(([name, { value }]) => ({ name, value })),
    ...children.map(({ name, texts }) => ({ name, value: texts[0]?.value ?? "" })),
  ];
  return labels.find(({ name, value }) => LABEL_NAME.test(name) && looksSecret(value))?.value;
}
