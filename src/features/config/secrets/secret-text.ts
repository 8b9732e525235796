import { lineEndOf, type TextRange } from "../formats/text-edit.ts";
import { isSecretName, type SecretKeys } from "./secret-keys.ts";

/**
 * Where secrets stand in text that has no tree: plain configuration files, comments, connection strings. A heuristic:
 * it knows the ways in which names and values are usually written, and rather finds too much than too little.
 *
 * The files are somebody else's: every repetition in these patterns is bounded, or ends at a character that its
 * content can't be, so that no text takes longer than its length.
 */

/** `name = value`, `name: value`, `"name": "value"`, `name => value`. */
const ASSIGNMENT = /(?<!\w)(["'`]?)([A-Za-z_][\w.-]{0,127})\1[ \t]*(?:=>|:=|[=:])[ \t]*(?=\S)/g;
/** `<name>value</name>` */
const ELEMENT = /<([\w.:-]{1,128})(?:\s[^<>]{0,300})?>([^<>]+)<\//dg;
/** `<add key="name" value="value"/>` */
const NAMED_ATTRIBUTE =
  /\b(?:name|key)\s{0,9}=\s{0,9}["']([^"'<>]{1,128})["'][^<>]{0,300}?\bvalue\s{0,9}=\s{0,9}(?:"([^"]+)"|'([^']+)')/dg;
/** `<entry key="name">value</entry>` */
const NAMED_ELEMENT = /\b(?:name|key)\s{0,9}=\s{0,9}["']([^"'<>]{1,128})["'][^<>]{0,300}>([^<>]+)<\//dg;
/** `requirepass value` */
const DIRECTIVE = /^[ \t]*([A-Za-z][\w.-]{0,127})[ \t]+(\S[^\r\n]*)$/dgm;
const REDIS_PASSWORD = /^(requirepass|masterauth)$/i;
/** The password of a URL (RFC 3986 section 3.2.1). */
const URL_PASSWORD = /(?<![a-z0-9])[a-z][a-z0-9+.-]{0,30}:\/\/[^\s:/?#@]{0,256}:([^\s/?#@]{1,1024})@/dgi;
const CREDENTIAL = /\b(?:Bearer|Basic)[ \t]{1,9}([A-Za-z0-9._~+/=*-]{6,})/dg;
const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----/g;
/** What one of the patterns above can't do without. */
const WORTH_A_LOOK = /[=:<]|Bearer|Basic|PRIVATE KEY/;

/** How far a value is looked through for its end; a longer one goes to the end of its line. */
const MAX_VALUE_LENGTH = 8_192;

/**
 * The pieces of a text that look like secrets, in order, none overlapping.
 * @param options.directives Whether `name value` counts, too, as in the files of nginx and Redis.
 * @param options.keys The names that are secret beside those that look it.
 */
export function secretRanges(
  text: string,
  { directives, keys }: { directives: boolean; keys: SecretKeys },
): TextRange[] {
  if (!directives && !WORTH_A_LOOK.test(text)) return [];
  const found = [
    ...assignments(text, keys),
    ...[ELEMENT, NAMED_ATTRIBUTE, NAMED_ELEMENT].flatMap((pattern) => named(text, pattern, keys)),
    ...(directives ? named(text, DIRECTIVE, keys) : []),
    ...oddNames(text, keys, directives),
    ...unnamed(text, URL_PASSWORD),
    ...unnamed(text, CREDENTIAL),
    ...privateKeys(text),
  ];
  const merged: { start: number; end: number }[] = [];
  for (const { start, end } of found.toSorted((one, other) => one.start - other.start)) {
    const last = merged.at(-1);
    if (last !== undefined && start < last.end) last.end = Math.max(last.end, end);
    else if (end > start) merged.push({ start, end });
  }
  return merged;
}

function assignments(text: string, keys: SecretKeys): TextRange[] {
  const ranges: TextRange[] = [];
  const pattern = new RegExp(ASSIGNMENT);
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    if (!isSecretName(match[2] ?? "", keys)) continue;
    const range = valueRange(text, pattern.lastIndex, beginsStatement(text, match.index));
    ranges.push(range);
    // What stands in the value is masked with it.
    pattern.lastIndex = Math.max(range.end, pattern.lastIndex);
  }
  return ranges;
}

/** What is assigned: the text in quotes, the rest of the line, or, amid a line, as far as a separator. */
function valueRange(text: string, start: number, isStatement: boolean): TextRange {
  const head = /^[^\r\n]*/.exec(text.slice(start, start + MAX_VALUE_LENGTH))?.[0] ?? "";
  const quoted = /^(["'`])((?:\\.|(?!\1).)+)\1/.exec(head)?.[2];
  if (quoted !== undefined) return { start: start + 1, end: start + 1 + quoted.length };
  const word = /^[^\s,;&"'<>)}\]]+/.exec(head)?.[0] ?? "";
  const isCut = word.length === MAX_VALUE_LENGTH;
  return isStatement || isCut
    ? trimmed(text, { start, end: lineEndOf(text, start) })
    : { start, end: start + word.length };
}

/** Tells whether only blanks, the mark of a comment, or `export` and the like stand before it in its line. */
function beginsStatement(text: string, index: number): boolean {
  const before = text.slice(Math.max(index - 64, 0), index);
  const line = before.slice(before.lastIndexOf("\n") + 1);
  const isWhole = line.length < before.length || index <= 64;
  return isWhole && STATEMENT_START.test(line);
}

const STATEMENT_START = /^[ \t]*(?:[#;!]+|\/\/|--|\*)?[ \t]*(?:export[ \t]+|set[ \t]+|-[ \t]+)?$/;

/** The lines that begin with a name of the settings which the patterns above would not take for one. */
function oddNames(text: string, { textNames }: SecretKeys, directives: boolean): TextRange[] {
  const odd = [...textNames].filter((name) => !/^[a-z][\w.-]*$/.test(name) && name.trim() !== "");
  if (odd.length === 0) return [];
  const names = odd.map((name) => RegExp.escape(name)).join("|");
  const separator = directives ? "(?:[ \\t]*[=:]|[ \\t])" : "[ \\t]*[=:]";
  const lines = new RegExp(
    `^[ \\t]{0,64}(?:[#;!]|//)?[ \\t]{0,64}["']?(?:${names})["']?${separator}[ \\t]*(\\S[^\\r\\n]*)$`,
    "dgim",
  );
  return unnamed(text, lines).map((range) => trimmed(text, range));
}

function named(text: string, pattern: RegExp, keys: SecretKeys): TextRange[] {
  return [...text.matchAll(pattern)].flatMap((match) => {
    const name = match[1] ?? "";
    if (!isSecretName(name, keys) && !(pattern === DIRECTIVE && REDIS_PASSWORD.test(name))) return [];
    const [start, end] = match.indices?.[2] ?? match.indices?.[3] ?? [0, 0];
    const range = trimmed(text, { start, end });
    if (pattern !== DIRECTIVE || text[range.end - 1] !== ";") return [range];
    return [trimmed(text, { start, end: range.end - 1 })];
  });
}

function unnamed(text: string, pattern: RegExp): TextRange[] {
  return [...text.matchAll(pattern)].map(({ indices }) => {
    const [start, end] = indices?.[1] ?? [0, 0];
    return { start, end };
  });
}

/** The body of a private key in PEM (RFC 7468), or all that follows where its end is missing. */
function privateKeys(text: string): TextRange[] {
  const ranges: TextRange[] = [];
  const pattern = new RegExp(PRIVATE_KEY);
  while (pattern.exec(text) !== null) {
    const start = pattern.lastIndex;
    const found = text.indexOf("-----END", start);
    const end = found === -1 ? text.length : found;
    ranges.push(trimmed(text, { start, end }));
    pattern.lastIndex = end;
  }
  return ranges;
}

function trimmed(text: string, { start, end }: TextRange): TextRange {
  const piece = text.slice(start, end);
  return { start: end - piece.trimStart().length, end: start + piece.trimEnd().length };
}
