import type { EventStore } from "./event-store.ts";

/** Calls over time: a row for each thread or call, a column for each stretch of time. */

/** What the rows are. */
export type RowKind = "call" | "thread";

/** How many calls there were, and how many of them failed. */
export interface GridRow {
  readonly name: string;
  readonly total: number;
  readonly counts: Uint32Array;
  readonly errors: Uint32Array;
}

/** The calls of a store. */
export interface Grid {
  /** Seconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** The busiest first. */
  readonly rows: readonly GridRow[];
  /** How many further rows there are, which are left out. */
  readonly omitted: number;
  /** The highest count of all columns. */
  readonly most: number;
}

const MAX_ROWS = 16;

/** Counts the calls of the store; undefined where there are none. */
export function gridOf(store: EventStore, kind: RowKind, columns: number): Grid | undefined {
  const { from, to } = spanOf(store);
  if (!(to >= from)) return undefined;
  const width = Math.max(to - from, 1e-6) / columns;
  const rows = new Map<string, GridRow & { total: number }>();
  for (let index = store.first; index < store.end; index += 1) {
    const { time, tid, call, error } = store.head(index);
    if (call === "" || Number.isNaN(time)) continue;
    const name = kind === "call" ? call : String(tid);
    let row = rows.get(name);
    if (row === undefined) {
      row = { name, total: 0, counts: new Uint32Array(columns), errors: new Uint32Array(columns) };
      rows.set(name, row);
    }
    const column = Math.min(columns - 1, Math.floor((time - from) / width));
    row.total += 1;
    row.counts[column] = (row.counts[column] ?? 0) + 1;
    if (error !== "") row.errors[column] = (row.errors[column] ?? 0) + 1;
  }
  const sorted = [...rows.values()].sort((one, other) => other.total - one.total);
  const shown = sorted.slice(0, MAX_ROWS);
  const most = Math.max(
    1,
    ...shown.map(({ counts }) => counts.reduce((high, each) => Math.max(high, each), 0)),
  );
  return { from, to, rows: shown, omitted: sorted.length - shown.length, most };
}

function spanOf(store: EventStore): { from: number; to: number } {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let index = store.first; index < store.end; index += 1) {
    const { time, call } = store.head(index);
    if (call === "" || Number.isNaN(time)) continue;
    if (time < from) from = time;
    if (time > to) to = time;
  }
  return { from, to };
}
