import { type ColumnKind, namedColumns } from "../../base/history-columns.ts";
import type { LatencyReading } from "../../base/recent-latency.ts";
import type { TrafficCounts } from "./traffic-counts.ts";

/** What the history keeps of each second: rates of what was counted, and how long the core took. */

/** What was found in one second. */
export interface TrafficSample {
  /** Since the start. */
  readonly counts: TrafficCounts;
  readonly inFlight: number;
  readonly latency: LatencyReading;
}

/** Two samples, and how far they are apart. The first is missing where there is none to compare with. */
interface Interval {
  readonly before: TrafficSample | undefined;
  readonly after: TrafficSample;
  readonly seconds: number;
}

interface Column extends ColumnKind {
  /** NaN where it is not known. */
  readonly of: (interval: Interval) => number;
  /** Whether it is true of the whole interval, and not only of its end. */
  readonly isOfWhole: boolean;
}

const COLUMNS = {
  requestsPerSecond: rate("Requests that were over.", "requests"),
  requestsPerSecondMax: rate("The most in any second of the interval.", "requests", "max"),
  clientErrorsPerSecond: rate("Of them, those answered with 4xx.", "clientErrors"),
  serverErrorsPerSecond: rate("Of them, those answered with 5xx.", "serverErrors"),
  failuresPerSecond: rate(
    "Those whose answer did not come whole from the app, by anyone's fault.",
    "failures",
  ),
  coreFailuresPerSecond: rate("The same, by the app's fault.", "coreFailures"),
  sidecarFailuresPerSecond: rate("The same, by the sidecar's fault.", "sidecarFailures"),
  meanMs: mean("What the app took to the heads of its answers.", 3, ({ after }) =>
    known(after.latency.meanMs),
  ),
  p50Ms: mean("Half of them took no longer; over several seconds, the mean of theirs.", 3, ({ after }) =>
    known(after.latency.p50Ms),
  ),
  p95Ms: mean("Of a hundred, 95 took no longer.", 3, ({ after }) => known(after.latency.p95Ms)),
  p99Ms: mean("Of a hundred, 99 took no longer.", 3, ({ after }) => known(after.latency.p99Ms)),
  p99MsMax: most("The worst second of the interval.", 3, ({ after }) => known(after.latency.p99Ms)),
  inFlight: mean(
    "Requests and upgraded connections that are with the app.",
    1,
    ({ after }) => after.inFlight,
  ),
  inFlightMax: most("The most in any second of the interval.", 0, ({ after }) => after.inFlight),
  waiting: mean("Requests whose answers have not begun.", 1, ({ after }) => after.latency.waiting),
} as const satisfies Record<string, Column>;

/** The name of a column, as it is in the answers. */
export type ColumnName = keyof typeof COLUMNS;

/** The columns in their order. */
export const HISTORY_COLUMNS = namedColumns<ColumnName, Column>(COLUMNS);

/** The row of an interval; a counter that went back, as when a process of the cluster is gone, gives NaN. */
export function rowOf(interval: Interval): Float64Array {
  return Float64Array.from(HISTORY_COLUMNS, (each) => each.of(interval));
}

/** The row of each second that was passed over on the way to the end of an interval: its rates alone are known. */
export function passedRowOf(interval: Interval): Float64Array {
  return Float64Array.from(HISTORY_COLUMNS, (each) => (each.isOfWhole ? each.of(interval) : Number.NaN));
}

function rate(
  description: string,
  counter: keyof TrafficCounts,
  summary: Column["summary"] = "mean",
): Column {
  const of = ({ before, after, seconds }: Interval) => {
    if (before === undefined || seconds <= 0) return Number.NaN;
    const difference = after.counts[counter] - before.counts[counter];
    return difference < 0 ? Number.NaN : difference / seconds;
  };
  return { description, digits: 3, of, summary, isOfWhole: true };
}

function mean(description: string, digits: number, of: Column["of"]): Column {
  return { description, digits, of, summary: "mean", isOfWhole: false };
}

function most(description: string, digits: number, of: Column["of"]): Column {
  return { description, digits, of, summary: "max", isOfWhole: false };
}

function known(value: number | null): number {
  return value ?? Number.NaN;
}
