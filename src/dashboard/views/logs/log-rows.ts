import type { LogLine } from "../../api/api-types.ts";
import { displayWidth } from "./line-text.ts";

/** The lines that the page keeps of a log: the latest, up to a bound. */

/** A line of the log as it is kept. */
export interface LineRow extends Omit<LogLine, "type"> {
  readonly kind: "line";
  /** How many characters came; `text` may have fewer. */
  readonly characters: number;
  /** How many columns it takes. */
  readonly width: number;
}

/** Something about the lines between which it stands. */
export interface NoteRow {
  readonly kind: "note";
  readonly text: string;
  readonly width: number;
}

export type LogRow = LineRow | NoteRow;

/** What is kept, and how much was let go. */
export interface LogRows {
  readonly length: number;
  /** How many lines are there. */
  readonly lines: number;
  /** How many lines came that are not kept any more: the oldest. */
  readonly letGo: number;
  at(index: number): LogRow | undefined;
  addLine(line: LogLine): void;
  addNote(text: string): void;
  /** Takes away a last line that had no end, with the notes after it: it comes anew. */
  takeOpenEnd(): void;
}

const MAX_ROWS = 200_000;
const MAX_CHARACTERS = 50_000_000;
/** Of one line. */
const KEPT_CHARACTERS = 65_536;

/** Keeps nothing yet. */
export function createLogRows(limits: { maxRows?: number; maxCharacters?: number } = {}): LogRows {
  const { maxRows = MAX_ROWS, maxCharacters = MAX_CHARACTERS } = limits;
  let rows: LogRow[] = [];
  let start = 0;
  let characters = 0;
  let lines = 0;
  let letGo = 0;
  const forget = (row: LogRow, isLetGo: boolean) => {
    characters -= row.text.length;
    if (row.kind !== "line") return;
    lines -= 1;
    if (isLetGo) letGo += 1;
  };
  const add = (row: LogRow) => {
    rows.push(row);
    characters += row.text.length;
    if (row.kind === "line") lines += 1;
    while (rows.length - start > maxRows || characters > maxCharacters) {
      const oldest = rows[start];
      if (oldest === undefined || oldest === row) break;
      forget(oldest, true);
      start += 1;
    }
    // Seldom: taking each from the front would move all the others.
    if (start > 4_096 && start > rows.length / 2) {
      rows = rows.slice(start);
      start = 0;
    }
  };
  return {
    get length() {
      return rows.length - start;
    },
    get lines() {
      return lines;
    },
    get letGo() {
      return letGo;
    },
    at: (index) => rows[start + index],
    addLine({ type: _, ...line }) {
      const text = line.text.slice(0, KEPT_CHARACTERS);
      add({ ...line, kind: "line", text, characters: line.text.length, width: displayWidth(text) });
    },
    addNote(text) {
      add({ kind: "note", text, width: text.length });
    },
    takeOpenEnd() {
      let last = rows.length - 1;
      while (last >= start && rows[last]?.kind === "note") last -= 1;
      const row = rows[last];
      if (last < start || row?.kind !== "line" || row.isOpen !== true) return;
      for (const gone of rows.splice(last)) forget(gone, false);
    },
  };
}
