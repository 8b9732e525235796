import { TICKS_PER_SECOND } from "../../src/linux/boot-clock.ts";
import { readIfThere, readStat } from "../../src/linux/proc.ts";
import { descendantsOf, readProcessTable } from "../../src/linux/process-table.ts";

/** What a process and all below it use. */

/** CPU time of the living tree in microseconds, to a hundredth of a second: user and system, of all threads. */
export async function cpuUs(pid: number): Promise<number> {
  let ticks = 0;
  for (const one of await treeOf(pid)) {
    const stat = await readStat(one);
    if (stat !== undefined) ticks += stat.userTicks + stat.systemTicks;
  }
  return (ticks / TICKS_PER_SECOND) * 1e6;
}

/** Resident memory of the tree in bytes; pages that its processes share are counted once for each. */
export async function residentBytes(pid: number): Promise<number> {
  let kibibytes = 0;
  for (const one of await treeOf(pid)) {
    const status = (await readIfThere(`/proc/${one}/status`)) ?? "";
    kibibytes += Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
  }
  return kibibytes * 1_024;
}

/** The pids of a process and of all below it. */
export async function treeOf(pid: number): Promise<number[]> {
  const table = await readProcessTable();
  return [pid, ...descendantsOf(table, pid).map((stat) => stat.pid)];
}
