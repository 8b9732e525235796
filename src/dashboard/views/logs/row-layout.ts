import type { LogRows } from "./log-rows.ts";

/** Which part of which line each row of the list shows: one a line, or as many as it takes. */

/** Of one line; the rest is said to be there. */
export const MAX_PARTS = 40;

/** A row of the list. */
export interface ListRow {
  /** Of the line. */
  readonly index: number;
  /** From 0. */
  readonly part: number;
  readonly isLast: boolean;
}

/** The rows of a list. */
export interface RowLayout {
  readonly length: number;
  row(index: number): ListRow;
  /** The first row of a line. */
  rowOf(line: number): number;
}

/** One row a line. */
export function flatLayout(rows: LogRows): RowLayout {
  return {
    length: rows.length,
    row: (index) => ({ index, part: 0, isLast: true }),
    rowOf: (line) => line,
  };
}

/** As many rows as each line takes, up to {@link MAX_PARTS}. @param columns that a row has. */
export function wrappedLayout(rows: LogRows, columns: number): RowLayout {
  // Where each line ends, in rows.
  const ends = new Uint32Array(rows.length);
  let end = 0;
  for (let index = 0; index < rows.length; index += 1) {
    end += partsOf(rows.at(index)?.width ?? 0, columns);
    ends[index] = end;
  }
  const startOf = (line: number) => (line === 0 ? 0 : (ends[line - 1] ?? 0));
  return {
    length: end,
    row(at) {
      let [low, high] = [0, ends.length - 1];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((ends[middle] ?? 0) > at) high = middle;
        else low = middle + 1;
      }
      return { index: low, part: at - startOf(low), isLast: at + 1 === ends[low] };
    },
    rowOf: startOf,
  };
}

function partsOf(width: number, columns: number): number {
  return Math.min(Math.max(1, Math.ceil(width / columns)), MAX_PARTS);
}
