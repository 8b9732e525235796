import { parseXml, type XmlDocument, XmlElement, XmlError } from "@rgrove/parse-xml";
import { type ConfigDocument, type ConfigFormat, ContentError, cannotWrite } from "./format.ts";
import type { TextRange } from "./text-edit.ts";
import { isTreeObject, type Tree, treeObject } from "./tree.ts";
import { editXml, xmlStyle } from "./xml-edit.ts";
import { placesOfXml, readRoot, treeOfXml } from "./xml-tree.ts";
import { canonicalXml, writeAttribute, writeElement, writeText, type XmlStyle } from "./xml-write.ts";

/**
 * XML 1.0 without its DTD: entities are neither declared nor fetched, so nothing expands. Attributes are `@name`,
 * text is `#text`, repeated elements are arrays, and an element that has nothing but text is a string. White space
 * around text is layout. Names are taken as they are, prefixes included.
 */
export const xml: ConfigFormat = {
  name: "xml",
  mediaTypes: ["application/xml", "text/xml"],
  canonical: canonicalXml,
  parse(text): ConfigDocument {
    const document = parse(text);
    const root = readRoot(text, document);
    const style = xmlStyle(text, root);
    return {
      tree: treeObject([[root.name, treeOfXml(root)]]),
      values: placesOfXml(root, [root.name]).toSorted((one, other) => one.start - other.start),
      comments: outsideOf(document),
      edit: (edit) => editXml(text, root, edit, style),
      rewrite: (wanted) => rewriteRoot(text, root, wanted, style),
      write(value, { paths: [path = []], start }) {
        const isAttribute = path.some((key) => typeof key === "string" && key.startsWith("@"));
        return isAttribute
          ? writeAttribute(value, path, style, text.charAt(start))
          : writeText(value, path, style);
      },
    };
  },
};

/** Only the root element is written anew: what stands around it stays. */
function rewriteRoot(
  text: string,
  root: { start: number; end: number },
  wanted: Tree,
  style: XmlStyle,
): string {
  const members = isTreeObject(wanted) ? Object.entries(wanted) : [];
  const [name, value] = members[0] ?? [];
  if (name === undefined || value === undefined || members.length > 1) {
    throw cannotWrite([], "An XML document has one root element.");
  }
  const written = writeElement(name, value, [name], "", { ...style, isCompact: false });
  return text.slice(0, root.start) + written + text.slice(root.end);
}

function parse(text: string): XmlDocument {
  try {
    return parseXml(text, {
      includeOffsets: true,
      preserveCdata: true,
      preserveComments: true,
      preserveDocumentType: true,
      preserveXmlDeclaration: true,
      resolveUndefinedEntity(reference) {
        const detail = `The entity ${reference} is not expanded here, so the content has no tree.`;
        throw new ContentError(detail, text.indexOf(reference), { isInvalid: false });
      },
    });
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    // The message goes on with the line that is wrong, and there a secret may stand.
    const [detail = ""] = error.message.split(" (line ");
    throw new ContentError(`Not valid XML: ${detail.charAt(0).toLowerCase()}${detail.slice(1)}.`, error.pos);
  }
}

/** What stands outside of the tree: comments, processing instructions, the document type. */
function outsideOf(node: XmlDocument | XmlElement): TextRange[] {
  return node.children.flatMap((child) => {
    if (child instanceof XmlElement) return outsideOf(child);
    const isOutside = child.type === "comment" || child.type === "pi" || child.type === "doctype";
    return isOutside ? [{ start: child.start, end: child.end }] : [];
  });
}
