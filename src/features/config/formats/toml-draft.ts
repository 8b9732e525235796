import type { AST } from "toml-eslint-parser";
import { type BracketStyle, editBracketedList } from "./bracketed-list.ts";
import { insertLines } from "./line-entry.ts";
import {
  applySplices,
  indentOf,
  lineEndingOf,
  lineEndOf,
  lineStartOf,
  nextLineOf,
  type Splice,
} from "./text-edit.ts";
import { rangeOf, type TomlTable } from "./toml-tree.ts";
import { isSection, keyValueLine, sectionLines, writeKey, writeName } from "./toml-write.ts";
import type { Tree, TreePath } from "./tree.ts";

/** What is to be done with the text of a TOML document, gathered before it is done. */
export interface TomlDraft {
  readonly text: string;
  readonly root: TomlTable;
  readonly eol: string;
  readonly style: Omit<BracketStyle, "step">;
  readonly splices: Splice[];
  /** What inserts or replaces whole sections: where a key is inserted at the same place, it goes before. */
  readonly sections: Splice[];
  readonly removed: Set<AST.TOMLKeyValue | AST.TOMLTable>;
  readonly addedInBraces: Map<AST.TOMLInlineTable, string[]>;
}

/** An empty draft. */
export function newDraft(text: string, root: TomlTable): TomlDraft {
  const eol = lineEndingOf(text);
  return {
    text,
    root,
    eol,
    style: { eol, comment: /#[^\n]*/g, isComment: (rest) => /^\s*(#.*)?$/.test(rest) },
    splices: [],
    sections: [],
    removed: new Set(),
    addedInBraces: new Map(),
  };
}

/** The text with all of a draft done. */
export function applyDraft(draft: TomlDraft): string {
  const { text, splices, sections, removed, addedInBraces } = draft;
  const lines: Splice[] = [];
  const inBraces = new Set(addedInBraces.keys());
  for (const node of removed) {
    if (node.type === "TOMLTable") lines.push(sectionRemoval(text, node));
    else if (node.parent.type === "TOMLInlineTable") inBraces.add(node.parent);
    // A whole section that goes takes its keys along.
    else if (node.parent.type !== "TOMLTable" || !removed.has(node.parent))
      lines.push(lineRemoval(text, node));
  }
  const braces = [...inBraces].flatMap((inline) => editBraces(draft, inline));
  return applySplices(text, [...splices, ...braces, ...lines, ...sections]);
}

function editBraces(
  { text, removed, addedInBraces, style }: TomlDraft,
  inline: AST.TOMLInlineTable,
): Splice[] {
  const items = inline.body.map((node) => rangeOf(node));
  const gone = new Set([...inline.body.keys()].filter((index) => isIn(removed, inline.body[index])));
  const added = addedInBraces.get(inline) ?? [];
  const inserted = new Map(added.length === 0 ? [] : [[items.length, added] as const]);
  if (gone.size === items.length) {
    const body = added.length === 0 ? "" : ` ${added.join(", ")} `;
    return [{ start: inline.range[0] + 1, end: inline.range[1] - 1, text: body }];
  }
  const list = { ...rangeOf(inline), items };
  return editBracketedList(text, list, { removed: gone, inserted }, { ...style, step: "" });
}

function isIn<T>(set: ReadonlySet<T>, value: T | undefined): boolean {
  return value !== undefined && set.has(value);
}

/** A header goes with its keys and the comments between them; a comment behind its last key stays. */
function sectionRemoval(text: string, node: AST.TOMLTable): Splice {
  return { start: lineStartOf(text, node.range[0]), end: nextLineBehind(text, node), text: "" };
}

function lineRemoval(text: string, node: AST.TOMLKeyValue): Splice {
  return { start: lineStartOf(text, node.range[0]), end: nextLineOf(text, node.range[1]), text: "" };
}

/** The offset behind the last line of a key or section. */
export function nextLineBehind(text: string, node: AST.TOMLKeyValue | AST.TOMLTable): number {
  return nextLineOf(text, node.range[1]);
}

/** The insertion of lines that begin with a blank one, which is left out where there is one already. */
export function sectionInsertion({ text }: TomlDraft, at: number, lines: readonly string[]): Splice {
  const isApart = at === 0 || /(^|\n)[ \t]*\r?\n$/.test(text.slice(Math.max(at - 200, 0), at));
  return insertLines(text, at, isApart ? lines.slice(1) : lines);
}

/** Adds a key to a table, in the way in which the table is written. */
export function addMember(
  draft: TomlDraft,
  table: TomlTable,
  key: string,
  value: Tree,
  path: TreePath,
): void {
  const { text } = draft;
  const place = [...path, key];
  const dotted = table.pieces.findLast(({ node }) => node.type === "TOMLKeyValue");
  if (table.inline !== undefined) {
    addInBraces(draft, table.inline, keyValueLine(writeName(key), value, place));
  } else if (table.body === undefined && dotted?.node.type === "TOMLKeyValue") {
    const { node, depth } = dotted;
    const prefix = text.slice(node.key.range[0], node.key.keys[depth]?.range[0]);
    const line = keyValueLine(prefix + writeName(key), value, place);
    if (node.parent.type === "TOMLInlineTable") addInBraces(draft, node.parent, line);
    else insertKey(draft, node, line);
  } else if (isSection(value)) {
    const last = table.pieces.at(-1);
    const at = last === undefined ? text.length : nextLineBehind(text, last.node);
    draft.sections.push(sectionInsertion(draft, at, sectionLines(place, value)));
  } else {
    addLine(draft, table, keyValueLine(writeName(key), value, place), path);
  }
}

function addInBraces({ addedInBraces }: TomlDraft, inline: AST.TOMLInlineTable, item: string): void {
  addedInBraces.set(inline, [...(addedInBraces.get(inline) ?? []), item]);
}

function addLine(draft: TomlDraft, { body, pieces }: TomlTable, line: string, path: TreePath): void {
  const last = body?.body.findLast((node) => node.type === "TOMLKeyValue");
  if (last !== undefined) insertKey(draft, last, line);
  else if (body?.type === "TOMLTable") insertKey(draft, body, line);
  else if (body !== undefined) insertAtTop(draft, body, [line]);
  else {
    // The table has no header of its own: it gets one, before that of the first table in it.
    const first = pieces[0]?.node;
    const at = first === undefined ? draft.text.length : lineStartOf(draft.text, first.range[0]);
    const text = [`[${writeKey(path)}]`, line, ""].map((each) => each + draft.eol).join("");
    draft.sections.push({ start: at, end: at, text });
  }
}

function insertKey(
  { text, splices }: TomlDraft,
  behind: AST.TOMLKeyValue | AST.TOMLTable,
  line: string,
): void {
  const at =
    behind.type === "TOMLTable" ? nextLineOf(text, behind.key.range[1]) : nextLineOf(text, behind.range[1]);
  splices.push(insertLines(text, at, [indentOf(text, behind.range[0]) + line]));
}

/** Before the first header, and the comments that stand right above it. */
function insertAtTop(
  { text, splices }: TomlDraft,
  body: AST.TOMLTopLevelTable,
  lines: readonly string[],
): void {
  const first = body.body[0];
  if (first === undefined) {
    splices.push(insertLines(text, text.length, lines));
    return;
  }
  let at = lineStartOf(text, first.range[0]);
  while (at > 0) {
    const above = lineStartOf(text, at - 1);
    if (!/^[ \t]*#/.test(text.slice(above, lineEndOf(text, above)))) break;
    at = above;
  }
  splices.push(insertLines(text, at, [...lines, ""]));
}
