import { setTimeout as delay } from "node:timers/promises";
import { monotonicMs, nowMs } from "./clock.ts";

/** Background work that is done once a second. */

const SECOND_MS = 1_000;
/** In the middle of a second of CLOCK_MONOTONIC no timer that fires a little early or late gets into another one. */
const MIDDLE_MS = SECOND_MS / 2;

/**
 * Calls `run` at once and then in every second until `signal` fires, and waits for it each time: while it takes longer,
 * seconds are left out. Rejects only with what `run` throws.
 * @param run gets the second since the epoch: never the same twice, and without gaps where none was left out, unless the
 *   clock of the day is set.
 */
export async function everySecond(
  run: (second: number) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let before: { readonly tick: number; readonly second: number } | undefined;
  while (!signal.aborted) {
    const tick = Math.floor(monotonicMs(nowMs()) / SECOND_MS);
    const second = secondOf(tick, before);
    before = { tick, second };
    await run(second);
    await pause((tick + 1) * SECOND_MS + MIDDLE_MS - monotonicMs(nowMs()), signal);
  }
}

/** The second since the epoch that it is now. */
export function currentSecond(): number {
  return Math.floor(Date.now() / SECOND_MS);
}

/** The clocks drift apart: where their seconds change at almost the same moment, one is told twice, or not at all. */
function secondOf(tick: number, before: { tick: number; second: number } | undefined): number {
  const second = currentSecond();
  const expected = before === undefined ? second : before.second + tick - before.tick;
  return Math.abs(second - expected) <= 1 ? expected : second;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(Math.max(1, ms), undefined, { signal });
  } catch {
    // Only the signal can end it early, and that ends the loop too.
  }
}
