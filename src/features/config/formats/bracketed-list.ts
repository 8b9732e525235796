import { editDelimitedList, type ListChange, type ListItem } from "./delimited-list.ts";
import { beginsLine, indentOf, type Splice, type TextRange } from "./text-edit.ts";

/** A list in brackets as a parser gives it: where its elements stand, and not where the commas do. */
export interface BracketedList extends TextRange {
  readonly items: readonly TextRange[];
}

/** How a list in brackets is written. */
export interface BracketStyle {
  readonly eol: string;
  /** What one level is indented by; empty where new lists stand on one line. */
  readonly step: string;
  /** Matches every comment of a piece of text: global, and without line ends where they end it. */
  readonly comment: RegExp;
  /** Tells whether nothing but a comment stands in this piece of a line. */
  isComment(text: string): boolean;
}

/** Removes and inserts elements; where nothing of the old is left, what stands in the brackets is written anew. */
export function editBracketedList(
  text: string,
  list: BracketedList,
  change: ListChange,
  style: BracketStyle,
): Splice[] {
  if (change.removed.size === 0 && change.inserted.size === 0) return [];
  const { eol, isComment } = style;
  const open = list.start + 1;
  const close = list.end - 1;
  const indent = itemIndent(text, list, style.step);
  if (list.items.length > change.removed.size) {
    const items = withCommas(text, list.items, close, style.comment);
    return editDelimitedList(text, { open, close, items }, change, { indent, eol, isComment });
  }
  const inserted = [...change.inserted.values()].flat();
  const lines =
    inserted.length === 0 || style.step === ""
      ? inserted.join(", ")
      : eol + indent + inserted.join(`,${eol}${indent}`) + eol + indentOf(text, list.start);
  return [{ start: open, end: close, text: lines }];
}

/** What begins the line of an element of a list. */
export function itemIndent(text: string, { start, items }: BracketedList, step: string): string {
  const first = items[0];
  if (first !== undefined && beginsLine(text, first.start)) return indentOf(text, first.start);
  return indentOf(text, start) + step;
}

function withCommas(text: string, items: readonly TextRange[], close: number, comment: RegExp): ListItem[] {
  return items.map(({ start, end }, index) => {
    // Comments may hold commas.
    const comma = text
      .slice(end, items[index + 1]?.start ?? close)
      .replace(comment, (found) => " ".repeat(found.length))
      .indexOf(",");
    return { start, end, comma: comma === -1 ? undefined : end + comma };
  });
}
