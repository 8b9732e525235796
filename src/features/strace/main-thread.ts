import { setTimeout as delay } from "node:timers/promises";
import { AppError } from "../../base/errors.ts";
import { readStat } from "../../linux/proc.ts";
import { isZombie, type ProcStat } from "../../linux/proc-stat.ts";

/**
 * Processes that run on without a main thread: for some microseconds up to milliseconds where another thread executes a
 * program and is about to take its place (execve(2)), for good where it has ended by pthread_exit(3). strace can't attach
 * then: the kernel says EPERM.
 */

/** How an error names this cause. */
export const NO_MAIN_THREAD = "no-main-thread";

const POLL_MS = 2;
const PATIENCE_MS = 1_000;

/** Whether the main thread of a process has ended and others have not. */
export function lacksMainThread(stat: Pick<ProcStat, "stateLetter" | "threads">): boolean {
  return isZombie(stat) && stat.threads > 1;
}

/**
 * Waits until a process has a main thread again, for a second at the most; gives what was read then, undefined where
 * the process has ended.
 * @throws {AppError} where it has none after that.
 */
export async function untilMainThread(first: ProcStat): Promise<ProcStat | undefined> {
  const giveUpAtMs = performance.now() + PATIENCE_MS;
  let stat: ProcStat | undefined = first;
  while (stat !== undefined && lacksMainThread(stat)) {
    if (performance.now() > giveUpAtMs) throw noMainThread(stat);
    await delay(POLL_MS);
    stat = await readStat(first.pid);
  }
  return stat;
}

/** The error for a process that has no main thread. */
export function noMainThread({ pid, comm, threads }: ProcStat): AppError {
  const others = threads - 1;
  return new AppError(
    "process-not-traceable",
    `The main thread of process ${pid} (${comm}) has ended, and ${others} other${others === 1 ? " goes" : "s go"} on without it: strace can't attach.`,
    {
      remedy: `Try again, where its threads execute programs; GET processes/${pid}/threads shows what goes on in those that are left`,
      extra: { refusal: NO_MAIN_THREAD },
    },
  );
}
