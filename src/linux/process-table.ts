import { adoptedPids } from "./adopted.ts";
import { listPids, readStat } from "./proc.ts";
import type { ProcStat } from "./proc-stat.ts";
import { startedPids } from "./spawn.ts";

/** All visible processes at one moment, by pid. */
export type ProcessTable = ReadonlyMap<number, ProcStat>;

/** Small programs that do nothing but start and reap the real one. */
const INITS = new Set(["tini", "docker-init", "dumb-init", "catatonit", "s6-svscan"]);

/** Reads all processes. One that ends meanwhile is left out. */
export async function readProcessTable(): Promise<ProcessTable> {
  const stats = await Promise.all((await listPids()).map(readStat));
  return new Map(stats.flatMap((stat) => (stat === undefined ? [] : [[stat.pid, stat]])));
}

/** The parent, its parent and so on, as far as they are visible. */
export function ancestorsOf(table: ProcessTable, pid: number): ProcStat[] {
  const chain: ProcStat[] = [];
  const seen = new Set([pid]);
  let parent = table.get(table.get(pid)?.parentPid ?? 0);
  // The table is no snapshot: a pid used again while it was read could close a ring.
  while (parent !== undefined && !seen.has(parent.pid)) {
    seen.add(parent.pid);
    chain.push(parent);
    parent = table.get(parent.parentPid);
  }
  return chain;
}

/** The children, oldest first. */
export function childrenOf(table: ProcessTable, pid: number): ProcStat[] {
  return [...table.values()].filter((stat) => stat.parentPid === pid && stat.pid !== pid).sort(byAge);
}

/** The children, their children and so on; those nearest to the top first. */
export function descendantsOf(table: ProcessTable, pid: number): ProcStat[] {
  const found: ProcStat[] = [];
  const seen = new Set([pid]);
  let generation = [pid];
  while (generation.length > 0) {
    const children = generation
      .flatMap((parent) => childrenOf(table, parent))
      .filter(({ pid: child }) => !seen.has(child));
    for (const child of children) seen.add(child.pid);
    found.push(...children);
    generation = children.map((child) => child.pid);
  }
  return found;
}

/** Of some processes, those that are below none of the others; oldest first. */
export function topmost(table: ProcessTable, processes: readonly ProcStat[]): ProcStat[] {
  const pids = new Set(processes.map((stat) => stat.pid));
  return processes
    .filter(({ pid }) => !ancestorsOf(table, pid).some((above) => pids.has(above.pid)))
    .sort(byAge);
}

/** The sidecar: this process and its others, what they have started, and the init of its container, if there is one. */
export function ownPids(table: ProcessTable): ReadonlySet<number> {
  const own = new Set([process.pid]);
  for (const started of [...startedPids(), ...adoptedPids()]) {
    own.add(started);
    for (const { pid } of descendantsOf(table, started)) own.add(pid);
  }
  const parent = table.get(table.get(process.pid)?.parentPid ?? 0);
  if (parent !== undefined && isInit(parent)) own.add(parent.pid);
  return own;
}

/** Tells whether a process is one of the small programs that containers put before the real one. */
export function isInit(stat: ProcStat): boolean {
  return INITS.has(stat.comm);
}

function byAge(a: ProcStat, b: ProcStat): number {
  return a.startTicks - b.startTicks || a.pid - b.pid;
}
