import { type Node, type ParseError, parseTree, printParseErrorCode, visit } from "jsonc-parser";
import { type ConfigDocument, type ConfigFormat, ContentError, type FormatName } from "./format.ts";
import { jsonDocument } from "./json-document.ts";
import type { JsonDialect } from "./json-edit.ts";
import type { JsonMember, JsonNode } from "./json-node.ts";
import type { TextRange } from "./text-edit.ts";
import { MAX_DEPTH, stringify, type TreeScalar } from "./tree.ts";

/** JSON (RFC 8259). */
export const json: ConfigFormat = jsonFormat("json", ["application/json"], false);
/** JSON with comments and trailing commas, as many programs accept it. */
export const jsonc: ConfigFormat = jsonFormat("jsonc", ["application/json", "application/jsonc"], true);

function jsonFormat(name: FormatName, mediaTypes: readonly string[], isLenient: boolean): ConfigFormat {
  return { name, mediaTypes, parse: (text) => parseJson(text, isLenient) };
}

const DIALECT: JsonDialect = { writeName: (name) => JSON.stringify(name), writeScalar: stringify };

function parseJson(text: string, isLenient: boolean): ConfigDocument {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, {
    disallowComments: !isLenient,
    allowTrailingComma: isLenient,
    allowEmptyContent: false,
  });
  const error = errors[0];
  if (error !== undefined || root === undefined) throw complaint(error, isLenient);
  return jsonDocument(text, nodeOf(text, root, 0), isLenient ? commentsOf(text) : [], DIALECT);
}

function complaint(error: ParseError | undefined, isLenient: boolean): ContentError {
  const code = error === undefined ? "ValueExpected" : printParseErrorCode(error.error);
  const words = code.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  const mayBeLenient = !isLenient && (code === "InvalidCommentToken" || code === "PropertyNameExpected");
  return new ContentError(`Not valid JSON: ${words}.`, error?.offset ?? 0, {
    ...(mayBeLenient
      ? { remedy: "Where the app accepts comments and trailing commas: `format: jsonc` for this file" }
      : {}),
  });
}

function nodeOf(text: string, node: Node, depth: number): JsonNode {
  const range = { start: node.offset, end: node.offset + node.length };
  if (depth > MAX_DEPTH) {
    throw new ContentError(`The content is nested deeper than ${MAX_DEPTH} levels.`, range.start);
  }
  const children = node.children ?? [];
  if (node.type === "array") {
    return { kind: "array", ...range, items: children.map((child) => nodeOf(text, child, depth + 1)) };
  }
  if (node.type === "object") {
    const items = children.flatMap(({ offset, length, children: [key, value] = [] }): JsonMember[] => {
      if (key === undefined || value === undefined) return [];
      const member = { start: offset, end: offset + length, nameEnd: key.offset + key.length };
      return [{ ...member, name: String(key.value), value: nodeOf(text, value, depth + 1) }];
    });
    return { kind: "object", ...range, items };
  }
  return { kind: "scalar", ...range, value: scalarOf(node, text.slice(range.start, range.end)) };
}

function scalarOf(node: Node, source: string): TreeScalar {
  if (node.type !== "number") {
    const value: unknown = node.value;
    return typeof value === "string" || typeof value === "boolean" ? value : null;
  }
  const number = Number(source);
  if (!Number.isFinite(number)) throw new ContentError("The number is too large.", node.offset);
  return /^-?\d+$/.test(source) && !Number.isSafeInteger(number) ? BigInt(source) : number;
}

function commentsOf(text: string): TextRange[] {
  const comments: TextRange[] = [];
  visit(text, { onComment: (start, length) => comments.push({ start, end: start + length }) });
  return comments;
}
