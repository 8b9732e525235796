import { emptyRow } from "../../base/history-columns.ts";
import { HISTORY_TIERS } from "../../base/history-window.ts";
import { createTieredSamples } from "../../base/tiered-samples.ts";
import type { MeterReading } from "../../linux/cgroup/cgroup-meter.ts";
import { type Bounds, HISTORY_COLUMNS, rowOf } from "./history-columns.ts";

/** How many beginnings of the app are kept. */
const MAX_STARTS = 64;

/** Which process the figures are of. */
export interface Subject {
  readonly pid: number;
  readonly startTime: string;
  /** The path of its cgroup: where it changes, the counters are others. */
  readonly cgroupPath: string;
}

/** What was found in one second. */
export interface Sample {
  readonly subject: Subject;
  readonly reading: MeterReading;
  readonly bounds: Bounds;
}

/** When the figures of a process begin. */
export interface Start {
  readonly second: number;
  readonly pid: number;
  readonly startTime: string;
}

/** Turns readings into rates and keeps them. It knows no clock: every moment is told to it. */
export interface Recorder {
  /**
   * Takes what was found, or undefined where nothing was.
   * @param second since the epoch; a second that was recorded already is left as it is.
   * @param elapsedMs of a clock that only goes forward: what rates are counted by.
   */
  record(second: number, elapsedMs: number, sample: Sample | undefined): void;
  /** The rows of a resolution whose intervals end after `fromSecond`, the oldest first. */
  read(
    tier: number,
    fromSecond: number,
  ): { readonly firstSecond: number; readonly rows: readonly Float64Array[] };
  /** The row of the last second; undefined before the first. */
  latest(): { readonly second: number; readonly row: Float64Array } | undefined;
  /** The processes whose figures are kept, the oldest first. */
  starts(): readonly Start[];
}

/** Makes a recorder: some 220 kB of memory, all of it taken at once. */
export function createRecorder(): Recorder {
  const samples = createTieredSamples(
    HISTORY_COLUMNS.map(({ summary }) => summary),
    HISTORY_TIERS,
  );
  const starts: Start[] = [];
  let before: (Sample & { elapsedMs: number }) | undefined;
  let latest: { second: number; row: Float64Array } | undefined;

  const compare = (elapsedMs: number, sample: Sample | undefined): Float64Array => {
    if (sample === undefined || before === undefined || !isSame(before.subject, sample.subject)) {
      return emptyRow(HISTORY_COLUMNS);
    }
    const seconds = (elapsedMs - before.elapsedMs) / 1_000;
    return rowOf({ before: before.reading, after: sample.reading, seconds, bounds: sample.bounds });
  };

  return {
    record(second, elapsedMs, sample) {
      if (second === latest?.second) return;
      const row = compare(elapsedMs, sample);
      samples.add(second, row);
      latest = { second, row };
      const last = starts.at(-1);
      if (sample !== undefined && (last === undefined || !isSameProcess(last, sample.subject))) {
        starts.push({ second, pid: sample.subject.pid, startTime: sample.subject.startTime });
        if (starts.length > MAX_STARTS) starts.shift();
      }
      before = sample === undefined ? undefined : { ...sample, elapsedMs };
    },
    read: samples.read,
    latest: () => latest,
    starts: () => starts,
  };
}

function isSameProcess(one: Pick<Subject, "pid" | "startTime">, other: Subject): boolean {
  return one.pid === other.pid && one.startTime === other.startTime;
}

function isSame(one: Subject, other: Subject): boolean {
  return isSameProcess(one, other) && one.cgroupPath === other.cgroupPath;
}
