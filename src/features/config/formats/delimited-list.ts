import { beginsLine, lineEndOf, nextLineOf, type Splice, type TextRange } from "./text-edit.ts";

/** One element of a list in brackets. */
export interface ListItem extends TextRange {
  /** The offset of the comma behind it, where there is one. */
  readonly comma: number | undefined;
}

/** A list in brackets, with commas: an object or array of JSON, a flow collection of YAML. */
export interface DelimitedList {
  /** Behind the opening bracket. */
  readonly open: number;
  /** At the closing bracket. */
  readonly close: number;
  readonly items: readonly ListItem[];
}

/** What is to be done with a list. */
export interface ListChange {
  readonly removed: ReadonlySet<number>;
  /** New items, by the old item that they go before (the old length: at the end). */
  readonly inserted: ReadonlyMap<number, readonly string[]>;
}

/** How the text around the list looks. */
export interface ListStyle {
  /** What begins the line of a new item. */
  readonly indent: string;
  readonly eol: string;
  /** Tells whether nothing but a comment stands in this piece of a line. */
  isComment(text: string): boolean;
}

/**
 * Removes and inserts items so that every comma is right and comments stay where they are.
 * At least one of the old items must stay.
 */
export function editDelimitedList(
  text: string,
  list: DelimitedList,
  change: ListChange,
  style: ListStyle,
): Splice[] {
  const { items } = list;
  const kept = [...items.keys()].filter((index) => !change.removed.has(index));
  const lastKept = kept.at(-1) ?? -1;
  const endsWithNew = [...change.inserted.keys()].some((before) => before > lastKept);
  const mayTrail = items.at(-1)?.comma !== undefined;
  const splices = commaSplices(items, kept, { endsWithNew, mayTrail });
  for (const [before, inserted] of change.inserted) {
    const previous = kept.findLast((index) => index < before);
    const anchor = previous === undefined ? undefined : items[previous];
    const comma = before <= lastKept || mayTrail;
    splices.push(insertion(text, list, anchor, inserted.join(`,${SEPARATOR}`) + (comma ? "," : ""), style));
  }
  for (const index of change.removed) {
    const item = items[index];
    if (item !== undefined) splices.push(removal(text, list, item, style));
  }
  return splices;
}

/** Stands for what separates two new items: a new line, or a space. JSON and YAML can't hold it unescaped. */
const SEPARATOR = "\0";

/** Each item that stays needs a comma behind it, but for the last one, which keeps what the old last one had. */
function commaSplices(
  items: readonly ListItem[],
  kept: readonly number[],
  { endsWithNew, mayTrail }: { endsWithNew: boolean; mayTrail: boolean },
): Splice[] {
  return kept.flatMap((index) => {
    const item = items[index];
    if (item === undefined) return [];
    const isLast = index === kept.at(-1) && !endsWithNew;
    if (!isLast && item.comma === undefined) return [{ start: item.end, end: item.end, text: "," }];
    if (!isLast || item.comma === undefined || mayTrail) return [];
    return [{ start: item.comma, end: item.comma + 1, text: "" }];
  });
}

function insertion(
  text: string,
  list: DelimitedList,
  anchor: ListItem | undefined,
  inserted: string,
  style: ListStyle,
): Splice {
  const first = list.items[0];
  const onLines = first !== undefined && beginsLine(text, first.start);
  const after = anchor === undefined ? list.open : endOf(anchor);
  const lineEnd = lineEndOf(text, after);
  const restIsFree =
    lineEnd <= list.close && (lineEnd === after || style.isComment(text.slice(after, lineEnd)));
  if (onLines && restIsFree) {
    const newLine = style.eol + style.indent;
    return { start: lineEnd, end: lineEnd, text: newLine + inserted.replaceAll(SEPARATOR, newLine) };
  }
  const inline = inserted.replaceAll(SEPARATOR, " ");
  return { start: after, end: after, text: anchor === undefined ? `${inline} ` : ` ${inline}` };
}

/** An item that has its lines to itself goes with them, and with the comment behind it; else only its own text goes. */
function removal(text: string, list: DelimitedList, item: ListItem, style: ListStyle): Splice {
  const end = endOf(item);
  const lineEnd = lineEndOf(text, end);
  const rest = text.slice(end, lineEnd);
  if (beginsLine(text, item.start) && lineEnd <= list.close && (rest === "" || style.isComment(rest))) {
    const start = text.lastIndexOf("\n", item.start - 1) + 1;
    return { start, end: nextLineOf(text, end), text: "" };
  }
  const spaces = /^[ \t]*/.exec(rest)?.[0].length ?? 0;
  return { start: item.start, end: item.comma === undefined ? end : end + spaces, text: "" };
}

function endOf(item: ListItem): number {
  return item.comma === undefined ? item.end : item.comma + 1;
}
