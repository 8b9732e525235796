import { TICKS_PER_SECOND, timeOfTicks } from "../../linux/boot-clock.ts";
import { coreMembers } from "../../linux/core-members.ts";
import type { CoreProcessFinder } from "../../linux/core-process.ts";
import { countDescriptors, readStatus } from "../../linux/proc.ts";
import { readLimits } from "../../linux/proc-limits.ts";
import type { ProcStat } from "../../linux/proc-stat.ts";
import { readProcessTable } from "../../linux/process-table.ts";
import { counter, gauge, type MetricFamily } from "../../web/metrics/metric-family.ts";
import { createProcessGroups, type ProcessFigures, type ProcessGroup } from "./process-groups.ts";

/** The app's processes for Prometheus: the main one, and all of them in groups by their names. */

/** Of an app with more processes, those with the lowest pids are counted. */
const MAX_PROCESSES = 2_000;
/** So many are read at once. */
const BATCH = 16;

/** Makes the function that reads them; it remembers what ended processes had used of the CPUs. */
export function createProcessMetrics(coreProcess: CoreProcessFinder): () => Promise<readonly MetricFamily[]> {
  const groups = createProcessGroups();
  return async () => {
    const core = await coreProcess.find();
    if (core.kind === "missing") return [];
    const table = await readProcessTable();
    const pids = [...(await coreMembers(table, core.pid))].sort((a, b) => a - b).slice(0, MAX_PROCESSES);
    const figures: ProcessFigures[] = [];
    for (let from = 0; from < pids.length; from += BATCH) {
      const stats = pids.slice(from, from + BATCH).flatMap((pid) => table.get(pid) ?? []);
      figures.push(...(await Promise.all(stats.map(readFigures))));
    }
    const main = figures.find(({ stat }) => stat.pid === core.pid);
    return [...(main === undefined ? [] : mainMetrics(main)), ...groupMetrics(groups(figures))];
  };
}

async function readFigures(stat: ProcStat): Promise<ProcessFigures> {
  const [status, openFiles, limits] = await Promise.all([
    readStatus(stat.pid).catch(() => undefined),
    countDescriptors(stat.pid).catch(() => null),
    readLimits(stat.pid).catch(() => []),
  ]);
  const maxFiles = limits.find(({ name }) => name === "open files")?.soft;
  return {
    stat,
    residentBytes: status?.residentBytes ?? null,
    openFiles,
    maxFiles: typeof maxFiles === "number" ? maxFiles : null,
  };
}

function mainMetrics({ stat, residentBytes, openFiles, maxFiles }: ProcessFigures): MetricFamily[] {
  return [
    counter("tickbird_core_main_cpu_seconds", "CPU time of the app's main process.", [
      [{ mode: "user" }, stat.userTicks / TICKS_PER_SECOND],
      [{ mode: "system" }, stat.systemTicks / TICKS_PER_SECOND],
    ]),
    gauge(
      "tickbird_core_main_resident_memory_bytes",
      "Resident memory of the app's main process.",
      residentBytes,
    ),
    gauge("tickbird_core_main_open_fds", "Open file descriptors of the app's main process.", openFiles),
    gauge("tickbird_core_main_max_fds", "How many it may have.", maxFiles),
    gauge("tickbird_core_main_threads", "Threads of the app's main process.", stat.threads),
    gauge(
      "tickbird_core_main_start_time_seconds",
      "When the app's main process started, since the epoch.",
      Date.parse(timeOfTicks(stat.startTicks)) / 1_000,
    ),
  ];
}

function groupMetrics(groups: readonly ProcessGroup[]): MetricFamily[] {
  const values = (of: (group: ProcessGroup) => number | null) =>
    groups.map((group) => [{ name: group.name }, of(group)] as const);
  return [
    gauge(
      "tickbird_core_processes",
      "Processes of the app by their names; those beyond a number of names are `other`.",
      values(({ processes }) => processes),
    ),
    counter(
      "tickbird_core_processes_cpu_seconds",
      "CPU time of the app's processes, as far as it was seen before they ended.",
      groups.flatMap(({ name, userTicks, systemTicks }) => [
        [{ name, mode: "user" }, userTicks / TICKS_PER_SECOND] as const,
        [{ name, mode: "system" }, systemTicks / TICKS_PER_SECOND] as const,
      ]),
    ),
    gauge(
      "tickbird_core_processes_resident_memory_bytes",
      "Resident memory of the app's processes; what they share is in each.",
      values(({ residentBytes }) => residentBytes),
    ),
    gauge(
      "tickbird_core_processes_threads",
      "Threads of the app's processes.",
      values(({ threads }) => threads),
    ),
    gauge(
      "tickbird_core_processes_open_fds",
      "Open file descriptors of the app's processes.",
      values(({ openFiles }) => openFiles),
    ),
    gauge(
      "tickbird_core_processes_worst_fd_ratio",
      "Open file descriptors by their limit, of the process that is nearest to it.",
      values(({ worstFilesRatio }) => worstFilesRatio),
    ),
  ];
}
