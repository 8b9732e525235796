import { type ProcessIo, readIo } from "../../linux/proc-io.ts";
import type { ProcStat } from "../../linux/proc-stat.ts";
import type { ProcessTable } from "../../linux/process-table.ts";
import type { ProcessSummary } from "./process-schema.ts";

/** How fast processes read and write. */

/** What a process reads and writes in a second. */
export type IoRates = NonNullable<ProcessSummary["ioRates"]>;

interface Reading {
  readonly io: ProcessIo;
  readonly atMs: number;
}

/** What each process had read and written when an interval began. */
export interface IoSample {
  /** From then to now, where `now` is what was just read; null where it could not be read then. */
  ratesOf(stat: Pick<ProcStat, "pid" | "startTicks">, now: ProcessIo): IoRates | null;
}

/** Takes the sample with which an interval begins. */
export async function sampleIo(table: ProcessTable): Promise<IoSample> {
  const startedAtMs = performance.now();
  const readings = new Map<number, Reading>();
  await Promise.all(
    [...table.keys()].map(async (pid) => {
      // What keeps us from it now keeps us from it later as well, and is told then.
      const io = await readIo(pid).catch(() => undefined);
      if (io !== undefined) readings.set(pid, { io, atMs: performance.now() });
    }),
  );
  return {
    ratesOf({ pid, startTicks }, now) {
      const isNew = table.get(pid)?.startTicks !== startTicks;
      // One that has started meanwhile has read and written all it has within the interval.
      const before = isNew ? { io: undefined, atMs: startedAtMs } : readings.get(pid);
      return before === undefined ? null : ratesBetween(before.io, now, performance.now() - before.atMs);
    },
  };
}

function ratesBetween(before: ProcessIo | undefined, now: ProcessIo, elapsedMs: number): IoRates {
  const rate = (field: keyof ProcessIo) => {
    const perMs = Math.max(0, now[field] - (before?.[field] ?? 0)) / Math.max(1, elapsedMs);
    return Math.round(perMs * 10_000) / 10;
  };
  return {
    readBytesPerSecond: rate("readBytes"),
    writeBytesPerSecond: rate("writeBytes"),
    readCallBytesPerSecond: rate("readCallBytes"),
    writeCallBytesPerSecond: rate("writeCallBytes"),
    readCallsPerSecond: rate("readCalls"),
    writeCallsPerSecond: rate("writeCalls"),
  };
}
