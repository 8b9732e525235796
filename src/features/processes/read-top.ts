import { availableParallelism, loadavg } from "node:os";
import { readCpu } from "../../linux/cgroup/cpu.ts";
import { locateCgroup } from "../../linux/cgroup/locate.ts";
import { readMemory } from "../../linux/cgroup/memory.ts";
import { createCgroupReader, createNotes, type Notes } from "../../linux/cgroup/notes.ts";
import type { CoreProcess } from "../../linux/core-process.ts";
import { arrange } from "./arrange-processes.ts";
import { listProcesses } from "./list-processes.ts";
import { INTERVAL_SECONDS, intervalMsOf } from "./list-query.ts";
import type { ProcessSummary } from "./process-schema.ts";
import type { TopQuery } from "./top-query.ts";
import type { TopReport } from "./top-schema.ts";

/** Reads the busiest processes, and what the app's cgroup uses over the same interval. */
export async function readTop(core: CoreProcess, query: TopQuery, showSecrets: boolean): Promise<TopReport> {
  const notes = createNotes();
  const pid = core.kind === "found" ? core.pid : null;
  if (core.kind === "missing") notes.add(["cpu", "memory"], { reason: core.reason, remedy: core.remedy });
  const usage = pid === null ? undefined : await openUsage(pid, notes);
  const intervalMs = intervalMsOf(query.interval, INTERVAL_SECONDS.topDefault);
  const list = await listProcesses(core, { intervalMs, showSecrets, withPss: query.sort === "pss" });
  const { cpu, memory } = (await usage?.read()) ?? UNKNOWN;
  const matching = arrange(
    list.processes.filter(({ isKernelThread }) => !isKernelThread),
    { ...query, sort: query.sort ?? "cpu", tree: "false" },
  );
  const [one = 0, five = 0, fifteen = 0] = loadavg();
  return {
    time: new Date().toISOString(),
    intervalMs: list.intervalMs,
    load: { "1min": round(one), "5min": round(five), "15min": round(fifteen) },
    machineCpus: availableParallelism(),
    ...{ cpu, memory },
    counts: countsOf(list.processes.filter(({ isCore, isKernelThread }) => isCore ?? !isKernelThread)),
    mainPid: pid,
    mainReason: list.mainReason,
    remedy: list.remedy,
    matching: matching.length,
    processes: matching.slice(0, Number(query.lines)),
    unreadable: [...notes.list],
  };
}

const UNKNOWN = {
  cpu: { usedCpus: null, limitCpus: null, usedRatio: null },
  memory: { workingSetBytes: null, limitBytes: null, usedRatio: null },
};

interface Usage {
  /** What was used since it was opened. */
  read(): Promise<Pick<TopReport, "cpu" | "memory">>;
}

async function openUsage(pid: number, notes: Notes): Promise<Usage | undefined> {
  const cgroup = await locateCgroup(pid);
  if (cgroup === undefined) {
    notes.add(["cpu", "memory"], { reason: "the app's main process has just ended", remedy: null });
    return undefined;
  }
  const before = await readCpu(createCgroupReader(cgroup, createNotes()), pid);
  const startedAtMs = performance.now();
  return {
    async read() {
      const found = createNotes();
      const reader = createCgroupReader(cgroup, found);
      const [cpu, memory] = await Promise.all([readCpu(reader, pid), readMemory(reader)]);
      const elapsedNs = (performance.now() - startedAtMs) * 1_000_000;
      const usedCpus =
        before.usageNs === null || cpu.usageNs === null
          ? null
          : round(Math.max(0, cpu.usageNs - before.usageNs) / elapsedNs);
      const limitCpus = numberOf(cpu.limitCpus);
      const limitBytes = numberOf(memory.effectiveLimitBytes);
      const { workingSetBytes } = memory;
      for (const { field, ...obstacle } of found.list) {
        if (SHOWN.has(field)) notes.add([field], obstacle);
      }
      return {
        cpu: { usedCpus, limitCpus, usedRatio: ratioOf(usedCpus, limitCpus) },
        memory: { workingSetBytes, limitBytes, usedRatio: ratioOf(workingSetBytes, limitBytes) },
      };
    },
  };
}

const SHOWN = new Set([
  "cpu.usageNs",
  "cpu.limitCpus",
  "memory.workingSetBytes",
  "memory.effectiveLimitBytes",
]);

function numberOf(limit: { readonly value: number | "unlimited" } | null): number | null {
  return limit === null || limit.value === "unlimited" ? null : limit.value;
}

function ratioOf(used: number | null, limit: number | null): number | null {
  return used === null || limit === null || limit === 0 ? null : Math.round((used / limit) * 10_000) / 10_000;
}

function countsOf(processes: readonly ProcessSummary[]): TopReport["counts"] {
  const inState = (letter: string) => processes.filter(({ stateLetter }) => stateLetter === letter).length;
  return {
    processes: processes.length,
    threads: processes.reduce((sum, { threads }) => sum + threads, 0),
    running: inState("R"),
    waitingUninterruptibly: inState("D"),
  };
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
