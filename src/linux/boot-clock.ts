import { readFileSync } from "node:fs";

/**
 * USER_HZ, the unit of every tick in /proc. The kernel fixes it at 100 in its interface on all the architectures
 * that Node.js runs on, whatever HZ it was built with (include/asm-generic/param.h), so `getconf CLK_TCK` need not be run.
 */
export const TICKS_PER_SECOND = 100;

/** Nanoseconds in one tick. */
export const NS_PER_TICK = 1_000_000_000 / TICKS_PER_SECOND;

let bootSeconds: number | undefined;

/**
 * When something happened that /proc dates in ticks since boot, as ISO 8601.
 * Exact to a second: the kernel tells the boot time (`btime`) in whole seconds, and moves it when the clock is set.
 * It is read once, so that a process keeps one start time for as long as we run.
 */
export function timeOfTicks(ticks: number): string {
  bootSeconds ??= readBootSeconds();
  return new Date((bootSeconds + ticks / TICKS_PER_SECOND) * 1_000).toISOString();
}

/** How long the machine runs, in ticks; the same clock as a process's `startTicks`. */
export function uptimeTicks(): number {
  const [seconds = ""] = readFileSync("/proc/uptime", "utf8").split(" ");
  // The file has hundredths of a second, which are ticks; not each of them is a number with a fraction exactly.
  return Math.round(Number(seconds) * TICKS_PER_SECOND);
}

function readBootSeconds(): number {
  const [, seconds] = /^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8")) ?? [];
  if (seconds === undefined) throw new Error("/proc/stat has no btime line");
  return Number(seconds);
}
