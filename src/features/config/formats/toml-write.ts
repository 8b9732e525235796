import type { AST } from "toml-eslint-parser";
import { cannotWrite } from "./format.ts";
import { isTreeArray, isTreeObject, type Tree, type TreeObject, type TreePath } from "./tree.ts";

/** How values are written as TOML 1.0. */

/** A name in a key: bare where it may be. */
export function writeName(name: string): string {
  return /^[A-Za-z0-9_-]+$/.test(name) ? name : quoteToml(name);
}

/** The names of a key. The indexes of arrays of tables are not written. */
export function writeKey(path: TreePath): string {
  return path
    .filter((name) => typeof name === "string")
    .map((name) => writeName(name))
    .join(".");
}

/** A string in double quotes, on one line. JSON's escapes are TOML's, which wants one more. */
export function quoteToml(value: string): string {
  return JSON.stringify(value).replaceAll("\u007f", "\\u007F");
}

/** A value on one line, in the spelling of the scalar that it replaces or stands beside. */
export function writeInline(
  value: Tree,
  path: TreePath,
  like?: AST.TOMLContentNode,
  writeInner: WriteValue = writeInline,
): string {
  if (isTreeArray(value)) {
    return `[${value.map((item, index) => writeInner(item, [...path, index])).join(", ")}]`;
  }
  if (isTreeObject(value)) {
    const members = Object.entries(value).map(
      ([key, item]) => `${writeName(key)} = ${writeInner(item, [...path, key])}`,
    );
    return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
  }
  const old = like?.type === "TOMLValue" ? like : undefined;
  if (value === null) throw cannotWrite(path, "TOML has no null.", "Leave the key out instead.");
  if (typeof value === "string") return writeString(value, old);
  if (typeof value === "number") return writeNumber(value, old);
  if (typeof value === "bigint" && (value > MAX_INTEGER || value < -MAX_INTEGER - 1n)) {
    throw cannotWrite(path, "TOML integers have 64 bits.");
  }
  return String(value);
}

const MAX_INTEGER = 2n ** 63n - 1n;

/** `2` in the place of `1.5` is written `2.0`: programs that want a float take no integer. */
function writeNumber(value: number, old: AST.TOMLValue | undefined): string {
  const text = String(value);
  const isFloat = old?.kind === "float" || !Number.isSafeInteger(value);
  return isFloat && /^-?\d+$/.test(text) ? `${text}.0` : text;
}

const DATE = String.raw`\d{4}-\d{2}-\d{2}`;
const TIME = String.raw`\d{2}:\d{2}:\d{2}(?:\.\d+)?`;
const WRITTEN_BARE: Readonly<Record<string, RegExp>> = {
  "offset-date-time": new RegExp(`^${DATE}[Tt ]${TIME}(?:[Zz]|[+-]\\d{2}:\\d{2})$`),
  "local-date-time": new RegExp(`^${DATE}[Tt ]${TIME}$`),
  "local-date": new RegExp(`^${DATE}$`),
  "local-time": new RegExp(`^${TIME}$`),
  float: /^[+-]?(?:inf|nan)$/,
};

/** A string; in the place of a date, a date stays one. */
function writeString(value: string, old: AST.TOMLValue | undefined): string {
  if (old !== undefined && WRITTEN_BARE[old.kind]?.test(value) === true) return value;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: literal strings can't hold control characters.
  const fitsLiteral = !/['\u0000-\u0008\u000a-\u001f\u007f]/.test(value);
  if (old?.kind === "string" && old.style === "literal" && fitsLiteral) return `'${value}'`;
  return quoteToml(value);
}

/** A value of several lines, in the place of one: `"""`. Undefined where it would not read back as it is. */
export function writeMultiline(value: Tree, old: AST.TOMLValue, eol: string): string | undefined {
  if (typeof value !== "string" || old.kind !== "string" || !old.multiline) return undefined;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters need escapes.
  if (!value.includes("\n") || /[\u0000-\u0008\u000b-\u001f\u007f]/.test(value)) return undefined;
  const isLiteral = old.style === "literal" && !value.includes("'''") && !value.endsWith("'");
  const quote = isLiteral ? "'''" : '"""';
  const body = isLiteral
    ? value
    : value.replaceAll("\\", "\\\\").replaceAll('"""', '""\\"').replace(/"$/, '\\"');
  return `${quote}\n${body}${quote}`.replaceAll("\n", eol);
}

/** Writes a value that stands at a path, on one line. */
export type WriteValue = (value: Tree, path: TreePath) => string;

/** The lines of a table under a header of its own, with those of the tables in it; a blank line before each. */
export function tableLines(
  path: TreePath,
  table: TreeObject,
  write: WriteValue = writeInline,
  isItem = false,
): string[] {
  const key = writeKey(path);
  return ["", isItem ? `[[${key}]]` : `[${key}]`, ...memberLines(path, table, write)];
}

/** The lines of a whole document. */
export function rootLines(table: TreeObject, write: WriteValue): string[] {
  const lines = memberLines([], table, write);
  return lines[0] === "" ? lines.slice(1) : lines;
}

function memberLines(path: TreePath, table: TreeObject, write: WriteValue): string[] {
  const entries = Object.entries(table);
  const own = entries.filter(([, value]) => !isSection(value));
  return [
    ...own.map(([name, value]) => keyValueLine(writeName(name), value, [...path, name], write)),
    ...entries.flatMap(([name, value]) =>
      isSection(value) ? sectionLines([...path, name], value, write) : [],
    ),
  ];
}

/** Tells whether a value is written under headers of its own: a table that holds something, or several tables. */
export function isSection(value: Tree): value is TreeObject | readonly TreeObject[] {
  if (isTreeArray(value)) return value.length > 0 && value.every((item) => isTreeObject(item));
  return isTreeObject(value) && Object.keys(value).length > 0;
}

/** The lines of such a value. */
export function sectionLines(
  path: TreePath,
  value: TreeObject | readonly TreeObject[],
  write: WriteValue = writeInline,
): string[] {
  if (!isTreeArray(value)) return isTreeObject(value) ? tableLines(path, value, write) : [];
  return value.flatMap((item, index) =>
    isTreeObject(item) ? tableLines([...path, index], item, write, true) : [],
  );
}

/** `key = value` */
export function keyValueLine(
  key: string,
  value: Tree,
  path: TreePath,
  write: WriteValue = writeInline,
): string {
  return `${key} = ${write(value, path)}`;
}
