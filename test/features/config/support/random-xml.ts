import type { Random } from "../../../support/random.ts";
import type { Json } from "./random-trees.ts";

/** Random XML documents, and changes of them. */

const NAMES = ["a", "b-c", "ns:d", "é", "E.f"];
const VALUES = [
  "",
  "x",
  "two words",
  "a < b & c",
  'say "hi"',
  "it's",
  " blank ",
  "line\nbreak",
  "]]>",
  "𝄞",
  "&amp;",
];

/** The lines of a random document. */
export function randomXmlLines(random: Random, comment: () => string): string[] {
  const head = random.chance(0.5) ? ['<?xml version="1.0" encoding="UTF-8"?>'] : [];
  return [...head, `<!-- ${comment()} -->`, ...elementLines(random, comment, "root", 3)];
}

function elementLines(random: Random, comment: () => string, name: string, depth: number): string[] {
  const attributes = NAMES.filter(() => random.chance(0.25)).map((key) => {
    const quote = random.pick(['"', "'"]);
    const value = escaped(random.pick(VALUES)).replaceAll('"', "&quot;").replaceAll("'", "&#39;");
    return `${random.pick([" ", "  ", "\n      "])}${key}${random.pick(["=", " = "])}${quote}${value}${quote}`;
  });
  const start = `<${name}${attributes.join("")}`;
  if (random.chance(0.2)) return [`${start}${random.pick(["/>", " />", `></${name}>`])}`];
  if (depth === 0 || random.chance(0.4)) return [`${start}>${text(random)}</${name}>`];
  const children: string[] = [];
  for (let left = random.int(4); left > 0; left--) {
    if (random.chance(0.3)) children.push(`<!-- ${comment()} -->`);
    children.push(...elementLines(random, comment, random.pick(NAMES), depth - 1));
  }
  const lines = children.map((line) => `  ${line}`);
  return random.chance(0.2)
    ? [`${start}>${children.join("")}</${name}>`]
    : [`${start}>`, ...lines, `</${name} >`];
}

function text(random: Random): string {
  const value = random.pick(VALUES);
  if (random.chance(0.2) && !value.includes("]]>")) return `<![CDATA[${value}]]>`;
  return random.chance(0.2) ? `\n   ${escaped(value)}\n  ` : escaped(value);
}

function escaped(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("]]>", "]]&gt;");
}

/** A random merge patch for the tree of an XML document. */
export function randomXmlPatch(random: Random, tree: Json): Json {
  if (typeof tree !== "object" || tree === null) return {};
  return Object.fromEntries(Object.entries(tree).map(([name, root]) => [name, change(random, root, 3)]));
}

function change(random: Random, value: Json, depth: number): Json {
  if (Array.isArray(value)) return changeArray(random, value);
  if (typeof value !== "object" || value === null) {
    return random.chance(0.8) ? random.pick(VALUES) : element(random, 1);
  }
  const patch: { [key: string]: Json } = {};
  for (const [key, member] of Object.entries(value)) {
    const changed = random.chance(0.2) ? null : changedMember(random, key, member, depth);
    if (changed !== undefined && random.chance(0.4)) patch[key] = changed;
  }
  if (random.chance(0.4)) patch[`@${random.pick(NAMES)}`] = random.pick(VALUES);
  if (random.chance(0.4) && !("#text" in value)) patch[random.pick(NAMES)] = element(random, 2);
  return patch;
}

/** Attributes and text are strings; of several texts none come or go. */
function changedMember(random: Random, key: string, value: Json, depth: number): Json | undefined {
  const isText = key === "#text" || key.startsWith("@");
  if (isText) return Array.isArray(value) ? undefined : random.pick(VALUES);
  return change(random, value, depth - 1);
}

function changeArray(random: Random, items: readonly Json[]): Json {
  const kept = items.filter(() => random.chance(0.8));
  const changed = kept.map((item) => (random.chance(0.3) ? element(random, 1) : item));
  return random.chance(0.4) ? [...changed, element(random, 1)] : changed;
}

function element(random: Random, depth: number): Json {
  if (depth === 0 || random.chance(0.4)) return random.pick(VALUES);
  const object: { [key: string]: Json } = {};
  if (random.chance(0.5)) object[`@${random.pick(NAMES)}`] = random.pick(VALUES);
  for (let left = random.int(3); left > 0; left--) {
    const child = () => element(random, depth - 1);
    object[random.pick(NAMES)] = random.chance(0.3) ? [child(), child()] : child();
  }
  return object;
}
