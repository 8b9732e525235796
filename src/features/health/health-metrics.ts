import { gauge, type MetricFamily } from "../../web/metrics/metric-family.ts";
import type { CheckRunner } from "./check-runner.ts";

const STATUSES = ["pass", "warn", "fail"] as const;

/** The health for Prometheus. A check that has not run often enough to tell is left out. */
export function healthMetrics(runners: readonly CheckRunner[], isReady: boolean): MetricFamily[] {
  return [
    gauge("tickbird_ready", "Whether traffic may come: what /readyz says.", isReady ? 1 : 0),
    gauge(
      "tickbird_health_check",
      "1 for the status that a check has, 0 for the others.",
      runners.flatMap(({ check, state }) => {
        const { status: now } = state();
        if (now === null) return [];
        return STATUSES.map((status) => [{ check: check.name, status }, status === now ? 1 : 0] as const);
      }),
    ),
  ];
}
