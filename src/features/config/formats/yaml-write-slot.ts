import { isMap, isScalar, isSeq, type Node } from "yaml";
import { cannotWrite } from "./format.ts";
import { nextLineOf, type Splice } from "./text-edit.ts";
import type { Tree, TreePath } from "./tree.ts";
import { contentEnd, type Slot, type YamlText } from "./yaml-slots.ts";
import { blockEntry, hasUnprintable, quoteYaml } from "./yaml-write.ts";

/** Writes a value into its place behind `key:` or `-`, in place of an old one or of nothing. */
export function writeSlot(yaml: YamlText, slot: Slot, value: Tree, path: TreePath): Splice[] {
  const { node, after, tag } = slot;
  if (after === undefined) throw cannotWrite(path, "The key stands without a value.");
  if (tag?.startsWith("!!") === true && !(tag === "!!str" && typeof value === "string")) {
    throw cannotWrite(path, `The value has the type ${tag} written before it.`);
  }
  const old = oldRange(yaml, node, after);
  if (slot.isFlow) return inPlace(yaml, slot, old, yaml.flow(value));

  const [head, tail] = blockText(yaml, slot, value);
  if (!isBlockCollection(node)) {
    const restOfLine = yaml.text.slice(old.end, nextLineOf(yaml.text, old.end)).trim();
    return inPlace(yaml, slot, old, tail !== "" && restOfLine !== "" ? yaml.flow(value) : head + tail);
  }
  if (slot.newline === undefined || slot.newline > old.start) return inPlace(yaml, slot, old, head + tail);
  // What stands behind `key:` on its line is a comment, and stays.
  const first = head === "" ? [] : [{ start: after, end: after, text: ` ${head}` }];
  return [...first, { start: slot.newline, end: old.end, text: tail }];
}

interface OldRange {
  readonly start: number;
  readonly end: number;
  readonly isEmpty: boolean;
}

function oldRange({ text }: YamlText, node: Node | undefined, after: number): OldRange {
  const range = node?.range;
  if (range === undefined || range === null || range[0] === range[1]) {
    return { start: after, end: after, isEmpty: true };
  }
  return { start: range[0], end: trimmedEnd(text, contentEnd(node)), isEmpty: false };
}

function inPlace(yaml: YamlText, { after = 0, before }: Slot, old: OldRange, text: string): Splice[] {
  const isOnNextLine = text.startsWith(yaml.eol);
  if (old.isEmpty) return [{ start: after, end: after, text: isOnNextLine ? text : `${before} ${text}` }];
  return [{ start: isOnNextLine ? after : old.start, end: old.end, text }];
}

/** The value as it stands in a block: what goes behind `key:` on its line, and the lines below. */
function blockText(yaml: YamlText, slot: Slot, value: Tree): [head: string, tail: string] {
  const quoted = typeof value === "string" ? scalarText(value, slot.node) : undefined;
  const entry = quoted ?? blockEntry(value, "k", yaml.step).replace(/^k: ?/, "");
  const lines = entry.replace(/\n$/, "").replaceAll(/\n(?!\n|$)/g, `\n${slot.indent}`);
  const firstEnd = lines.indexOf("\n");
  if (firstEnd === -1) return [lines, ""];
  return [lines.slice(0, firstEnd), lines.slice(firstEnd).replaceAll("\n", yaml.eol)];
}

function isBlockCollection(node: Node | undefined): boolean {
  return (isMap(node) || isSeq(node)) && node.flow !== true;
}

/** A string in the quotes of the one that it replaces, where they can hold it. */
function scalarText(value: string, old: unknown): string | undefined {
  const type = isScalar(old) ? old.type : undefined;
  // PyYAML reads a plain `=` as a type of its own.
  if (hasUnprintable(value) || value === "=") return quoteYaml(value);
  if (type === "QUOTE_DOUBLE") return quoteYaml(value);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: single quotes can't hold control characters.
  if (type === "QUOTE_SINGLE" && !/[\u0000-\u001f]/.test(value)) return `'${value.replaceAll("'", "''")}'`;
  return undefined;
}

/** The offset behind the last character before `end` that is no blank and no line end. */
export function trimmedEnd(text: string, end: number): number {
  let at = end;
  while (at > 0 && /\s/.test(text.charAt(at - 1))) at -= 1;
  return at;
}
