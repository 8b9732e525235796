import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { basename } from "node:path";
import { isErrno } from "../base/errors.ts";
import type { Signal } from "../base/signals.ts";
import { timeOfTicks } from "./boot-clock.ts";
import { type CoreProcess, SHARE_PID_NAMESPACE } from "./core-process.ts";
import { readExecutable, readIfThere } from "./proc.ts";
import { isZombie, type ProcStat, parseStat } from "./proc-stat.ts";
import { ancestorsOf, ownPids, type ProcessTable, readProcessTable, topmost } from "./process-table.ts";

/** Sending signals to processes of the core, and to no other one that has got the same pid since. */

/** A process, by the two things that together name it for good. */
export interface ProcessIdentity {
  readonly pid: number;
  /** As {@link timeOfTicks} writes it. */
  readonly startTime: string;
}

/** What a process does when a signal comes (signal(7)). */
export type SignalEffect =
  | "handled"
  | "ignored"
  | "ends the process"
  | "stops the process"
  | "continues the process";
/** What came of a signal. */
export type SignalOutcome = "sent" | "gone" | "denied";

/** What the kernel does where a process has asked for nothing else; it ends it, for all others. */
const BY_DEFAULT: ReadonlyMap<Signal, SignalEffect> = new Map([
  ["SIGCONT", "continues the process"],
  ["SIGSTOP", "stops the process"],
  ["SIGTSTP", "stops the process"],
  ["SIGWINCH", "ignored"],
]);
/** The kernel keeps so many bytes of a process's short name. */
const COMM_BYTES = 15;

/**
 * Finds the process of this pid, or the topmost one whose executable or short name is this; never one of the sidecar's
 * own, nor one that has started it.
 */
export async function findProcess(wanted: number | string): Promise<CoreProcess> {
  const table = await readProcessTable();
  const excluded = new Set(ownPids(table));
  for (const { pid } of ancestorsOf(table, process.pid)) excluded.add(pid);
  const candidates = [...table.values()].filter(
    (stat) => !excluded.has(stat.pid) && !stat.isKernelThread && !isZombie(stat),
  );
  const stat =
    typeof wanted === "number"
      ? candidates.find(({ pid }) => pid === wanted)
      : await findByName(table, candidates, wanted);
  if (stat === undefined) {
    const what = typeof wanted === "number" ? `has the pid ${wanted}` : `is called ${wanted}`;
    return { kind: "missing", reason: `No visible process of the app ${what}.`, remedy: SHARE_PID_NAMESPACE };
  }
  return { kind: "found", pid: stat.pid, startTime: timeOfTicks(stat.startTicks), foundBy: String(wanted) };
}

async function findByName(
  table: ProcessTable,
  candidates: readonly ProcStat[],
  name: string,
): Promise<ProcStat | undefined> {
  const comm = Buffer.from(name).subarray(0, COMM_BYTES).toString();
  const matches: ProcStat[] = [];
  for (const stat of candidates) {
    const executable = (await readExecutable(stat.pid)).value?.replace(/ \(deleted\)$/, "");
    if (stat.comm === comm || (executable !== undefined && basename(executable) === name)) matches.push(stat);
  }
  return topmost(table, matches)[0];
}

/** What a process does when this signal comes; undefined where it is gone. A signal that nobody handles ends most processes. */
export async function effectOfSignal(pid: number, signal: Signal): Promise<SignalEffect | undefined> {
  const status = await readIfThere(`/proc/${pid}/status`);
  if (status === undefined) return undefined;
  const bit = 1n << BigInt(constants.signals[signal] - 1);
  const has = (name: string) =>
    (BigInt(`0x${new RegExp(`^${name}:\\s*([0-9a-f]+)$`, "m").exec(status)?.[1] ?? "0"}`) & bit) !== 0n;
  if (has("SigCgt")) return "handled";
  const byDefault = BY_DEFAULT.get(signal) ?? "ends the process";
  // It goes on in any case, whatever it has asked for.
  return has("SigIgn") && signal !== "SIGCONT" ? "ignored" : byDefault;
}

/** Sends a signal to a process, unless it is no longer the one that was found. Signal 0 only asks whether one may. */
export function signalProcess({ pid, startTime }: ProcessIdentity, signal: Signal | 0): SignalOutcome {
  // Read and sent without giving way to anything else of ours: what is left is the kernel reusing a pid within microseconds.
  if (startTimeOf(pid) !== startTime) return "gone";
  try {
    process.kill(pid, signal);
    return "sent";
  } catch (error) {
    if (isErrno(error, "EPERM")) return "denied";
    if (isErrno(error, "ESRCH")) return "gone";
    throw error;
  }
}

function startTimeOf(pid: number): string | undefined {
  try {
    const stat = parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
    return stat === undefined || isZombie(stat) ? undefined : timeOfTicks(stat.startTicks);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ESRCH")) return undefined;
    throw error;
  }
}
