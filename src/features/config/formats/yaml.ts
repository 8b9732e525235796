import { parseAllDocuments } from "yaml";
import { type ConfigDocument, type ConfigFormat, ContentError } from "./format.ts";
import type { TextRange } from "./text-edit.ts";
import { editYaml } from "./yaml-edit.ts";
import { rewriteYaml } from "./yaml-rewrite.ts";
import { yamlText } from "./yaml-slots.ts";
import { readYaml, type YamlDocument } from "./yaml-tree.ts";
import { quoteYaml } from "./yaml-write.ts";

/**
 * YAML 1.2 (core schema), with the merge key `<<` of YAML 1.1, which most programs honour. Keys become strings;
 * `.inf` and `.nan`, which JSON has not, become the strings that they are written as.
 */
export const yaml: ConfigFormat = {
  name: "yaml",
  mediaTypes: ["application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"],
  parse(text): ConfigDocument {
    const documents = parseDocuments(text);
    const [{ document, tree, values } = { document: undefined, tree: null, values: [] }, second] =
      documents.map((document) => ({ document, ...readYaml(document, text) }));
    if (second !== undefined) {
      throw new ContentError(
        `The file holds ${documents.length} YAML documents, not one.`,
        second.document.range[0],
        { isInvalid: false },
      );
    }
    return {
      tree,
      values,
      comments: commentsOf(text, values),
      edit: (edit) => editYaml(text, document?.contents ?? null, edit),
      rewrite: (wanted) => rewriteYaml(text, values, wanted, yamlText(text).step),
      write: (value) => quoteYaml(value),
    };
  },
};

function parseDocuments(text: string): YamlDocument[] {
  const documents = parseAllDocuments(text, {
    keepSourceTokens: true,
    // A complaint must not quote the file: a secret may stand there.
    prettyErrors: false,
    intAsBigInt: true,
    // The library compares every key with every other one; what reads the tree looks for doubles itself.
    uniqueKeys: false,
  });
  if ("empty" in documents) return [];
  for (const { errors } of documents) {
    const error = errors[0];
    if (error !== undefined) throw new ContentError(`Not valid YAML: ${error.message}`, error.pos[0]);
  }
  return documents;
}

/** Every `#` that begins a comment: at the beginning of a line or behind a blank, and not inside a value. */
function commentsOf(text: string, values: readonly TextRange[]): TextRange[] {
  const comments: TextRange[] = [];
  const places = values[Symbol.iterator]();
  let place = places.next();
  for (const { index } of text.matchAll(/(?<=^|[ \t\r\n])#/g)) {
    while (!place.done && place.value.end <= index) place = places.next();
    const isInside = !place.done && place.value.start <= index;
    const isCovered = (comments.at(-1)?.end ?? 0) > index;
    if (isInside || isCovered) continue;
    const end = text.slice(index).search(/[\r\n]|$/);
    comments.push({ start: index, end: index + end });
  }
  return comments;
}
