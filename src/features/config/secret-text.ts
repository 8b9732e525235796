import { looksSecret } from "../../base/secrets.ts";
import type { TextRange } from "./formats/text-edit.ts";

/**
 * Where secrets stand in text that has no tree: plain configuration files, comments, connection strings. A heuristic:
 * it knows the ways in which names and values are usually written, and rather finds too much than too little.
 */

/** `name = value`, `name: value`, `"name": "value"`, `name => value`. */
const ASSIGNMENT = /(["'`]?)([A-Za-z_][\w.-]*)\1[ \t]*(?:=>|:=|[=:])[ \t]*(?=\S)/g;
/** `<name>value</name>` */
const ELEMENT = /<([\w.:-]+)(?:\s[^<>]*)?>([^<>]*[^<>\s][^<>]*)<\//dg;
/** `<add key="name" value="value"/>` */
const NAMED_ATTRIBUTE =
  /\b(?:name|key)\s*=\s*["']([^"'<>]+)["'][^<>]*?\bvalue\s*=\s*(?:"([^"]+)"|'([^']+)')/dg;
/** `<entry key="name">value</entry>` */
const NAMED_ELEMENT = /\b(?:name|key)\s*=\s*["']([^"'<>]+)["'][^<>]*>([^<>]*[^<>\s][^<>]*)<\//dg;
/** `requirepass value` */
const DIRECTIVE = /^[ \t]*([A-Za-z][\w.-]*)[ \t]+(\S[^\r\n]*?)[ \t]*;?[ \t]*$/dgm;
const REDIS_PASSWORD = /^(requirepass|masterauth)$/i;
/** The password of a URL (RFC 3986 section 3.2.1). */
const URL_PASSWORD = /\b[a-z][a-z0-9+.-]*:\/\/[^\s:/?#@]*:([^\s/?#@]+)@/dgi;
const CREDENTIAL = /\b(?:Bearer|Basic)[ \t]+([A-Za-z0-9._~+/=*-]{6,})/dg;
const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----\s*([^\s-](?:[^-]|-(?!----))*?)\s*(?:-----END|$)/dg;

/** The pieces of a text that look like secrets, in order, none overlapping. */
export function secretRanges(text: string, { directives }: { directives: boolean }): TextRange[] {
  const found = [
    ...assignments(text),
    ...named(text, ELEMENT),
    ...named(text, NAMED_ATTRIBUTE),
    ...named(text, NAMED_ELEMENT),
    ...(directives ? named(text, DIRECTIVE) : []),
    ...all(text, URL_PASSWORD),
    ...all(text, CREDENTIAL),
    ...all(text, PRIVATE_KEY),
  ];
  const merged: { start: number; end: number }[] = [];
  for (const { start, end } of found.toSorted((one, other) => one.start - other.start)) {
    const last = merged.at(-1);
    if (last !== undefined && start < last.end) last.end = Math.max(last.end, end);
    else if (end > start) merged.push({ start, end });
  }
  return merged;
}

function assignments(text: string): TextRange[] {
  const ranges: TextRange[] = [];
  for (const match of text.matchAll(ASSIGNMENT)) {
    const name = match[2] ?? "";
    if (!looksSecret(name)) continue;
    const start = match.index + match[0].length;
    ranges.push(valueRange(text, start, beginsStatement(text, match.index)));
  }
  return ranges;
}

/** What is assigned: the text in quotes, the rest of the line, or, amid a line, as far as a separator. */
function valueRange(text: string, start: number, isStatement: boolean): TextRange {
  const rest = /^[^\r\n]*/.exec(text.slice(start, start + 65_536))?.[0] ?? "";
  const quoted = /^(["'`])((?:\\.|(?!\1).)+)\1/.exec(rest)?.[2];
  if (quoted !== undefined) return { start: start + 1, end: start + 1 + quoted.length };
  const value = isStatement ? rest.trimEnd() : (/^[^\s,;&"'<>)}\]]+/.exec(rest)?.[0] ?? "");
  return { start, end: start + value.length };
}

function beginsStatement(text: string, index: number): boolean {
  const lineStart = text.lastIndexOf("\n", index - 1) + 1;
  return /^[ \t]*(?:[#;!]+|\/\/|--|\*)?[ \t]*(?:export[ \t]+|set[ \t]+|-[ \t]+)?$/.test(
    text.slice(lineStart, index),
  );
}

function named(text: string, pattern: RegExp): TextRange[] {
  return [...text.matchAll(pattern)].flatMap((match) => {
    const name = match[1] ?? "";
    if (!looksSecret(name) && !(pattern === DIRECTIVE && REDIS_PASSWORD.test(name))) return [];
    const range = match.indices?.[2] ?? match.indices?.[3];
    return range === undefined ? [] : [{ start: range[0], end: range[1] }];
  });
}

function all(text: string, pattern: RegExp): TextRange[] {
  return [...text.matchAll(pattern)].flatMap(({ indices }) => {
    const range = indices?.[1];
    return range === undefined ? [] : [{ start: range[0], end: range[1] }];
  });
}
