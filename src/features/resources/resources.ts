import { currentSecond } from "../../base/every-second.ts";
import { parseWindow } from "../../base/history-window.ts";
import type { CoreProcessFinder } from "../../linux/core-process.ts";
import type { Settings } from "../../settings/schema.ts";
import { CSV_TYPE, historyCsv, windowQuery } from "../../web/history-forms.ts";
import type { Logger } from "../../web/log.ts";
import { chooseForm } from "../../web/negotiate.ts";
import type { RouteTable } from "../../web/routes.ts";
import { capabilityOf, type Feature } from "../feature.ts";
import { partsOf } from "./capability.ts";
import { historyOf } from "./history.ts";
import { HISTORY_COLUMNS } from "./history-columns.ts";
import { readResources } from "./read-resources.ts";
import { createRecorder, type Recorder } from "./recorder.ts";
import { type Course, reportPage, reportText } from "./resource-forms.ts";
import { resourceMetrics } from "./resource-metrics.ts";
import { type ResourceHistory, resourceHistory, resourceReport } from "./resource-schema.ts";
import { sample } from "./sampler.ts";

/** The feature `resources`: what the app's cgroup uses of its limits, now and in the last day. */

/** What the feature needs. */
export interface ResourcesDeps {
  readonly coreProcess: CoreProcessFinder;
  readonly log: Logger;
}

const SPARKLINE_SECONDS = 300;
const DIAGNOSTICS_SECONDS = 3_600;

/** Makes the feature. Nothing is recorded before its `start`. */
export function createResources(
  _settings: Settings["resources"],
  { coreProcess, log }: ResourcesDeps,
): Feature {
  const recorder = createRecorder();
  let whenStopped: Promise<void> = Promise.resolve();
  return {
    name: "resources",
    routes(table) {
      addReport(table, coreProcess, recorder);
      addHistory(table, recorder);
    },
    diagnostics: [
      {
        file: "resources.json",
        read: async () => readResources(await coreProcess.find(), recorder.latest()?.row),
      },
      {
        file: "resources-history.csv",
        read: () => csvOf(historyOf(recorder, DIAGNOSTICS_SECONDS, currentSecond())),
      },
    ],
    async metrics() {
      return resourceMetrics(await readResources(await coreProcess.find(), undefined));
    },
    async capability() {
      return capabilityOf(await partsOf(coreProcess));
    },
    start(signal) {
      whenStopped = sample({ coreProcess, recorder, log }, signal);
    },
    [Symbol.asyncDispose]: () => whenStopped,
  };
}

function addReport(table: RouteTable, coreProcess: CoreProcessFinder, recorder: Recorder): void {
  const content = { "application/json": resourceReport, "text/plain": null, "text/html": null };
  table.add(
    "GET",
    "/resources",
    {
      summary: "What the app uses of its limits: CPU, memory, tasks, I/O, network, file systems, pressure",
      description:
        "Of the cgroup (version 1 or 2) that the app's main process is in, which is its container. What can't be read is null, and `unreadable` says why and what mends it.",
      role: "viewer",
      responses: { 200: { description: "The figures now.", content } },
    },
    async ({ ctx }) => {
      const form = chooseForm(ctx, ["json", "text", "html"]);
      const report = await readResources(await coreProcess.find(), recorder.latest()?.row);
      if (form === "json") ctx.body = report;
      if (form === "text") {
        ctx.type = "text/plain; charset=utf-8";
        ctx.body = reportText(report);
      }
      if (form === "html") {
        const page = reportPage(report, coursesOf(recorder));
        ctx.set({ ...page.headers });
        ctx.body = page.body;
      }
    },
  );
}

function addHistory(table: RouteTable, recorder: Recorder): void {
  const content = { "application/json": resourceHistory, "text/csv": null };
  table.add(
    "GET",
    "/resources/history",
    {
      summary: "What the app used in the last minutes, hours, or day",
      description:
        "Every second for 5 minutes, every 10 seconds for an hour, every minute for a day, since the sidecar started; the interval that is under way is left out. Rates are means over the interval. What was not known is null (in CSV, empty): the app was gone, or its counters began anew.",
      role: "viewer",
      query: windowQuery("5m"),
      responses: { 200: { description: "The intervals of the window, the oldest first.", content } },
    },
    ({ ctx, query: { window } }) => {
      const form = chooseForm(ctx, ["json", "csv"]);
      const history = historyOf(recorder, parseWindow(window) ?? 0, currentSecond());
      if (form === "json") ctx.body = history;
      if (form === "csv") {
        ctx.type = CSV_TYPE;
        ctx.body = csvOf(history);
      }
    },
  );
}

function coursesOf(recorder: Recorder): Course[] {
  const { points } = historyOf(recorder, SPARKLINE_SECONDS, currentSecond());
  return [
    { title: "CPUs in the last 5 minutes", values: points.map(({ usedCpus }) => usedCpus) },
    {
      title: "Working set in the last 5 minutes",
      values: points.map(({ workingSetBytes }) => workingSetBytes),
    },
  ];
}

function csvOf({ points }: ResourceHistory): string {
  return historyCsv(HISTORY_COLUMNS, points);
}
