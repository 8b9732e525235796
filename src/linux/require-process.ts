import { AppError } from "../base/errors.ts";
import { timeOfTicks } from "./boot-clock.ts";
import { readStat, readStatus } from "./proc.ts";
import type { ProcStat } from "./proc-stat.ts";
import type { ProcStatus } from "./proc-status.ts";

/** A process that is there, as /proc tells it. */
export interface PresentProcess {
  readonly stat: ProcStat;
  readonly status: ProcStatus;
  /** What names it in answers. */
  readonly ref: { readonly pid: number; readonly startTime: string; readonly name: string };
}

/**
 * Looks a process up.
 * @throws {AppError} `process-not-found`, also for a pid that is only a thread of a process.
 */
export async function requireProcess(pid: number): Promise<PresentProcess> {
  const [stat, status] = await Promise.all([readStat(pid), readStatus(pid)]);
  if (stat === undefined || status?.threadGroupId !== pid) throw await processNotFound(pid);
  const ref = { pid, startTime: timeOfTicks(stat.startTicks), name: stat.comm };
  return { stat, status, ref };
}

/** The error for a pid that is no process's. */
export async function processNotFound(pid: number): Promise<AppError> {
  const status = await readStatus(pid);
  // A thread has a folder in /proc as well, only none that is listed.
  if (status !== undefined && status.threadGroupId !== pid) {
    return new AppError("process-not-found", `${pid} is a thread of process ${status.threadGroupId}.`, {
      remedy: `GET processes/${status.threadGroupId}`,
    });
  }
  return new AppError(
    "process-not-found",
    `There is no process ${pid} in the PID namespace of the sidecar.`,
    {
      remedy: "GET processes lists those that are visible.",
    },
  );
}
