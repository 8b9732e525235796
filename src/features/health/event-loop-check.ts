import { monitorEventLoopDelay } from "node:perf_hooks";
import type { HealthCheck } from "../feature.ts";

const RESOLUTION_MS = 10;

/**
 * The check whether the sidecar's own event loop keeps up: it warns when the 99th percentile of the delay since the
 * run before is above `thresholdMs`. It measures from its first run until it is disposed.
 */
export function eventLoopCheck(thresholdMs: number): HealthCheck & Disposable {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  return {
    name: "event-loop",
    affectsReadiness: false,
    async run() {
      histogram.enable();
      // An empty histogram gives figures too, which mean nothing.
      const isEmpty = histogram.count === 0;
      const p99Ms = isEmpty ? null : delayMs(histogram.percentile(99));
      const maxMs = isEmpty ? null : delayMs(histogram.max);
      histogram.reset();
      const figures = { p99Ms, maxMs };
      if (p99Ms === null) {
        return { status: "pass", detail: "The delay of the event loop is not known yet.", figures };
      }
      const detail = `The event loop is late by ${p99Ms} ms (p99).`;
      if (p99Ms <= thresholdMs) return { status: "pass", detail, figures };
      const remedy = `Give the sidecar more CPU, or set SIDECAR_HEALTH_EVENT_LOOP_DELAY_MS (${thresholdMs}).`;
      return { status: "warn", detail, remedy, figures };
    },
    [Symbol.dispose]() {
      histogram.disable();
    },
  };
}

/** A sample is the whole time between two ticks of a timer of {@link RESOLUTION_MS}, in nanoseconds. */
function delayMs(sampleNs: number): number {
  return Math.max(0, Math.round(sampleNs / 1e5 - RESOLUTION_MS * 10) / 10);
}
