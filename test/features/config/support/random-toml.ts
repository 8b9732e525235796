import type { Random } from "../../../support/random.ts";
import { type Json, randomObject, randomPatch } from "./random-trees.ts";

/** Random TOML documents, in all the ways in which tables can be written. */

interface TomlSource {
  readonly random: Random;
  readonly comment: () => string;
}

type JsonObject = { [key: string]: Json };

/** The lines of a random document. */
export function randomTomlLines(random: Random, comment: () => string): string[] {
  const root = withoutNulls(randomObject(random, 4));
  return isObject(root) ? tableLines({ random, comment }, root, "") : [];
}

/** A random merge patch for a TOML tree: TOML has no null, so no array has one. */
export function randomTomlPatch(random: Random, tree: Json): Json {
  const patch = randomPatch(random, tree);
  if (!isObject(patch)) return {};
  return mapValues(patch, (value) => (value === null ? null : inArraysWithoutNulls(value)));
}

function tableLines(source: TomlSource, table: JsonObject, path: string): string[] {
  const { random, comment } = source;
  const lines: string[] = [];
  const sections: string[] = [];
  for (const [name, value] of Object.entries(table)) {
    const key = keyOf(random, name);
    if (random.chance(0.15)) lines.push(comment());
    const asSection = random.chance(0.5) ? sectionOf(source, value, below(path, key)) : [];
    if (asSection.length > 0) sections.push(...asSection);
    else if (isFull(value) && random.chance(0.4)) lines.push(...dottedLines(random, value, key));
    else {
      const behind = random.chance(0.2) ? ` ${comment()}` : "";
      const equals = random.pick([" = ", "="]);
      lines.push(random.pick(["", "", "  "]) + key + equals + anyValue(source, value) + behind);
    }
  }
  return [...lines, ...sections];
}

function below(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

/** The lines of a table, or an array of tables, under headers; none where it can't have them. */
function sectionOf(source: TomlSource, value: Json, path: string): string[] {
  const { random } = source;
  if (isFull(value)) {
    const inner = tableLines(source, value, path);
    const isImplicit = inner.find((line) => line !== "")?.startsWith("[") === true && random.chance(0.7);
    return [...(random.chance(0.7) ? [""] : []), ...(isImplicit ? [] : [`[${path}]`]), ...inner];
  }
  if (!Array.isArray(value) || !value.every(isObject)) return [];
  return value.flatMap((item) => ["", `[[${path}]]`, ...tableLines(source, item, path)]);
}

function isFull(value: Json): value is JsonObject {
  return isObject(value) && Object.keys(value).length > 0;
}

function dottedLines(random: Random, table: JsonObject, path: string): string[] {
  return Object.entries(table).flatMap(([name, value]) => {
    const key = `${path}.${keyOf(random, name)}`;
    return isFull(value) && random.chance(0.5)
      ? dottedLines(random, value, key)
      : [`${key} = ${inline(random, value)}`];
  });
}

function anyValue({ random, comment }: TomlSource, value: Json): string {
  if (!Array.isArray(value) || value.length === 0 || random.chance(0.5)) return inline(random, value);
  const items = value.map((item, index) => {
    const comma = index < value.length - 1 || random.chance(0.5) ? "," : "";
    return `  ${inline(random, item)}${comma}${random.chance(0.3) ? ` ${comment()}` : ""}`;
  });
  return ["[", ...items, "]"].join("\n");
}

function inline(random: Random, value: Json): string {
  if (Array.isArray(value)) return `[${value.map((item) => inline(random, item)).join(", ")}]`;
  if (isObject(value)) {
    const members = Object.entries(value).map(
      ([key, item]) => `${keyOf(random, key)} = ${inline(random, item)}`,
    );
    return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
  }
  if (typeof value !== "string") return String(value);
  return /^[\w ]*$/.test(value) && random.chance(0.5) ? `'${value}'` : JSON.stringify(value);
}

function keyOf(random: Random, name: string): string {
  return /^[\w-]+$/.test(name) && /^[ -~]*$/.test(name) && random.chance(0.8) ? name : JSON.stringify(name);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function withoutNulls(value: Json): Json {
  if (value === null) return "was null";
  if (Array.isArray(value)) return value.map(withoutNulls);
  return isObject(value) ? mapValues(value, withoutNulls) : value;
}

function inArraysWithoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls);
  return isObject(value) ? mapValues(value, inArraysWithoutNulls) : value;
}

function mapValues(object: JsonObject, map: (value: Json) => Json): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}
