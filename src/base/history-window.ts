import type { TieredSamples } from "./tiered-samples.ts";

/** How far back a history goes, in which resolutions, and how a window of it is asked for. */

/** The resolutions that are kept: a second for 5 minutes, 10 seconds for an hour, a minute for a day. */
export const HISTORY_TIERS = [
  { stepSeconds: 1, capacity: 300 },
  { stepSeconds: 10, capacity: 360 },
  { stepSeconds: 60, capacity: 1_440 },
] as const;

/** The longest window: a day. */
const MAX_WINDOW_SECONDS = 86_400;
const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** The seconds of a window such as `90s`, `5m`, `24h`, `1d`; undefined for anything else, and beyond a day. */
export function parseWindow(text: string): number | undefined {
  const [, digits, unit] = /^([1-9]\d{0,5})([smhd])$/.exec(text) ?? [];
  const inUnit = Object.entries(SECONDS).find(([name]) => name === unit)?.[1];
  const seconds = digits === undefined || inUnit === undefined ? Number.NaN : Number(digits) * inUnit;
  return seconds <= MAX_WINDOW_SECONDS ? seconds : undefined;
}

/** The intervals of the last seconds, in the finest resolution that they fit into. */
export interface HistoryWindow {
  readonly windowSeconds: number;
  readonly stepSeconds: number;
  /** The first second that the window takes in. */
  readonly fromSecond: number;
  readonly intervals: readonly { readonly time: string; readonly row: Float64Array }[];
}

/** The last `windowSeconds` of samples that were kept in {@link HISTORY_TIERS}, as of the second `now`; the oldest first. */
export function readWindow(
  samples: Pick<TieredSamples, "read">,
  windowSeconds: number,
  now: number,
): HistoryWindow {
  const tier = HISTORY_TIERS.findIndex(
    ({ stepSeconds, capacity }) => windowSeconds <= stepSeconds * capacity,
  );
  const { stepSeconds } = HISTORY_TIERS[tier] ?? HISTORY_TIERS[2];
  const fromSecond = now - windowSeconds + 1;
  const { firstSecond, rows } = samples.read(tier, fromSecond);
  const intervals = rows.map((row, index) => ({ time: timeOf(firstSecond + index * stepSeconds), row }));
  return { windowSeconds, stepSeconds, fromSecond, intervals };
}

/** A second since the epoch, in ISO 8601. */
export function timeOf(second: number): string {
  return new Date(second * 1_000).toISOString();
}
