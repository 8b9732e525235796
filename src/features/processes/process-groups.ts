import { printable } from "../../base/printable.ts";
import type { ProcStat } from "../../linux/proc-stat.ts";

/** What is known of one process of the app; null is what can't be read. */
export interface ProcessFigures {
  readonly stat: ProcStat;
  readonly residentBytes: number | null;
  readonly openFiles: number | null;
  readonly maxFiles: number | null;
}

/** The processes of one name. A sum of which a part can't be read is null. */
export interface ProcessGroup {
  readonly name: string;
  readonly processes: number;
  readonly threads: number;
  readonly residentBytes: number | null;
  readonly openFiles: number | null;
  /** Open descriptors by their limit, of the process that is nearest to it. */
  readonly worstFilesRatio: number | null;
  /** Of all that there ever were: it only grows. */
  readonly userTicks: number;
  readonly systemTicks: number;
}

/** Names beyond these are one group: a process names itself as it likes, and each name is series for ever. */
export const MAX_GROUPS = 32;
const OTHER = "other";

interface Used {
  userTicks: number;
  systemTicks: number;
}

/**
 * Makes the function that groups processes by their names. A name keeps its group for ever, and a group what processes
 * that are gone had used when they were last seen: else its counters would fall.
 */
export function createProcessGroups(): (processes: readonly ProcessFigures[]) => readonly ProcessGroup[] {
  const used = new Map<string, Used>();
  let before = new Map<string, ProcStat>();

  const groupOf = (stat: ProcStat): string => {
    const name = printable(stat.comm);
    return used.has(name) || used.size < MAX_GROUPS ? name : OTHER;
  };

  const count = (stat: ProcStat): string => {
    const name = groupOf(stat);
    const sum = used.get(name) ?? { userTicks: 0, systemTicks: 0 };
    used.set(name, sum);
    // It may have another name than before: then what it used until then stays with that.
    const known = before.get(keyOf(stat));
    sum.userTicks += Math.max(0, stat.userTicks - (known?.userTicks ?? 0));
    sum.systemTicks += Math.max(0, stat.systemTicks - (known?.systemTicks ?? 0));
    return name;
  };

  return (processes) => {
    const members = Map.groupBy(processes, ({ stat }) => count(stat));
    before = new Map(processes.map(({ stat }) => [keyOf(stat), stat]));
    return [...used].map(([name, sum]) => ({ name, ...sum, ...sumOf(members.get(name) ?? []) }));
  };
}

function keyOf({ pid, startTicks }: ProcStat): string {
  return `${pid}:${startTicks}`;
}

function sumOf(members: readonly ProcessFigures[]) {
  return {
    processes: members.length,
    threads: members.reduce((sum, { stat }) => sum + stat.threads, 0),
    residentBytes: total(members.map(({ residentBytes }) => residentBytes)),
    openFiles: total(members.map(({ openFiles }) => openFiles)),
    worstFilesRatio: worst(members),
  };
}

function total(values: readonly (number | null)[]): number | null {
  return values.reduce((sum, value) => (sum === null || value === null ? null : sum + value), 0);
}

function worst(members: readonly ProcessFigures[]): number | null {
  const ratios = members.flatMap(({ openFiles, maxFiles }) =>
    openFiles === null || maxFiles === null || maxFiles === 0 ? [] : [openFiles / maxFiles],
  );
  return ratios.length === 0 ? null : Math.max(...ratios);
}
