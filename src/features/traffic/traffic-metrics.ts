import { counter, gauge, histogram, type MetricFamily } from "../../web/metrics/metric-family.ts";
import {
  BOUNDS_SECONDS,
  CELL_OF,
  durationsOf,
  FAILURES,
  failureCell,
  responsesOf,
  STATUS_CLASSES,
} from "../../web/traffic/counters.ts";
import type { TrafficTotals } from "../../web/traffic/traffic.ts";
import { readTotals } from "./read-totals.ts";

/** The forwarded traffic for Prometheus: rate, errors, durations. */
export function trafficMetrics(totals: TrafficTotals): MetricFamily[] {
  const { counters, inFlight } = totals;
  const at = (cell: number) => counters[cell] ?? 0;
  return [
    counter(
      "tickbird_requests",
      "Requests bound for the app that are over.",
      readTotals(totals).requests.map(({ count, ...labels }) => [labels, count] as const),
    ),
    histogram(
      "tickbird_request_duration_seconds",
      "From the head of a request to the end of the app's answer, upgrades left out.",
      STATUS_CLASSES.map((status, index) => histogramOf({ status }, durationsOf(counters, index))).filter(
        ({ counts }) => counts.some((count) => count > 0),
      ),
    ),
    histogram(
      "tickbird_core_response_seconds",
      "From the request being with the app to the head of its answer, without what its client still sent.",
      [histogramOf({}, responsesOf(counters))],
    ),
    gauge(
      "tickbird_requests_in_flight",
      "Requests and upgraded connections that are with the app now.",
      inFlight,
    ),
    counter(
      "tickbird_request_failures",
      "Requests whose answer did not come whole from the app, by whose fault it was.",
      FAILURES.map(({ side, reason }, index) => [{ side, reason }, at(failureCell(index))] as const),
    ),
    counter(
      "tickbird_request_retries",
      "Requests that were sent again on another connection.",
      at(CELL_OF.retries),
    ),
    counter("tickbird_upgrades", "Connections that the app has switched.", at(CELL_OF.upgrades)),
    counter("tickbird_request_body_bytes", "Bodies of requests.", at(CELL_OF.requestBytes)),
    counter("tickbird_response_body_bytes", "Bodies of answers.", at(CELL_OF.responseBytes)),
    counter(
      "tickbird_forwarding_cpu_seconds",
      "CPU time of the processes that carry the traffic (`cluster`).",
      at(CELL_OF.cpuSeconds),
    ),
    counter("tickbird_upgraded_bytes", "Upgraded connections that are over, all bytes.", [
      [{ direction: "to_core" }, at(CELL_OF.toCoreBytes)],
      [{ direction: "to_client" }, at(CELL_OF.toClientBytes)],
    ]),
  ];
}

function histogramOf(
  labels: Readonly<Record<string, string>>,
  { counts, sumSeconds }: ReturnType<typeof responsesOf>,
) {
  return { labels, bounds: BOUNDS_SECONDS, counts, sum: sumSeconds };
}
