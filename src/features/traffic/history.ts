import { z } from "zod";
import { currentSecond } from "../../base/every-second.ts";
import { namedValues } from "../../base/history-columns.ts";
import { parseWindow, readWindow } from "../../base/history-window.ts";
import { CSV_TYPE, historyCsv, windowQuery } from "../../web/history-forms.ts";
import { chooseForm } from "../../web/negotiate.ts";
import type { RouteTable } from "../../web/routes.ts";
import { textTable } from "../../web/text-table.ts";
import { type ColumnName, HISTORY_COLUMNS } from "./history-columns.ts";
import type { TrafficHistoryRecorder } from "./recorder.ts";

/** `GET /traffic/history`: the traffic of the last minutes, hours, or day. It tells no paths and no addresses. */

const figures = z.object(
  Object.fromEntries(
    HISTORY_COLUMNS.map(({ name, description }) => [name, z.number().nullable().describe(description)]),
  ) as Record<ColumnName, z.ZodNullable<z.ZodNumber>>,
);

/** The answer of `GET /traffic/history`. */
export const trafficHistory = z.object({
  windowSeconds: z.int(),
  stepSeconds: z.int().describe("The length of each interval: 1 up to 5 minutes, 10 up to an hour, else 60."),
  points: z
    .array(figures.extend({ time: z.iso.datetime().describe("When the interval begins.") }))
    .describe("The oldest first. Null is what was not known; times are null too where nothing was answered."),
});

/** The history. */
export type TrafficHistory = z.infer<typeof trafficHistory>;

/** The history of the last `windowSeconds`, as of the second `now`. */
export function trafficHistoryOf(
  recorder: TrafficHistoryRecorder,
  windowSeconds: number,
  now: number,
): TrafficHistory {
  const { stepSeconds, intervals } = readWindow(recorder, windowSeconds, now);
  const points = intervals.map(({ time, row }) => ({ time, ...namedValues(HISTORY_COLUMNS, row) }));
  return { windowSeconds, stepSeconds, points };
}

/** Adds the route. */
export function addHistory(table: RouteTable, recorder: TrafficHistoryRecorder): void {
  table.add(
    "GET",
    "/traffic/history",
    {
      summary: "How much was forwarded, how much of it failed, and how long the app took: second by second",
      description:
        "Every second for 5 minutes, every 10 seconds for an hour, every minute for a day, since the sidecar started; the interval that is under way is left out. Rates are means over the interval; times are at most an eighth too long, and with several processes (`cluster`) a second late. What was not known is null (in CSV, empty).",
      role: "viewer",
      query: windowQuery("1h"),
      responses: {
        200: {
          description: "The intervals of the window, the oldest first.",
          content: { "application/json": trafficHistory, "text/csv": null, "text/plain": null },
        },
      },
    },
    ({ ctx, query: { window } }) => {
      const form = chooseForm(ctx, ["json", "csv", "text"]);
      const history = trafficHistoryOf(recorder, parseWindow(window) ?? 0, currentSecond());
      if (form === "json") ctx.body = history;
      if (form === "csv") {
        ctx.type = CSV_TYPE;
        ctx.body = historyCsv(HISTORY_COLUMNS, history.points);
      }
      if (form === "text") {
        ctx.type = "text/plain; charset=utf-8";
        ctx.body = historyText(history);
      }
    },
  );
}

const TEXT_COLUMNS = {
  "req/s": "requestsPerSecond",
  "4xx/s": "clientErrorsPerSecond",
  "5xx/s": "serverErrorsPerSecond",
  "failed/s": "failuresPerSecond",
  "mean ms": "meanMs",
  "p50 ms": "p50Ms",
  "p95 ms": "p95Ms",
  "p99 ms": "p99Ms",
  "in flight": "inFlight",
} as const satisfies Record<string, ColumnName>;

function historyText({ points }: TrafficHistory): string {
  const titles = Object.keys(TEXT_COLUMNS);
  const rows = points.map((point) => [
    point.time,
    ...Object.values(TEXT_COLUMNS).map((name) => String(point[name] ?? "?")),
  ]);
  return [...textTable(["time", ...titles], rows, new Set(titles)), ""].join("\n");
}
