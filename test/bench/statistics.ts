/** The value below which this share of the values lies (nearest rank). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new Error("a quantile of nothing");
  return value;
}

/** The middle value; of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new Error("a median of nothing");
  return (upper + lower) / 2;
}

/** Median, least and greatest of some measurements. */
export interface Summary {
  readonly median: number;
  readonly least: number;
  readonly greatest: number;
}

/** Summarises measurements of the same thing. */
export function summarise(values: readonly number[]): Summary {
  return { median: median(values), least: Math.min(...values), greatest: Math.max(...values) };
}

/** A median, and between what two values it lies with a certainty of 95 %. */
export interface MedianInterval {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 10_000;

/**
 * The median with its interval by the percentile bootstrap (Efron, 1979): the medians of as many values that are drawn of
 * these, again and again.
 * @param int gives an integer from 0 to `below` - 1.
 */
export function medianInterval(values: readonly number[], int: (below: number) => number): MedianInterval {
  const medians = Array.from({ length: RESAMPLES }, () =>
    median(values.map(() => values[int(values.length)] ?? Number.NaN)),
  );
  return { median: median(values), low: quantile(medians, 0.025), high: quantile(medians, 0.975) };
}
