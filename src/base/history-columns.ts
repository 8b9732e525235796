import type { Summary } from "./tiered-samples.ts";

/** The columns of a history: what each of its numbers is, and how it is answered. */

/** What a column is. */
export interface ColumnKind {
  readonly description: string;
  /** Digits behind the point. */
  readonly digits: number;
  /** How the seconds of a longer interval become one number. */
  readonly summary: Summary;
}

/** A column with the name that it has in the answers. */
export interface NamedColumn<N extends string> extends ColumnKind {
  readonly name: N;
}

/** Columns with their names, in their order. */
export function namedColumns<N extends string, C extends ColumnKind>(
  columns: Readonly<Record<N, C>>,
): readonly (C & NamedColumn<N>)[] {
  return Object.entries<C>(columns).map(([name, rest]) => ({ ...rest, name: name as N }));
}

/** A row as it is answered: what is not known is null. */
export function namedValues<N extends string>(
  columns: readonly NamedColumn<N>[],
  row: ArrayLike<number>,
): Record<N, number | null> {
  const entries = columns.map(({ name, digits }, index) => [name, roundTo(row[index], digits)]);
  return Object.fromEntries(entries) as Record<N, number | null>;
}

/** A row for an interval in which nothing was known. */
export function emptyRow(columns: readonly unknown[]): Float64Array {
  return new Float64Array(columns.length).fill(Number.NaN);
}

function roundTo(value: number | undefined, digits: number): number | null {
  if (value === undefined || !Number.isFinite(value)) return null;
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}
