import {
  CELL_OF,
  durationsOf,
  FAILURES,
  failureCell,
  type Histogram,
  METHODS,
  PROTOCOLS,
  requestCell,
  responsesOf,
  STATUS_CLASSES,
} from "../../web/traffic/counters.ts";
import type { TrafficTotals } from "../../web/traffic/traffic.ts";
import type { TrafficReport } from "./traffic-schema.ts";

/** What was counted, by name. */
export function readTotals({ counters, inFlight }: TrafficTotals): TrafficReport["totals"] {
  const at = (cell: number) => counters[cell] ?? 0;
  return {
    requests: METHODS.flatMap((method, byMethod) =>
      STATUS_CLASSES.flatMap((status, byStatus) =>
        PROTOCOLS.map((protocol, byProtocol) => {
          return { method, status, protocol, count: at(requestCell(byMethod, byStatus, byProtocol)) };
        }),
      ),
    ).filter(({ count }) => count > 0),
    inFlight,
    failures: FAILURES.map(({ reason, side }, index) => {
      return { reason, side, count: at(failureCell(index)) };
    }).filter(({ count }) => count > 0),
    retries: at(CELL_OF.retries),
    upgrades: at(CELL_OF.upgrades),
    requestBytes: at(CELL_OF.requestBytes),
    responseBytes: at(CELL_OF.responseBytes),
    meanMs: meanMs(STATUS_CLASSES.map((_, index) => durationsOf(counters, index))),
    meanResponseMs: meanMs([responsesOf(counters)]),
  };
}

function meanMs(histograms: readonly Histogram[]): number | null {
  const count = histograms.flatMap(({ counts }) => counts).reduce((sum, each) => sum + each, 0);
  const seconds = histograms.reduce((sum, { sumSeconds }) => sum + sumSeconds, 0);
  return count === 0 ? null : Math.round((seconds / count) * 1e6) / 1e3;
}
