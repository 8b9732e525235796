// The global of this name is looked up by a getter each time.
import { performance } from "node:perf_hooks";

/** Time that only goes forward, in milliseconds since the process began. */

/** Now. */
export function nowMs(): number {
  return performance.now();
}

let turnBeganMs: number | undefined;

/**
 * When the present turn of the event loop first asked for it: exact enough for deadlines, and the same for all that
 * happens in one turn.
 */
export function turnMs(): number {
  if (turnBeganMs === undefined) {
    turnBeganMs = performance.now();
    setImmediate(forget);
  }
  return turnBeganMs;
}

function forget(): void {
  turnBeganMs = undefined;
}

/** From {@link nowMs}, whose zero is another one in each process and thread, to CLOCK_MONOTONIC, which all share. */
const MONOTONIC_OFFSET_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** The time of {@link nowMs} as clock_gettime(2) tells it for CLOCK_MONOTONIC: comparable between processes. */
export function monotonicMs(atMs: number): number {
  return atMs + MONOTONIC_OFFSET_MS;
}

/** How long the distance between the clocks is taken for known. */
const OFFSET_FOR_MS = 1_000;
let offsetMs = 0;
let offsetUntilMs = Number.NEGATIVE_INFINITY;

/**
 * The time of day in whole milliseconds, as `Date.now()` tells it, at a time of {@link nowMs} that has only just been:
 * for what happens so often that asking another clock is felt. It may be a millisecond behind; where the clock is set,
 * it follows within a second.
 */
export function wallMs(atMs: number): number {
  if (atMs >= offsetUntilMs) {
    offsetMs = Date.now() - performance.now();
    offsetUntilMs = atMs + OFFSET_FOR_MS;
  }
  return Math.floor(atMs + offsetMs);
}

/** Attempts to see the wall clock go on, and how long it may take to be seen: longer, and others had the CPU meanwhile. */
const WALL_ATTEMPTS = 8;
const WALL_EXACT_MS = 0.05;

/**
 * What is to be added to a time of CLOCK_MONOTONIC in milliseconds to have it since 1970, exact to some microseconds: it
 * waits, for a millisecond as a rule, until the wall clock (CLOCK_REALTIME), which Node.js tells in whole ones, goes on.
 * On a machine that is busy it tries that several times.
 */
export function wallOffsetMs(): number {
  let best = Number.NEGATIVE_INFINITY;
  for (let attempt = 0; attempt < WALL_ATTEMPTS; attempt += 1) {
    const { offsetMs, uncertainMs } = seeWallClockGoOn();
    // Whoever loses the CPU in the middle sees it too late: the highest is the nearest.
    best = Math.max(best, offsetMs);
    if (uncertainMs <= WALL_EXACT_MS) break;
  }
  return best;
}

function seeWallClockGoOn(): { readonly offsetMs: number; readonly uncertainMs: number } {
  const first = Date.now();
  let beforeMs = performance.now();
  // A wall clock that is set back at this moment is no reason to go on for ever.
  const giveUpAtMs = beforeMs + 5;
  for (;;) {
    const now = Date.now();
    const afterMs = performance.now();
    if (now !== first || afterMs > giveUpAtMs) {
      return { offsetMs: now - monotonicMs(afterMs), uncertainMs: afterMs - beforeMs };
    }
    beforeMs = afterMs;
  }
}
