import { type Node, type ParseError, parseTree, printParseErrorCode, visit } from "jsonc-parser";
import {
  type ConfigDocument,
  type ConfigFormat,
  ContentError,
  type FormatName,
  type ValuePlace,
} from "./format.ts";
import { editJson } from "./json-edit.ts";
import type { TextRange } from "./text-edit.ts";
import { MAX_DEPTH, type Tree, type TreePath, type TreeScalar, treeObject } from "./tree.ts";

/** JSON (RFC 8259). */
export const json: ConfigFormat = jsonFormat("json", ["application/json"], false);
/** JSON with comments and trailing commas, as many programs accept it. */
export const jsonc: ConfigFormat = jsonFormat("jsonc", ["application/json", "application/jsonc"], true);

function jsonFormat(name: FormatName, mediaTypes: readonly string[], isLenient: boolean): ConfigFormat {
  return { name, mediaTypes, parse: (text) => parseJson(text, isLenient) };
}

function parseJson(text: string, isLenient: boolean): ConfigDocument {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, {
    disallowComments: !isLenient,
    allowTrailingComma: isLenient,
    allowEmptyContent: false,
  });
  const error = errors[0];
  if (error !== undefined || root === undefined) throw complaint(error, isLenient);
  const values: ValuePlace[] = [];
  const tree = treeOf(text, root, [], values);
  return {
    tree,
    values,
    comments: isLenient ? commentsOf(text) : [],
    edit: (edit) => editJson(text, root, edit),
    write: (value) => JSON.stringify(value),
  };
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

function treeOf(text: string, node: Node, path: TreePath, values: ValuePlace[]): Tree {
  if (path.length > MAX_DEPTH) {
    throw new ContentError(`The content is nested deeper than ${MAX_DEPTH} levels.`, node.offset);
  }
  if (node.type === "array") {
    return (node.children ?? []).map((child, index) => treeOf(text, child, [...path, index], values));
  }
  if (node.type === "object") {
    return treeObject(
      (node.children ?? []).flatMap((property) => {
        const [key, value] = property.children ?? [];
        if (key === undefined || value === undefined) return [];
        const name = String(key.value);
        return [[name, treeOf(text, value, [...path, name], values)] as const];
      }),
    );
  }
  const end = node.offset + node.length;
  const value = scalarOf(node, text.slice(node.offset, end));
  values.push({ paths: [path], value, start: node.offset, end });
  return value;
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
