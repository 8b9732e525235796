import { hasStoppedTracee, type ProcessLook } from "../../../linux/watched-process.ts";

/** Tells, look by look, whether strace stands still while threads of the app wait for it. */
export type FreezeCheck = (look: ProcessLook, bytes: number) => boolean;

/**
 * Makes the check of one strace; true after `samples` looks in succession at which nothing had moved.
 * It begins with strace, not with the app: a strace that moves, or sleeps until a thread stops, holds nobody up. Which is
 * why an app is not called frozen that sleeps, that somebody has stopped (SIGSTOP), or whose calls are filtered out of
 * the output; and why the threads of an app with thousands of them are looked at only where something is wrong.
 */
export function createFreezeCheck(targetPids: readonly number[], samples: number): FreezeCheck {
  let last: readonly number[] = [];
  let still = 0;
  return (look, bytes) => {
    const { pid, userTicks, systemTicks } = look.stat;
    const now = [look.switches, userTicks + systemTicks, bytes];
    const hasMoved = now.some((value, index) => value !== last[index]);
    last = now;
    const isFrozen = !hasMoved && !look.isWaiting() && hasStoppedTracee(pid, targetPids);
    still = isFrozen ? still + 1 : 0;
    return still >= samples;
  };
}
