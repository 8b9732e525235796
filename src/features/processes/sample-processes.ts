import { setTimeout as delay } from "node:timers/promises";
import { TICKS_PER_SECOND } from "../../linux/boot-clock.ts";
import type { ProcStat } from "../../linux/proc-stat.ts";
import { type ProcessTable, readProcessTable } from "../../linux/process-table.ts";
import { type IoSample, sampleIo } from "./io-rates.ts";

/** All processes, and what each used of the CPUs, read and wrote in the time before. */
export interface ProcessSample {
  readonly table: ProcessTable;
  readonly intervalMs: number;
  cpuPercentOf(stat: ProcStat): number | null;
  readonly io: IoSample;
}

/** Reads all processes twice, `intervalMs` apart: from `/proc/<pid>/stat`, which nobody refuses, and `io`, where it may be read. */
export async function sampleProcesses(intervalMs: number): Promise<ProcessSample> {
  const before = await readProcessTable();
  const startedAtMs = performance.now();
  const io = await sampleIo(before);
  await delay(Math.max(0, intervalMs - (performance.now() - startedAtMs)));
  const measuredMs = performance.now() - startedAtMs;
  const table = await readProcessTable();
  return {
    ...{ table, io },
    intervalMs: Math.round(measuredMs),
    cpuPercentOf: (stat) => cpuPercent(before.get(stat.pid), stat, measuredMs),
  };
}

/** The CPU use between two looks at a process or thread, in percent of one CPU; `before` may be another one of the same id. */
export function cpuPercent(before: ProcStat | undefined, now: ProcStat, intervalMs: number): number {
  // One that has started meanwhile has used all it has within the interval.
  const base = before?.startTicks === now.startTicks ? before.userTicks + before.systemTicks : 0;
  const seconds = Math.max(0, now.userTicks + now.systemTicks - base) / TICKS_PER_SECOND;
  return Math.round((seconds / intervalMs) * 1_000_000) / 10;
}
