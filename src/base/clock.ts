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

/**
 * What is to be added to a time of CLOCK_MONOTONIC in milliseconds to have it since 1970, exact to some microseconds: it
 * waits, for a millisecond at most, until the wall clock (CLOCK_REALTIME), which Node.js tells in whole ones, goes on.
 */
export function wallOffsetMs(): number {
  const before = Date.now();
  let now = before;
  // A wall clock that is set back at this moment is no reason to go on for ever.
  for (const giveUpAtMs = performance.now() + 5; now === before && performance.now() < giveUpAtMs; )
    now = Date.now();
  return now - monotonicMs(performance.now());
}
