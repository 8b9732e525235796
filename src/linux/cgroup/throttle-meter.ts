import { closeSync, openSync, readSync } from "node:fs";
import { keyedValue } from "./key-values.ts";
import { locateCgroup } from "./locate.ts";

/** Tells how much a process is held back by the CPU quota of its cgroup, or of one above it. */
export interface ThrottleMeter extends Disposable {
  /** Takes a look. Synchronous: whoever is throttled must not wait for other threads as well. */
  look(nowMs: number): void;
  /** The share of the periods of the last second in which it was throttled, 0 to 1; 0 while that is not known. */
  share(): number;
  /** Forgets what was. */
  forget(): void;
}

interface Counts {
  readonly atMs: number;
  readonly periods: number;
  readonly throttled: number;
}

const WINDOW_MS = 1_000;
/** Of fewer nothing can be told: a single one is throttled easily, and holds up for a tenth of a second only. */
const MIN_PERIODS = 3;
const BUFFER_BYTES = 4_096;

/**
 * Opens the meter of a process's CPU quota (sched-bwc.rst; cpu.stat has the same names in both versions of cgroups).
 * Where it can't be seen, it is never throttled.
 */
export async function openThrottleMeter(pid: number): Promise<ThrottleMeter> {
  const cgroup = await locateCgroup(pid).catch(() => undefined);
  const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  const files = (cgroup?.places.get("cpu")?.folders ?? []).flatMap((folder) => {
    try {
      return [{ descriptor: openSync(`${folder}/cpu.stat`, "r"), counts: [] as Counts[] }];
    } catch {
      return [];
    }
  });
  return {
    look(nowMs) {
      for (const { descriptor, counts } of files) {
        const text = buffer.toString("latin1", 0, readSync(descriptor, buffer, 0, BUFFER_BYTES, 0));
        const periods = keyedValue(text, "nr_periods");
        if (Number.isNaN(periods)) continue;
        counts.push({ atMs: nowMs, periods, throttled: keyedValue(text, "nr_throttled") });
        // The newest of those that are a second old is the beginning of the window.
        while ((counts[1]?.atMs ?? nowMs) <= nowMs - WINDOW_MS) counts.shift();
      }
    },
    share: () => Math.max(0, ...files.map(({ counts }) => shareOf(counts))),
    forget() {
      for (const { counts } of files) counts.length = 0;
    },
    [Symbol.dispose]() {
      for (const { descriptor } of files) closeSync(descriptor);
    },
  };
}

/**
 * The same at once, for whoever must not wait for files: until the cgroup has been found it is never throttled.
 */
export function openThrottleMeterSoon(pid: number): ThrottleMeter {
  let meter: ThrottleMeter | undefined;
  let isOver = false;
  void openThrottleMeter(pid).then((opened) => {
    if (isOver) opened[Symbol.dispose]();
    else meter = opened;
  });
  return {
    look: (nowMs) => meter?.look(nowMs),
    share: () => meter?.share() ?? 0,
    forget: () => meter?.forget(),
    [Symbol.dispose]() {
      isOver = true;
      meter?.[Symbol.dispose]();
    },
  };
}

function shareOf(counts: readonly Counts[]): number {
  const first = counts[0];
  const last = counts.at(-1);
  if (first === undefined || last === undefined || last.atMs - first.atMs < WINDOW_MS) return 0;
  const periods = last.periods - first.periods;
  return periods < MIN_PERIODS ? 0 : (last.throttled - first.throttled) / periods;
}
