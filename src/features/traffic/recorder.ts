import { emptyRow } from "../../base/history-columns.ts";
import { HISTORY_TIERS } from "../../base/history-window.ts";
import { createTieredSamples, type TieredSamples } from "../../base/tiered-samples.ts";
import { HISTORY_COLUMNS, passedRowOf, rowOf, type TrafficSample } from "./history-columns.ts";

/** Turns what was counted into rates and keeps them. It knows no clock: every moment is told to it. */
export interface TrafficHistoryRecorder extends Pick<TieredSamples, "read"> {
  /**
   * Takes what was found, or undefined where nothing was.
   * @param second since the epoch.
   * @param elapsedMs of a clock that only goes forward: it tells where the other one was set meanwhile.
   */
  record(second: number, elapsedMs: number, sample: TrafficSample | undefined): void;
}

/** A busy machine makes the sampler late by seconds. After a longer silence, such as a suspended machine's, nobody knows. */
const MAX_PASSED_SECONDS = 60;

/** Makes a recorder: some 250 kB of memory, all of it taken at once. */
export function createHistoryRecorder(): TrafficHistoryRecorder {
  const samples = createTieredSamples(
    HISTORY_COLUMNS.map(({ summary }) => summary),
    HISTORY_TIERS,
  );
  let before: (TrafficSample & { readonly second: number; readonly elapsedMs: number }) | undefined;
  return {
    record(second, elapsedMs, sample) {
      if (sample === undefined) {
        samples.add(second, emptyRow(HISTORY_COLUMNS));
        before = undefined;
        return;
      }
      const interval = {
        before,
        after: sample,
        seconds: before === undefined ? 1 : secondsOf(second - before.second, elapsedMs - before.elapsedMs),
      };
      const firstPassed = (before?.second ?? second) + 1;
      if (second - firstPassed <= MAX_PASSED_SECONDS) {
        for (let passed = firstPassed; passed < second; passed += 1)
          samples.add(passed, passedRowOf(interval));
      }
      samples.add(second, rowOf(interval));
      before = { ...sample, second, elapsedMs };
    },
    read: samples.read,
  };
}

/**
 * How many seconds an interval has: as many as get a row, so that a minute of rates comes to what was counted in it,
 * however late it was looked at. Where the clock was set meanwhile, those that have really passed.
 */
function secondsOf(rows: number, elapsedMs: number): number {
  const elapsed = elapsedMs / 1_000;
  return rows >= 1 && Math.abs(rows - elapsed) < 1 ? rows : Math.max(1, Math.round(elapsed));
}
