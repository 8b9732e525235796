import { AppError } from "../../base/errors.ts";
import type { Logger } from "../../web/log.ts";
import { chooseForm } from "../../web/negotiate.ts";
import type { RouteTable } from "../../web/routes.ts";
import type { TrafficSource } from "../../web/traffic/traffic.ts";
import { capabilityOf, type Feature } from "../feature.ts";
import { addHistory } from "./history.ts";
import { readTotals } from "./read-totals.ts";
import { createHistoryRecorder } from "./recorder.ts";
import { sampleTraffic } from "./sampler.ts";
import { trafficText } from "./traffic-forms.ts";
import { trafficMetrics } from "./traffic-metrics.ts";
import { requestIdPath, trafficQuery, wishOf } from "./traffic-query.ts";
import { requestReport, type TrafficReport, trafficReport } from "./traffic-schema.ts";

/**
 * The feature `traffic`: what the sidecar has forwarded. Requests are for operators, for paths and addresses tell what
 * people do; how much there was, viewers may know too.
 */

/** Gives the source, once there is traffic at all. */
type FindTraffic = () => Promise<TrafficSource>;

/** Makes the feature. It counts nothing itself: who forwards does. Its history begins with its `start`. */
export function createTraffic(traffic: FindTraffic, { log }: { readonly log: Logger }): Feature {
  const recorder = createHistoryRecorder();
  let whenStopped: Promise<void> = Promise.resolve();
  return {
    name: "traffic",
    routes(table) {
      addReport(table, traffic);
      // Before the route of a request's id.
      addHistory(table, recorder);
      addRequest(table, traffic);
    },
    async capability() {
      return capabilityOf([{ name: "count requests", works: true }]);
    },
    async metrics() {
      return trafficMetrics(await (await traffic()).totals());
    },
    start(signal) {
      whenStopped = sampleTraffic({ traffic, recorder, log }, signal);
    },
    [Symbol.asyncDispose]: () => whenStopped,
  };
}

function addReport(table: RouteTable, traffic: FindTraffic): void {
  table.add(
    "GET",
    "/traffic",
    {
      summary: "What was forwarded: totals, and the latest requests with whom they waited for",
      description:
        "Requests are told when they are over, an upgraded connection when it is closed. Each process keeps the latest `traffic.recent` (512 unless set otherwise) in memory, without their queries.",
      role: "operator",
      query: trafficQuery,
      responses: {
        200: {
          description: "The totals since the start, and the requests that are asked for.",
          content: { "application/json": trafficReport, "text/plain": null },
        },
      },
    },
    async ({ ctx, query }) => {
      const form = chooseForm(ctx, ["json", "text"]);
      const source = await traffic();
      const [totals, requests] = await Promise.all([source.totals(), source.recent(wishOf(query))]);
      const lastSecond = source.latency.read();
      const report: TrafficReport = { totals: readTotals(totals), lastSecond, requests };
      if (form === "json") ctx.body = report;
      if (form === "text") {
        ctx.type = "text/plain; charset=utf-8";
        ctx.body = trafficText(report);
      }
    },
  );
}

function addRequest(table: RouteTable, traffic: FindTraffic): void {
  table.add(
    "GET",
    "/traffic/{requestId}",
    {
      summary: "One of the latest requests, by its X-Request-Id",
      role: "operator",
      params: requestIdPath,
      responses: {
        200: {
          description: "It; the newest where a client has used the id more than once.",
          content: { "application/json": requestReport },
        },
        404: { description: "It is not over yet, or is not among the latest any more." },
      },
    },
    async ({ ctx, params }) => {
      const [request] = await (await traffic()).recent({ id: params.requestId, limit: 1 });
      if (request === undefined) {
        throw new AppError("not-found", "None of the latest requests that are over has this id.", {
          remedy: "SIDECAR_TRAFFIC_RECENT (how many are kept)",
        });
      }
      ctx.body = request;
    },
  );
}
