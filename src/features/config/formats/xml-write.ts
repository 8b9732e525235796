import { cannotWrite } from "./format.ts";
import { isTreeArray, isTreeObject, type Tree, type TreePath } from "./tree.ts";

/** How new parts of an XML document are written, in the manner of the old ones. */
export interface XmlStyle {
  readonly eol: string;
  /** What one level is indented by; empty where the document stands on one line. */
  readonly step: string;
  readonly isCompact: boolean;
  /** Whether the encoding that the document declares may lack characters. */
  readonly isAsciiOnly: boolean;
}

/** An attribute's value in quotes. @throws {AppError} where XML can't hold it. */
export function writeAttribute(value: Tree, path: TreePath, style: XmlStyle, quote = '"'): string {
  const text = stringOf(value, path);
  const body = text.replace(/[&<"'\t\n\r]/g, (character) =>
    /["']/.test(character) && character !== quote ? character : escaped(character),
  );
  return quote + inEncoding(body, style) + quote;
}

/** Text between tags. White space around it would be taken for layout, so it is written as references. */
export function writeText(value: Tree, path: TreePath, style: XmlStyle): string {
  const text = stringOf(value, path);
  const before = /^[ \t\n]*/.exec(text)?.[0] ?? "";
  let end = text.length;
  while (end > before.length && /[ \t\n]/.test(text.charAt(end - 1))) end -= 1;
  const body = text
    .slice(before.length, end)
    .replace(/[&<\r]|\]\]>/g, (found) => (found === "]]>" ? "]]&gt;" : escaped(found)));
  const [head, tail] = [before, text.slice(end)].map((blank) => [...blank].map(reference).join(""));
  return head + inEncoding(body, style).replaceAll("\n", style.eol) + tail;
}

/** A CDATA section, or undefined where it can't hold the value. */
export function writeCdata(value: Tree, style: XmlStyle): string | undefined {
  if (typeof value !== "string" || value === "" || /\]\]>|\r/.test(value) || NOT_XML.test(value))
    return undefined;
  const written = `<![CDATA[${value.replaceAll("\n", style.eol)}]]>`;
  return inEncoding(written, style) === written ? written : undefined;
}

/** An element; its lines but the first begin with `indent`. */
export function writeElement(
  name: string,
  value: Tree,
  path: TreePath,
  indent: string,
  style: XmlStyle,
): string {
  if (!NAME.test(name)) throw badName(path);
  const object = isTreeObject(value) ? Object.entries(value) : [["#text", value] as const];
  const { attributes, text = "", children } = writeMembers(object, path, indent + style.step, style);
  if (text !== "" && children.length > 0) throw mixed(path);
  const start = `<${name}${attributes.map((attribute) => ` ${attribute}`).join("")}`;
  if (text === "" && children.length === 0) return `${start}/>`;
  return `${start}>${text}${childLines(children, indent, style)}</${name}>`;
}

/** What the members of an object are written as. */
export interface WrittenMembers {
  readonly attributes: readonly string[];
  readonly text: string | undefined;
  readonly children: readonly string[];
}

/** Writes the members of an object. `indent` is that of the children. */
export function writeMembers(
  members: Iterable<readonly [string, Tree]>,
  path: TreePath,
  indent: string,
  style: XmlStyle,
): WrittenMembers {
  const attributes: string[] = [];
  const children: string[] = [];
  let text: string | undefined;
  for (const [key, value] of members) {
    const place = key === "#text" ? path : [...path, key];
    if (key === "#text") text = writeText(value, place, style);
    else if (key.startsWith("@")) attributes.push(attributeText(key.slice(1), value, place, style));
    else {
      const items = isTreeArray(value) ? value : [value];
      children.push(...items.map((item) => writeElement(key, item, place, indent, style)));
    }
  }
  return { attributes, text, children };
}

/** Children on lines of their own, and what stands before the end tag below them. */
export function childLines(children: readonly string[], indent: string, style: XmlStyle): string {
  if (children.length === 0 || style.isCompact) return children.join("");
  const lines = children.map((child) => style.eol + indent + style.step + child);
  return lines.join("") + style.eol + indent;
}

function attributeText(name: string, value: Tree, path: TreePath, style: XmlStyle): string {
  if (!NAME.test(name)) throw badName(path);
  return `${name}=${writeAttribute(value, path, style)}`;
}

function badName(path: TreePath) {
  return cannotWrite(path, "This can't be the name of an element or an attribute.");
}

/** The refusal of text between elements: the tree does not say where it stands. */
export function mixed(path: TreePath) {
  return cannotWrite(path, "Where text stands between elements, the tree does not say.");
}

const NAME = /^[\p{L}_:][\p{L}\p{N}_:.\-\u00b7]*$/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: what is no character of XML 1.0 (section 2.2).
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/u;

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  '"': "&quot;",
  "'": "&apos;",
};

function escaped(character: string): string {
  return ESCAPES[character] ?? reference(character);
}

function reference(character: string): string {
  return `&#${character.codePointAt(0)};`;
}

function inEncoding(text: string, { isAsciiOnly }: XmlStyle): string {
  return isAsciiOnly ? text.replace(/[^\0-\x7f]/gu, (character) => reference(character)) : text;
}

function stringOf(value: Tree, path: TreePath): string {
  if (typeof value === "string") {
    if (NOT_XML.test(value)) throw cannotWrite(path, "XML can't hold these characters.");
    return value;
  }
  const isScalar = typeof value === "number" || typeof value === "boolean" || typeof value === "bigint";
  const remedy = isScalar ? `Send ${JSON.stringify(String(value))}.` : undefined;
  throw cannotWrite(path, "Values in XML files are strings.", remedy);
}

/**
 * A tree as reading it back would give it: what XML writes in the same way is the same. An empty object is an empty
 * element, an array of one element that element, no elements are no key.
 */
export function canonicalXml(tree: Tree): Tree {
  if (isTreeArray(tree)) return tree.map((item) => canonicalXml(item));
  if (!isTreeObject(tree)) return tree;
  const members = Object.entries(tree).flatMap(([key, value]): [string, Tree][] => {
    const inner = canonicalXml(value);
    if (!isTreeArray(inner)) return key === "#text" && inner === "" ? [] : [[key, inner]];
    const [only] = inner;
    if (only === undefined) return [];
    return [[key, inner.length === 1 ? only : inner]];
  });
  const [first] = members;
  if (first === undefined) return "";
  const isText = members.length === 1 && first[0] === "#text" && typeof first[1] === "string";
  return isText ? first[1] : Object.assign(Object.create(null), Object.fromEntries(members));
}
