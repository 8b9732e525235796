import { type DocumentNode, type MemberNode, parse, type ValueNode } from "@humanwhocodes/momoa";
import reference from "json5";
import { type ConfigDocument, type ConfigFormat, ContentError } from "./format.ts";
import { jsonDocument } from "./json-document.ts";
import type { JsonDialect } from "./json-edit.ts";
import type { JsonMember, JsonNode } from "./json-node.ts";
import type { TextRange } from "./text-edit.ts";
import { MAX_DEPTH, stringify, type TreeScalar } from "./tree.ts";

/**
 * JSON5 (https://spec.json5.org). `Infinity` and `NaN`, which JSON has not, become the strings that they are written
 * as; in the place of such a one, such a string is written without quotes.
 */
export const json5: ConfigFormat = {
  name: "json5",
  mediaTypes: ["application/json5", "application/json"],
  parse(text): ConfigDocument {
    const document = parseText(text);
    return jsonDocument(text, nodeOf(text, document.body, 0), commentsOf(document), DIALECT);
  },
};

const NUMBER_WORD = /^[+-]?(Infinity|NaN)$/;

const DIALECT: JsonDialect = {
  writeName(name, beside) {
    const isBare = beside !== undefined && !/^["']/.test(beside);
    if (isBare && /^[A-Za-z_$][\w$]*$/.test(name)) return name;
    return beside?.startsWith("'") === true ? singleQuoted(name) : JSON.stringify(name);
  },
  writeScalar(value, old) {
    if (typeof value !== "string") return stringify(value);
    if (old !== undefined && NUMBER_WORD.test(old) && NUMBER_WORD.test(value)) return value;
    return old?.startsWith("'") === true ? singleQuoted(value) : JSON.stringify(value);
  },
};

function singleQuoted(value: string): string {
  return `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

function parseText(text: string): DocumentNode {
  refuseInvalid(text);
  try {
    return parse(text, { mode: "json5", ranges: true, tokens: true });
  } catch (error) {
    if (!(error instanceof Error) || !("offset" in error)) throw error;
    const detail = "This way to write a number can't be edited here.";
    throw new ContentError(detail, Number(error.offset), { isInvalid: false });
  }
}

/**
 * The parser that gives ranges takes strings that go on in the next line, and does not take `+.5`: what is JSON5 is
 * for the reference implementation to say.
 */
function refuseInvalid(text: string): void {
  try {
    // It warns on the console of these two, which stand for line ends.
    reference.parse(text.replace(/[\u2028\u2029]/g, " "));
  } catch (error) {
    if (!(error instanceof SyntaxError) || !("lineNumber" in error) || !("columnNumber" in error))
      throw error;
    const detail = error.message.replace(/^JSON5: /, "").replace(/ at \d+:\d+$/, "");
    const offset = offsetOf(text, Number(error.lineNumber), Number(error.columnNumber));
    throw new ContentError(`Not valid JSON5: ${detail}.`, offset);
  }
}

/** The reference implementation ends lines with `\n` only; its columns count characters. */
function offsetOf(text: string, line: number, column: number): number {
  const lines = text.split("\n");
  const before = lines.slice(0, line - 1).reduce((sum, { length }) => sum + length + 1, 0);
  return before + [...(lines[line - 1] ?? "")].slice(0, Math.max(column - 1, 0)).join("").length;
}

function nodeOf(text: string, node: ValueNode, depth: number): JsonNode {
  const range = rangeOf(node);
  if (depth > MAX_DEPTH) {
    throw new ContentError(`The content is nested deeper than ${MAX_DEPTH} levels.`, range.start);
  }
  switch (node.type) {
    case "Array":
      return {
        kind: "array",
        ...range,
        items: node.elements.map(({ value }) => nodeOf(text, value, depth + 1)),
      };
    case "Object": {
      const items = node.members.map((member): JsonMember => {
        const value = nodeOf(text, member.value, depth + 1);
        return { ...rangeOf(member), name: nameOf(member), nameEnd: rangeOf(member.name).end, value };
      });
      return { kind: "object", ...range, items };
    }
    default:
      return { kind: "scalar", ...range, value: scalarOf(node, text.slice(range.start, range.end)) };
  }
}

function nameOf({ name }: MemberNode): string {
  if (name.type === "String") return name.value;
  return name.name.replace(/\\u([0-9a-fA-F]{4})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function scalarOf(node: ValueNode, source: string): TreeScalar {
  switch (node.type) {
    case "String":
    case "Boolean":
      return node.value;
    case "Number":
      if (!Number.isFinite(node.value))
        throw new ContentError("The number is too large.", rangeOf(node).start);
      return numberOf(node.value, source);
    case "Infinity":
    case "NaN":
      return source;
    default:
      return null;
  }
}

function numberOf(value: number, source: string): TreeScalar {
  const [, sign, digits] = /^([+-]?)(\d+|0[xX][0-9a-fA-F]+)$/.exec(source) ?? [];
  if (digits !== undefined && !Number.isSafeInteger(value))
    return sign === "-" ? -BigInt(digits) : BigInt(digits);
  return value;
}

function commentsOf({ tokens = [] }: DocumentNode): TextRange[] {
  return tokens
    .filter(({ type }) => type === "LineComment" || type === "BlockComment")
    .map((token) => rangeOf(token));
}

function rangeOf({ range: [start, end] = [0, 0] }: { range?: [number, number] | undefined }): TextRange {
  return { start, end };
}
