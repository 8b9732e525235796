import { printable } from "../../base/printable.ts";
import { textTable } from "../../web/text-table.ts";
import type { TrafficReport } from "./traffic-schema.ts";

/** The forms of the traffic for a terminal. */

const TITLES = ["time", "status", "ms", "client", "sidecar", "core", "from", "id", "request"];
const RIGHT = new Set(["ms", "client", "sidecar", "core"]);

/** The whole as text. */
export function trafficText({ totals, lastSecond, requests }: TrafficReport): string {
  const all = totals.requests.reduce((sum, { count }) => sum + count, 0);
  const failed = totals.failures.map(({ reason, side, count }) => `${count} ${reason} (${side})`);
  return [
    `requests   ${all}, ${totals.inFlight} in flight, ${totals.upgrades} upgrades, ${totals.retries} retries`,
    `mean       ${ms(totals.meanMs)} ms, ${ms(totals.meanResponseMs)} ms to the head of the app's answer`,
    `last second ${lastSecond.count} answers, p50 ${ms(lastSecond.p50Ms)} ms, p95 ${ms(lastSecond.p95Ms)} ms, p99 ${ms(lastSecond.p99Ms)} ms; ${lastSecond.waiting} wait for the app`,
    ...(failed.length === 0 ? [] : [`failures   ${failed.join(", ")}`]),
    "",
    ...textTable(TITLES, requests.map(row), RIGHT),
    "",
  ].join("\n");
}

function row(request: TrafficReport["requests"][number]): string[] {
  const { startTime, status, failure, durationMs, waitedMs, client, id, method, path, isPathCut } = request;
  return [
    startTime,
    `${status ?? "-"}${failure === null ? "" : ` ${failure.reason}`}`,
    ms(durationMs),
    ...[ms(waitedMs.client), ms(waitedMs.sidecar), ms(waitedMs.core)],
    ...[client, id].map(printable),
    printable(`${method} ${path}${isPathCut ? "…" : ""}`),
  ];
}

function ms(value: number | null): string {
  return value === null ? "?" : value.toFixed(1);
}
