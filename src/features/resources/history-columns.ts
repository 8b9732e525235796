import { type ColumnKind, namedColumns } from "../../base/history-columns.ts";
import type { MeterReading } from "../../linux/cgroup/cgroup-meter.ts";

/** What the history keeps of each second: rates of counters, and sizes. */

/** What bounds the use at the moment. NaN where nothing does, or where it is not known. */
export interface Bounds {
  readonly cpus: number;
  readonly memoryBytes: number;
}

/** Two readings of the same counters, and how far they are apart. */
interface Interval {
  readonly before: MeterReading;
  readonly after: MeterReading;
  readonly seconds: number;
  readonly bounds: Bounds;
}

interface Column extends ColumnKind {
  /** NaN where it is not known. */
  readonly of: (interval: Interval) => number;
}

const COLUMNS = {
  usedCpus: column("CPU time by time: 1 is one CPU.", 4, (all) => cpus(all)),
  usedCpusMax: column("The most in any second of the interval.", 4, (all) => cpus(all), "max"),
  cpuRatio: column(
    "The same by the effective limit: 1 is at the limit.",
    4,
    (all) => cpus(all) / all.bounds.cpus,
  ),
  throttledRatio: column("The part of the periods in which the quota was used up.", 4, throttled),
  memoryBytes: column("With the page cache.", 0, ({ after }) => after.memoryBytes),
  workingSetBytes: column("Without inactive file pages.", 0, ({ after }) => after.workingSetBytes),
  workingSetBytesMax: column(
    "The most in any second of the interval.",
    0,
    ({ after }) => after.workingSetBytes,
    "max",
  ),
  memoryRatio: column(
    "The working set by the effective limit: 1 is at the limit.",
    4,
    ({ after, bounds }) => after.workingSetBytes / bounds.memoryBytes,
  ),
  pids: column("Processes and threads.", 0, ({ after }) => after.pids),
  readBytesPerSecond: column("From block devices.", 0, (all) => rate(all, "readBytes")),
  writeBytesPerSecond: column("To block devices.", 0, (all) => rate(all, "writeBytes")),
  receiveBytesPerSecond: column("Over all interfaces but loopback.", 0, (all) => rate(all, "receiveBytes")),
  transmitBytesPerSecond: column("Over all interfaces but loopback.", 0, (all) => rate(all, "transmitBytes")),
} as const satisfies Record<string, Column>;

/** The name of a column, as it is in the answers. */
export type ColumnName = keyof typeof COLUMNS;

/** The columns in their order. */
export const HISTORY_COLUMNS = namedColumns<ColumnName, Column>(COLUMNS);

/** The row of an interval; a counter that went back gives NaN. */
export function rowOf(interval: Interval): Float64Array {
  return Float64Array.from(HISTORY_COLUMNS, (each) => each.of(interval));
}

function column(
  description: string,
  digits: number,
  of: Column["of"],
  summary: Column["summary"] = "mean",
): Column {
  return { description, digits, of, summary };
}

function cpus(interval: Interval): number {
  return rate(interval, "cpuNs") / 1_000_000_000;
}

function rate({ before, after, seconds }: Interval, counter: keyof MeterReading): number {
  const difference = after[counter] - before[counter];
  return difference < 0 || seconds <= 0 ? Number.NaN : difference / seconds;
}

function throttled({ before, after }: Interval): number {
  const periods = after.periods - before.periods;
  const throttledPeriods = after.throttledPeriods - before.throttledPeriods;
  if (periods < 0 || throttledPeriods < 0) return Number.NaN;
  return periods === 0 ? 0 : Math.min(1, throttledPeriods / periods);
}
