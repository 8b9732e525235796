import { readIfThere } from "./proc.ts";
import { ancestorsOf, descendantsOf, ownPids, type ProcessTable } from "./process-table.ts";

/**
 * The processes of the core: its main one, those below it, and those in its container, which are the ones in the same
 * cgroup: a daemon is below nobody. The cgroup says nothing where the sidecar is in it too, as without containers.
 * Never the sidecar's own, what has started it, or a kernel thread.
 */
export async function coreMembers(table: ProcessTable, mainPid: number): Promise<ReadonlySet<number>> {
  const excluded = new Set(ownPids(table));
  for (const { pid } of ancestorsOf(table, process.pid)) excluded.add(pid);
  const below = [mainPid, ...descendantsOf(table, mainPid).map(({ pid }) => pid)];
  const members = new Set(below.filter((pid) => table.has(pid)));
  const [theirs, ours] = await Promise.all([cgroupOf(mainPid), cgroupOf(process.pid)]);
  if (theirs !== undefined && theirs !== ours) {
    const others = [...table.keys()].filter((pid) => !members.has(pid));
    const inside = await Promise.all(others.map(async (pid) => (await cgroupOf(pid)) === theirs));
    others.forEach((pid, index) => {
      if (inside[index] === true) members.add(pid);
    });
  }
  return new Set(
    [...members].filter((pid) => !excluded.has(pid) && table.get(pid)?.isKernelThread === false),
  );
}

/** Readable for everyone, and the same text for all processes of a container (proc_pid_cgroup(5)). */
function cgroupOf(pid: number): Promise<string | undefined> {
  return readIfThere(`/proc/${pid}/cgroup`);
}
