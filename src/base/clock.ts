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
