import { NS_PER_TICK, TICKS_PER_SECOND, timeOfTicks, uptimeTicks } from "../../linux/boot-clock.ts";
import { coreMembers } from "../../linux/core-members.ts";
import type { CoreProcess } from "../../linux/core-process.ts";
import { countDescriptors, readStatus } from "../../linux/proc.ts";
import { isZombie, type ProcStat } from "../../linux/proc-stat.ts";
import { createProcessReader } from "../../linux/process-reader.ts";
import { readProcessTable } from "../../linux/process-table.ts";
import type { RuntimeFinder } from "../../linux/runtime/identify-runtime.ts";
import type { RuntimeList, RuntimeProcess } from "./runtime-schema.ts";

/** Of an app with more processes, the main one and those with the lowest pids are told. */
const MAX_PROCESSES = 2_000;
/** So many are read at once. */
const BATCH = 16;

/** Tells what each process of the core is, and what any kind of program can say of itself. Nothing is sent to them. */
export async function listRuntimes(core: CoreProcess, finder: RuntimeFinder): Promise<RuntimeList> {
  if (core.kind === "missing") {
    return { reason: core.reason, remedy: core.remedy, omitted: 0, processes: [] };
  }
  const table = await readProcessTable();
  const members = await coreMembers(table, core.pid);
  const stats = [...table.values()].filter((stat) => members.has(stat.pid) && !isZombie(stat));
  finder.keep(stats);
  const isMain = ({ pid }: ProcStat) => pid === core.pid;
  stats.sort((a, b) => Number(isMain(b)) - Number(isMain(a)) || a.pid - b.pid);
  const shown = stats.slice(0, MAX_PROCESSES);
  const processes: RuntimeProcess[] = [];
  for (let from = 0; from < shown.length; from += BATCH) {
    const batch = shown.slice(from, from + BATCH);
    processes.push(...(await Promise.all(batch.map((stat) => describe(stat, isMain(stat), finder)))));
  }
  return { reason: null, remedy: null, omitted: stats.length - shown.length, processes };
}

async function describe(stat: ProcStat, isMain: boolean, finder: RuntimeFinder): Promise<RuntimeProcess> {
  const { pid } = stat;
  const reader = createProcessReader(pid);
  const [{ runtime, obstacle }, status, openFiles] = await Promise.all([
    finder.runtimeOf(stat),
    readStatus(pid),
    reader.read(["openFiles"], () => countDescriptors(pid)),
  ]);
  if (obstacle !== undefined) reader.add(["kind", "implementation", "version", "evidence"], obstacle);
  if (runtime !== null && runtime.versionReason !== null) {
    reader.add(["version"], { reason: runtime.versionReason, remedy: null });
  }
  if (status === undefined) reader.add(["rssBytes"], { reason: "it has ended", remedy: null });
  const uptime = Math.max(0, uptimeTicks() - stat.startTicks);
  const cpuTicks = stat.userTicks + stat.systemTicks;
  return {
    ...{ pid, startTime: timeOfTicks(stat.startTicks), name: stat.comm, isMain },
    kind: runtime?.kind ?? null,
    implementation: runtime?.implementation ?? null,
    version: runtime?.version ?? null,
    versionFrom: runtime?.versionFrom ?? null,
    evidence: runtime?.evidence ?? null,
    uptimeSeconds: uptime / TICKS_PER_SECOND,
    cpuTimeNs: cpuTicks * NS_PER_TICK,
    cpuPercentSinceStart: uptime === 0 ? null : Math.round((cpuTicks / uptime) * 1_000) / 10,
    rssBytes: status?.residentBytes ?? null,
    threads: stat.threads,
    openFiles,
    unreadable: [...reader.list],
  };
}
