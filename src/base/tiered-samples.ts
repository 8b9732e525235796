import { createSampleRing, type SampleRing } from "./sample-ring.ts";

/** How the samples of a longer interval become one number. What is not known (NaN) is left out of both. */
export type Summary = "mean" | "max";

/** One resolution in which samples are kept: `capacity` intervals of `stepSeconds`. */
export interface Tier {
  readonly stepSeconds: number;
  readonly capacity: number;
}

/** Samples of some columns, kept in several resolutions. */
export interface TieredSamples {
  /** Takes the sample of a second since the epoch. Seconds that were passed over are not known. */
  add(second: number, row: ArrayLike<number>): void;
  /**
   * The intervals of one resolution that end after `fromSecond`, the oldest first. Only whole ones: the interval that
   * is under way is left out.
   */
  read(
    tier: number,
    fromSecond: number,
  ): { readonly firstSecond: number; readonly rows: readonly Float64Array[] };
}

/** Keeps samples in these resolutions. */
export function createTieredSamples(summaries: readonly Summary[], tiers: readonly Tier[]): TieredSamples {
  const kept = tiers.map((tier) => ({
    ...tier,
    ring: createSampleRing(tier.capacity, summaries.length),
    interval: createInterval(summaries),
  }));
  return {
    add(second, row) {
      for (const { stepSeconds, ring, interval } of kept) {
        if (stepSeconds === 1) ring.put(second, row);
        else addTo(interval, ring, Math.floor(second / stepSeconds), row);
      }
    },
    read(tier, fromSecond) {
      const { ring, stepSeconds = 1 } = kept[tier] ?? {};
      const { firstSlot, rows } = ring?.read(Math.floor(fromSecond / stepSeconds)) ?? {
        firstSlot: 0,
        rows: [],
      };
      return { firstSecond: firstSlot * stepSeconds, rows };
    },
  };
}

function addTo(interval: Interval, ring: SampleRing, slot: number, row: ArrayLike<number>): void {
  if (interval.slot !== undefined && interval.slot !== slot) {
    ring.put(interval.slot, interval.close());
  }
  interval.add(slot, row);
}

/** The interval that is under way. */
interface Interval {
  readonly slot: number | undefined;
  add(slot: number, row: ArrayLike<number>): void;
  /** Its summary; it is empty afterwards. */
  close(): Float64Array;
}

function createInterval(summaries: readonly Summary[]): Interval {
  const values = new Float64Array(summaries.length);
  const counts = new Uint32Array(summaries.length);
  let current: number | undefined;
  return {
    get slot() {
      return current;
    },
    add(slot, row) {
      current = slot;
      summaries.forEach((summary, column) => {
        const value = row[column] ?? Number.NaN;
        if (Number.isNaN(value)) return;
        const before = values[column] ?? 0;
        const isFirst = counts[column] === 0;
        values[column] = summary === "mean" || isFirst ? before + value : Math.max(before, value);
        counts[column] = (counts[column] ?? 0) + 1;
      });
    },
    close() {
      const row = values.map((value, column) => {
        const count = counts[column] ?? 0;
        if (count === 0) return Number.NaN;
        return summaries[column] === "mean" ? value / count : value;
      });
      values.fill(0);
      counts.fill(0);
      current = undefined;
      return row;
    },
  };
}
