import { stringify } from "yaml";
import type { Random } from "../../../support/random.ts";
import { randomTomlLines } from "./random-toml.ts";
import { type Json, randomObject, randomScalar } from "./random-trees.ts";
import { randomXmlLines } from "./random-xml.ts";

/** Random documents of each format, with comments, blank lines and odd but valid spellings. */

/** Makes a random document. */
export type DocumentMaker = (random: Random) => string;

let comments = 0;
const comment = (mark: string) => `${mark} comment ${++comments}, with: "signs" = {a}`;

/** The documents of each format. */
export const DOCUMENTS: Readonly<
  Record<"json" | "jsonc" | "json5" | "yaml" | "toml" | "xml" | "ini" | "properties" | "env", DocumentMaker>
> = {
  json: (random) => randomJson(random, false),
  jsonc: (random) => randomJson(random, true),
  json5: randomJson5,
  yaml: randomYaml,
  toml: (random) =>
    withLineEnds(
      random,
      randomTomlLines(random, () => comment("#")),
    ),
  xml: (random) =>
    withLineEnds(
      random,
      randomXmlLines(random, () => comment("")),
    ),
  ini: randomIni,
  properties: randomProperties,
  env: randomEnv,
};

function withLineEnds(random: Random, lines: readonly string[]): string {
  const eol = random.pick(["\n", "\r\n"]);
  return lines.join("\n").replaceAll("\n", eol) + (random.chance(0.8) ? eol : "");
}

function randomJson(random: Random, isLenient: boolean): string {
  const tree = randomObject(random, 4);
  if (random.chance(0.2)) return JSON.stringify(tree);
  const step = random.pick(["  ", "    ", "\t"]);
  if (!isLenient) return withLineEnds(random, JSON.stringify(tree, null, step).split("\n"));
  const lines = JSON.stringify(tree, null, step).split("\n");
  const odd = lines.flatMap((line, index) => {
    const before = random.chance(0.15) && index > 0 ? [`${step}${comment("//")}`] : [];
    const isEmptyPair = /[{[][}\]],?$/.test(line);
    const needsComma = /^\s*[}\]]/.test(lines[index + 1] ?? "") && !/[,{[]$/.test(line) && !isEmptyPair;
    const comma = needsComma && random.chance(0.3) ? "," : "";
    const behind =
      random.chance(0.2) && index > 0
        ? ` ${random.chance(0.5) ? comment("//") : `/* ${comment("")}, */`}`
        : "";
    return [...before, line + comma + behind];
  });
  return withLineEnds(random, odd);
}

/** JSON with comments, with names without quotes, strings in single quotes, and numbers as only JSON5 has them. */
function randomJson5(random: Random): string {
  const isBare = random.chance(0.5);
  return randomJson(random, true)
    .replace(/"([A-Za-z_]\w*)"(?=:)/g, (quoted, name: string) => (isBare ? name : quoted))
    .replace(/(?<=: )"([\w ]*)"/g, (quoted, inner: string) => (random.chance(0.5) ? `'${inner}'` : quoted))
    .replace(/(?<=: )42\b/g, () => random.pick(["+42", "0x2A", "42.", "Infinity", "-NaN"]));
}

function randomYaml(random: Random): string {
  const tree = randomObject(random, 4);
  const text = stringify(tree, {
    indent: random.pick([2, 3, 4]),
    indentSeq: random.chance(0.5),
    lineWidth: random.pick([0, 20, 80]),
    blockQuote: random.pick([true, false, "literal"] as const),
    defaultStringType: random.pick(["PLAIN", "QUOTE_DOUBLE", "QUOTE_SINGLE"] as const),
    collectionStyle: random.pick(["any", "any", "any", "flow"] as const),
    aliasDuplicateObjects: false,
  });
  const lines = text.split("\n");
  // Comments go only where they can't become part of a block scalar: everywhere, where there are none.
  const mayComment =
    !/[|>][-+0-9]*$/m.test(text) && !/^\s*[^\s"'#-][^:"']*$/m.test(text) && !/"[^"\n]*$/m.test(text);
  const odd = lines.flatMap((line) => {
    if (!mayComment || line === "") return [line];
    const indent = /^ */.exec(line)?.[0] ?? "";
    const before = random.chance(0.15) ? [indent + comment("#")] : [];
    const blank = random.chance(0.05) ? [""] : [];
    const behind = random.chance(0.15) && /[:\w"'\]}]$/.test(line) ? ` ${comment("#")}` : "";
    return [...blank, ...before, line + behind];
  });
  return withLineEnds(random, random.chance(0.2) ? ["---", ...odd] : odd);
}

const INI_VALUES = [
  "1",
  "plain",
  "two words",
  '"in quotes"',
  "'single'",
  "",
  "a=b",
  "C:\\x",
  "x;y",
  "a#b",
  "1, 2",
];

function randomIni(random: Random): string {
  const lines: string[] = [];
  const key = () => random.pick(["alpha", "beta", "Gamma", "a.b", "x-y", "two words"]);
  const entry = () => key() + random.pick(["=", " = ", ": "]) + random.pick(INI_VALUES);
  const fill = () => {
    for (let left = random.int(5); left > 0; left--) {
      if (random.chance(0.2)) lines.push(comment(random.pick([";", "#"])));
      if (random.chance(0.1)) lines.push("");
      lines.push(random.chance(0.1) ? "bare-key" : entry());
    }
  };
  fill();
  for (let left = random.int(4); left > 0; left--) {
    lines.push(`[${random.pick(["one", "two", "three.four", 'remote "x"'])}]`);
    fill();
  }
  return withLineEnds(random, lines);
}

const PROPERTY_VALUES = [
  "1",
  "plain words",
  "",
  "jdbc\\:x\\=y",
  "\\u00e9\\t",
  "a\\\n   b",
  "x=y",
  "# no",
  "\\ lead",
];

function randomProperties(random: Random): string {
  const lines: string[] = [];
  for (let left = random.int(8); left > 0; left--) {
    if (random.chance(0.3)) lines.push(comment(random.pick(["#", "!"])));
    if (random.chance(0.1)) lines.push("");
    const key = random.pick(["a", "a.b", "x-y", "with\\ blank", "\\u00fc", "k:".replace(":", "\\:")]);
    const separator = random.pick(["=", " = ", ":", " "]);
    lines.push(random.chance(0.1) ? key : key + separator + random.pick(PROPERTY_VALUES));
  }
  return withLineEnds(random, lines);
}

const ENV_VALUES = [
  "1",
  "",
  "plain",
  "two words",
  "'single $x'",
  '"double \\n x"',
  '"multi\nline"',
  "a#b",
  "x # behind",
  "`tick`",
];

function randomEnv(random: Random): string {
  const lines: string[] = [];
  for (let left = random.int(8); left > 0; left--) {
    if (random.chance(0.3)) lines.push(comment("#"));
    if (random.chance(0.1)) lines.push("");
    const key = random.pick(["A", "B_C", "d.e", "F-1"]);
    lines.push(random.chance(0.1) ? key : `${random.pick(["", "export "])}${key}=${random.pick(ENV_VALUES)}`);
  }
  return withLineEnds(random, lines);
}

/** A merge patch that only replaces scalars by other ones, for trees whose values are all strings. */
export function randomStringPatch(random: Random, tree: Json): Json {
  if (typeof tree !== "object" || tree === null || Array.isArray(tree)) {
    const value = randomScalar(random);
    return typeof value === "string" ? value : String(value);
  }
  const patch: { [key: string]: Json } = {};
  for (const [key, value] of Object.entries(tree)) {
    if (random.chance(0.5)) patch[key] = random.chance(0.2) ? null : randomStringPatch(random, value);
  }
  if (random.chance(0.4)) patch[random.pick(["new", "other.key"])] = String(randomScalar(random));
  return patch;
}
