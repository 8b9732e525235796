import { createEventLoopMeter } from "../../base/event-loop-delay.ts";
import type { Logger } from "../../web/log.ts";
import { METRIC_FORMATS, metricFormatFor, writeMetrics } from "../../web/metrics/write-metrics.ts";
import { capabilityOf, type Feature } from "../feature.ts";
import { COLLECT_TIMEOUT_MS, createCollection } from "./collect.ts";
import { sidecarMetrics } from "./sidecar-metrics.ts";

/** What the feature needs. */
export interface MetricsDeps {
  readonly version: string;
  readonly log: Logger;
  readonly collectTimeoutMs?: number;
}

/**
 * Makes the feature `metrics`: what all features tell of themselves, for Prometheus.
 * @param features those that are switched on; asked at each request, so that the list may be completed later.
 */
export function createMetrics(
  features: () => readonly Feature[],
  { version, log, collectTimeoutMs = COLLECT_TIMEOUT_MS }: MetricsDeps,
): Feature {
  const collect = createCollection(log, collectTimeoutMs);
  const meter = createEventLoopMeter();
  return {
    name: "metrics",
    async capability() {
      return capabilityOf([{ name: "metrics", works: true }]);
    },
    metrics: () => sidecarMetrics(version, meter),
    start() {
      // From now on, or the first scrape would know nothing of the delay.
      meter.read();
    },
    routes(table) {
      table.add(
        "GET",
        "/metrics",
        {
          summary: "Metrics for Prometheus: the traffic, the app, its limits, and the sidecar itself",
          description:
            "OpenMetrics 1.0 where Accept names it, else the text format of Prometheus. What can't be read is left out.",
          role: "viewer",
          responses: {
            200: {
              description: "All metrics now.",
              content: { "text/plain": null, "application/openmetrics-text": null },
            },
          },
        },
        async ({ ctx }) => {
          ctx.vary("Accept");
          const format = metricFormatFor(ctx.get("Accept"));
          ctx.set("Content-Type", METRIC_FORMATS[format]);
          ctx.body = writeMetrics(await collect(features()), format);
        },
      );
    },
    async [Symbol.asyncDispose]() {
      meter[Symbol.dispose]();
    },
  };
}
