import { createEventLoopMeter, type EventLoopDelay, worstDelay } from "../../base/event-loop-delay.ts";
import type { HealthCheck } from "../feature.ts";

/**
 * The check whether the sidecar's own event loops keep up: it warns when the 99th percentile of the delay since the run
 * before is above `thresholdMs` in any of its processes. It measures from its first run until it is disposed.
 * @param others asks the processes beside this one.
 */
export function eventLoopCheck(
  thresholdMs: number,
  others: () => Promise<readonly EventLoopDelay[]> = async () => [],
): HealthCheck & Disposable {
  const meter = createEventLoopMeter();
  return {
    name: "event-loop",
    affectsReadiness: false,
    async run() {
      const figures = worstDelay([meter.read(), ...(await others())]);
      const { p99Ms } = figures;
      if (p99Ms === null) {
        return {
          status: "pass",
          detail: "The delay of the event loop is not known yet.",
          figures: { ...figures },
        };
      }
      const detail = `The event loop is late by ${p99Ms} ms (p99).`;
      if (p99Ms <= thresholdMs) return { status: "pass", detail, figures: { ...figures } };
      const remedy = `Give the sidecar more CPU, or set SIDECAR_HEALTH_EVENT_LOOP_DELAY_MS (${thresholdMs}).`;
      return { status: "warn", detail, remedy, figures: { ...figures } };
    },
    [Symbol.dispose]: () => meter[Symbol.dispose](),
  };
}
