import { escapeKey, escapeValue } from "properties-file/escape";
import { Properties, type PropertyNode } from "properties-file/parser";
import { messageOf } from "../../../base/errors.ts";
import { type ConfigFormat, ContentError } from "./format.ts";
import { flatDocument, type LineEntry, type LineWriter } from "./line-entry.ts";
import type { TextRange } from "./text-edit.ts";

/** Java properties (java.util.Properties.load). Keys are flat: a dot in one means nothing. */
export const properties: ConfigFormat = {
  name: "properties",
  mediaTypes: ["text/x-java-properties"],
  parse(text) {
    const { entries, comments } = read(text);
    return flatDocument(text, entries, comments, writerOf(text));
  },
};

function read(text: string): { entries: LineEntry[]; comments: TextRange[] } {
  const lines = linesOf(text);
  const entries: LineEntry[] = [];
  const comments: TextRange[] = [];
  for (const node of nodesOf(text)) {
    if (node.type === "comment") {
      const line = lines[node.lineNumber - 1];
      if (line !== undefined) comments.push({ start: line.start, end: line.end });
    }
    if (node.type === "property") entries.push(entryOf(node, lines));
  }
  return { entries, comments };
}

function nodesOf(text: string) {
  try {
    return new Properties(text).nodes;
  } catch (error) {
    // The one thing that can be wrong in a properties file; the parser does not say where.
    const wrong = /(^|[^\\])(\\\\)*\\u(?![0-9a-fA-F]{4})/.exec(text);
    const detail = wrong === null ? messageOf(error) : "A \\u is not followed by four hexadecimal digits.";
    throw new ContentError(detail, wrong === null ? 0 : wrong.index + wrong[0].length - 2);
  }
}

function entryOf(node: PropertyNode, lines: readonly PhysicalLine[]): LineEntry {
  const first = lines[node.startingLineNumber - 1] ?? { start: 0, end: 0, next: 0 };
  const last = lines[node.endingLineNumber - 1] ?? first;
  const { leadingWhitespace, escapedKey, separatorLeading, separatorChar = "", separatorTrailing } = node;
  const before = leadingWhitespace + escapedKey + separatorLeading + separatorChar + separatorTrailing;
  const valueStart = first.start + before.length;
  // A backslash ends the first line of a value that goes on; a key may go on as well, and then nothing is where it seems.
  const isContinued = node.rawLines.length > 1;
  const isClear = !isContinued || valueStart < first.end;
  return {
    key: node.key,
    value: node.value,
    start: first.start,
    end: last.end,
    next: last.next,
    valueStart: isClear ? valueStart : first.start + leadingWhitespace.length,
    valueEnd: last.end,
    isBare: separatorLeading + separatorChar + separatorTrailing === "",
    ...(isClear ? {} : { unclear: "The key is written over several lines." }),
  };
}

function writerOf(text: string): LineWriter {
  const writeValue = (value: string) =>
    // Java writes `\:` and `\=` in values, but needs them at their beginning only.
    escapeValue(value, true).replace(/(?!^)\\(.)/gs, (pair, character) =>
      ":=#!".includes(character) ? character : pair,
    );
  return {
    name: "properties",
    value: (value, _path, old) => (old?.isBare === true ? "=" : "") + writeValue(value),
    line(key, value, _path, like) {
      const separator = like === undefined ? "=" : text.slice(like.start, like.valueStart);
      const blank = /([ \t]*[=:][ \t]*|[ \t]+)$/.exec(separator)?.[0] ?? "=";
      return escapeKey(key, true) + blank + writeValue(value);
    },
  };
}

interface PhysicalLine extends TextRange {
  readonly next: number;
}

/** The lines as java.util.Properties counts them: a lone `\r` ends one too. */
function linesOf(text: string): PhysicalLine[] {
  const lines: PhysicalLine[] = [];
  let start = 0;
  for (const ending of text.matchAll(/\r\n|\r|\n/g)) {
    const next = ending.index + ending[0].length;
    lines.push({ start, end: ending.index, next });
    start = next;
  }
  return [...lines, { start, end: text.length, next: text.length }];
}
