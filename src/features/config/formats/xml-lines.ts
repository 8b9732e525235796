import { beginsLine, indentOf, lineEndOf, lineStartOf, nextLineOf, type Splice } from "./text-edit.ts";
import type { XmlElement } from "./xml-tree.ts";
import { childLines, type XmlStyle } from "./xml-write.ts";

/** Where new elements go in the text, and what goes with old ones. */

interface XmlText {
  readonly text: string;
  readonly style: XmlStyle;
}

/** An element that has its lines to itself goes with them, and with the comment behind it. */
export function removeElement(text: string, { start, end }: XmlElement): Splice {
  if (!beginsLine(text, start) || !isFree(text, end)) return { start, end, text: "" };
  return { start: lineStartOf(text, start), end: nextLineOf(text, end), text: "" };
}

/** New elements among others of their name: behind the one before, else before the next one. */
export function insertSiblings(
  xml: XmlText,
  group: readonly XmlElement[],
  before: number,
  written: readonly string[],
  gone: ReadonlySet<XmlElement>,
): Splice {
  const previous = group.slice(0, before).findLast((element) => !gone.has(element));
  const next = group[before] ?? group[0];
  if (previous !== undefined) return behind(xml, previous, written);
  return beforeElement(xml, next, written);
}

/** New elements at the end of another one. */
export function insertChildren(
  xml: XmlText,
  element: XmlElement,
  written: readonly string[],
  gone: ReadonlySet<XmlElement>,
): Splice {
  const { text, style } = xml;
  const last = element.children.findLast((child) => !gone.has(child));
  if (last !== undefined) return behind(xml, last, written);
  if (element.children.length > 0) return beforeElement(xml, element.children[0], written);
  const { content } = element;
  const lines = childLines(written, indentOf(text, element.start), style);
  if (content === undefined || text.slice(content.start, content.end).trim() === "") {
    return setContent(xml, element, lines);
  }
  // Only comments are there.
  const at = beginsLine(text, content.end) ? lineStartOf(text, content.end) : content.end;
  const isOnLine = at < content.end || text[at - 1] === "\n";
  const indent = indentOf(text, element.start) + style.step;
  const body = isOnLine ? written.map((child) => indent + child + style.eol).join("") : written.join("");
  return { start: at, end: at, text: body };
}

/** Puts text or elements into an element that has none. */
export function setContent({ text }: XmlText, element: XmlElement, written: string): Splice {
  const { content, name, attributesEnd, end } = element;
  if (content === undefined) {
    return { start: attributesEnd, end, text: `>${written}</${name}>` };
  }
  const isBlank = text.slice(content.start, content.end).trim() === "";
  return { start: isBlank ? content.start : content.end, end: content.end, text: written };
}

function behind({ text, style }: XmlText, element: XmlElement, written: readonly string[]): Splice {
  const { start, end } = element;
  if (!beginsLine(text, start)) return { start: end, end, text: written.join("") };
  const at = isFree(text, end) ? lineEndOf(text, end) : end;
  const indent = indentOf(text, start);
  return { start: at, end: at, text: written.map((child) => style.eol + indent + child).join("") };
}

function beforeElement(
  { text, style }: XmlText,
  element: XmlElement | undefined,
  written: readonly string[],
): Splice {
  const start = element?.start ?? 0;
  if (!beginsLine(text, start)) return { start, end: start, text: written.join("") };
  const at = lineStartOf(text, start);
  const indent = indentOf(text, start);
  return { start: at, end: at, text: written.map((child) => indent + child + style.eol).join("") };
}

/** Tells whether nothing but a comment follows in the line. */
function isFree(text: string, offset: number): boolean {
  return /^\s*(<!--((?!-->).)*-->\s*)?$/.test(text.slice(offset, lineEndOf(text, offset)));
}
