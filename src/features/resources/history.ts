import { HISTORY_COLUMNS, namedValues } from "./history-columns.ts";
import { type Recorder, TIERS } from "./recorder.ts";
import type { ResourceHistory } from "./resource-schema.ts";

/** What was recorded, in the finest resolution that the window fits into. */

/** The longest window: a day. */
export const MAX_WINDOW_SECONDS = 86_400;
const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** The seconds of a window such as `90s`, `5m`, `24h`, `1d`; undefined for anything else, and beyond a day. */
export function parseWindow(text: string): number | undefined {
  const [, digits, unit] = /^([1-9]\d{0,5})([smhd])$/.exec(text) ?? [];
  const inUnit = Object.entries(SECONDS).find(([name]) => name === unit)?.[1];
  const seconds = digits === undefined || inUnit === undefined ? Number.NaN : Number(digits) * inUnit;
  return seconds <= MAX_WINDOW_SECONDS ? seconds : undefined;
}

/** The history of the last `windowSeconds`, as of the second `now`. */
export function historyOf(recorder: Recorder, windowSeconds: number, now: number): ResourceHistory {
  const tier = TIERS.findIndex(({ stepSeconds, capacity }) => windowSeconds <= stepSeconds * capacity);
  const { stepSeconds } = TIERS[tier] ?? TIERS[2];
  const fromSecond = now - windowSeconds + 1;
  const { firstSecond, rows } = recorder.read(tier, fromSecond);
  return {
    ...{ windowSeconds, stepSeconds },
    starts: recorder
      .starts()
      .filter(({ second }) => second >= fromSecond)
      .map(({ second, pid, startTime }) => ({ time: timeOf(second), pid, startTime })),
    points: rows.map((row, index) => ({
      time: timeOf(firstSecond + index * stepSeconds),
      ...namedValues(row),
    })),
  };
}

/** The history as CSV (RFC 4180): a line of names, then one for each point; what is not known is empty. */
export function historyCsv({ points }: ResourceHistory): string {
  const names = HISTORY_COLUMNS.map(({ name }) => name);
  const lines = points.map((point) => [point.time, ...names.map((name) => point[name] ?? "")].join(","));
  return [["time", ...names].join(","), ...lines, ""].join("\r\n");
}

function timeOf(second: number): string {
  return new Date(second * 1_000).toISOString();
}
