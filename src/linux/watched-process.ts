import { closeSync, constants, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { isGone } from "./proc.ts";
import { isZombie, type ProcStat, parseStat } from "./proc-stat.ts";
import { killGroup } from "./process-group.ts";

/**
 * Watching a process from a thread that nothing may hold up. All of it is synchronous, on purpose: asynchronous reads
 * wait for the pool of threads that the whole process shares, which a hanging disk can fill.
 */

/** How a process does. */
export interface ProcessLook {
  readonly stat: ProcStat;
  /** How often it was put on a CPU and taken from it again: it moves as soon as the process does. */
  readonly switches: number;
  /** Whether it sleeps until something happens to a process below it or traced by it (wait4(2)). */
  isWaiting(): boolean;
}

/** A process that is held by its files in /proc: another one that gets its pid is never mistaken for it. */
export interface WatchedProcess extends Disposable {
  /** Undefined once it has ended. */
  look(): ProcessLook | undefined;
  /** Sends SIGKILL to the process group that it leads, unless it has ended. */
  killGroup(): void;
}

const BUFFER_BYTES = 8_192;
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW;

/** When a process was started, in ticks since boot; undefined where there is none. */
export function startTicksOf(pid: number): number | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "latin1"))?.startTicks;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Begins to watch a process; undefined where it has ended, or where another one has its pid. */
export function watchProcess(pid: number, startTicks: number): WatchedProcess | undefined {
  const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  // A read fails with ESRCH as soon as this very process is gone, whoever has its pid then (proc_pid(5)).
  const read = (descriptor: number) =>
    buffer.toString("latin1", 0, readSync(descriptor, buffer, 0, BUFFER_BYTES, 0));
  using stack = new DisposableStack();
  const look = (stat: number, status: number) =>
    unlessGone(() => {
      const parsed = parseStat(read(stat));
      if (parsed === undefined || parsed.startTicks !== startTicks || isZombie(parsed)) return undefined;
      return {
        stat: parsed,
        switches: switchesOf(read(status)),
        isWaiting: () => parsed.stateLetter === "S" && waitChannel(pid).includes("wait"),
      };
    });
  const opened = unlessGone(() => ({
    stat: stack.adopt(openSync(`/proc/${pid}/stat`, FLAGS), closeSync),
    status: stack.adopt(openSync(`/proc/${pid}/status`, FLAGS), closeSync),
  }));
  if (opened === undefined || look(opened.stat, opened.status) === undefined) return undefined;
  const owned = stack.move();
  return {
    look: () => look(opened.stat, opened.status),
    killGroup() {
      // Looked at and killed without a step of ours between: what is left is a pid used again within microseconds.
      if (look(opened.stat, opened.status) === undefined) return;
      killGroup(pid);
    },
    [Symbol.dispose]: () => owned.dispose(),
  };
}

/**
 * Tells whether a thread stands still in the hands of a tracer (ptrace(2), "Stopped states").
 * @param likely where to look first; children that the tracer got by itself are looked for everywhere.
 */
export function hasStoppedTracee(tracerPid: number, likely: readonly number[]): boolean {
  const isHeld = (pid: number) =>
    foldersIn(`/proc/${pid}/task`).some((thread) => {
      const status = unlessGone(() => readFileSync(`/proc/${pid}/task/${thread}/status`, "latin1")) ?? "";
      return /^State:\s*[tT]/m.test(status) && new RegExp(`^TracerPid:\\s*${tracerPid}$`, "m").test(status);
    });
  if (likely.some(isHeld)) return true;
  const known = new Set(likely);
  return foldersIn("/proc").some((pid) => !known.has(pid) && isHeld(pid));
}

function switchesOf(status: string): number {
  const counts = status.matchAll(/^(?:non)?voluntary_ctxt_switches:\s*(\d+)$/gm);
  return [...counts].reduce((sum, [, count = "0"]) => sum + Number(count), 0);
}

/** Where in the kernel a process sleeps; empty where that is not told. */
function waitChannel(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/wchan`, "latin1");
  } catch {
    return "";
  }
}

function foldersIn(path: string): number[] {
  const names = unlessGone(() => readdirSync(path)) ?? [];
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

function unlessGone<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}
