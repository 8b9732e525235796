import { setTimeout as delay } from "node:timers/promises";
import { AppError } from "../../base/errors.ts";
import { readStat, readStatus } from "../../linux/proc.ts";
import type { Child } from "../../linux/spawn.ts";
import { permissionDenied } from "./denial.ts";
import { lacksMainThread, noMainThread } from "./main-thread.ts";
import { alreadyTraced, type TraceTarget } from "./targets.ts";
import { unknownSyscall } from "./trace-options.ts";

const POLL_MS = 2;
/** strace attaches within milliseconds; a machine that swaps may need longer to load it. */
export const ATTACH_TIMEOUT_MS = 10_000;

/**
 * Waits until strace has taken hold of a process.
 * @throws {AppError} saying why it can't, with the remedy.
 */
export async function waitUntilAttached(strace: Child, target: TraceTarget): Promise<void> {
  const giveUpAtMs = performance.now() + ATTACH_TIMEOUT_MS;
  let hasEnded = false;
  void strace.exited.then(() => {
    hasEnded = true;
  });
  while (true) {
    const complaint = attachComplaints(strace.stderr()).get(target.pid);
    if (complaint !== undefined) throw await explainFailure(target.pid, complaint);
    if (hasEnded) return await requireCleanEnd(strace, target);
    if ((await readStatus(target.pid))?.tracerPid === strace.pid) return;
    if (performance.now() > giveUpAtMs) {
      throw new AppError(
        "process-not-traceable",
        `strace did not attach to process ${target.pid} within ${ATTACH_TIMEOUT_MS} ms.`,
        {
          remedy: "Try again when the machine is less busy.",
        },
      );
    }
    await delay(POLL_MS);
  }
}

/** What strace says of processes it could not attach to, by their pids. */
export function attachComplaints(stderr: string): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const [, pid = "", text = ""] of stderr.matchAll(
    /^strace: attach: ptrace\(\w+, (\d+)[^)]*\): (.*)$/gm,
  )) {
    found.set(Number(pid), text);
  }
  return found;
}

/**
 * The error where strace has lost its only thread without a word: execve(2) in another one, which it does not trace, has
 * ended that one and taken its id. Taken from what strace says; undefined where it says no such thing.
 */
export function superseding(stderr: string): AppError | undefined {
  if (!/wait4\(__WALL\): No child processes/.test(stderr)) return undefined;
  const what =
    "Another thread of the process has executed a program, and has taken the place of the one that was traced.";
  return new AppError("process-not-traceable", what, { remedy: "follow=true" });
}

/** A process that ends at once takes strace with it: that is a trace as well, only a short one. */
async function requireCleanEnd(strace: Child, { pid }: TraceTarget): Promise<void> {
  const { exitCode, signal, stderr } = await strace.exited;
  const complaint = attachComplaints(stderr).get(pid);
  if (complaint !== undefined) throw await explainFailure(pid, complaint);
  if (exitCode === 0) return;
  throw (
    unknownSyscall(stderr) ??
    superseding(stderr) ??
    killed(signal, pid) ??
    new AppError("internal", `strace ended with ${exitCode}: ${stderr.trim()}`)
  );
}

/** The error where somebody else has ended strace by a signal. */
function killed(signal: NodeJS.Signals | null, pid: number): AppError | undefined {
  if (signal === null) return undefined;
  const what = `strace was ended by ${signal} before it held process ${pid}.`;
  return new AppError("process-not-traceable", what, {
    remedy:
      "Try again. Where it happens again, the kernel may lack memory: look for oom-kill in its log, and give the sidecar more.",
  });
}

/** strace has one text for many causes; what they look like from outside tells them apart. */
async function explainFailure(pid: number, complaint: string): Promise<AppError> {
  const status = await readStatus(pid);
  if (status === undefined || /No such process/.test(complaint)) {
    return new AppError("process-not-found", `Process ${pid} has ended before it could be traced.`, {
      remedy: "GET processes lists those that are visible.",
    });
  }
  if (status.tracerPid !== 0) return await alreadyTraced(pid, status.tracerPid);
  const stat = await readStat(pid);
  if (stat !== undefined && lacksMainThread(stat)) return noMainThread(stat);
  return await permissionDenied(pid);
}
