import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";

/** Which CPUs the programs of the bench may use, so that those that must not disturb each other do not. */

const run = promisify(execFile);

/** CPUs as taskset(1) writes them: `0`, `1-3`, `0,2`. */
export type CpuList = string;

/** Who runs where. */
export interface CpuPlaces {
  /** The app and the strace that holds it. */
  readonly core: CpuList;
  /** What loads the app, and reads the traces. */
  readonly load: CpuList;
  /** The sidecar. */
  readonly reader: CpuList;
}

/** The CPUs that this process may use. */
export function allowedCpus(): number[] {
  const status = readFileSync("/proc/self/status", "latin1");
  return expand(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? "");
}

/** Everybody everywhere. */
export function anywhere(cpus: readonly number[]): CpuPlaces {
  const all = cpus.join(",");
  return { core: all, load: all, reader: all };
}

/**
 * The app with strace on one CPU and the sidecar on another; of two CPUs the load has that of the sidecar. Undefined where
 * there is one only.
 */
export function apart(cpus: readonly number[]): CpuPlaces | undefined {
  const [core, load, reader = load] = cpus;
  if (core === undefined || load === undefined) return undefined;
  return { core: String(core), load: String(load), reader: String(reader) };
}

/** Moves a process with all its threads; what it starts later runs there, too. */
export async function moveTo(pid: number, cpus: CpuList): Promise<void> {
  await run("taskset", ["-a", "-p", "-c", cpus, String(pid)]);
}

function expand(list: string): number[] {
  return list.split(",").flatMap((part) => {
    const [first = Number.NaN, last = first] = part.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
