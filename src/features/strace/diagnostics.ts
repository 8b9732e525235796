import { type CoreProcessFinder, mainPid } from "../../linux/core-process.ts";
import type { Settings } from "../../settings/schema.ts";
import type { DiagnosticsPart } from "../feature.ts";
import { summaryReportOf } from "./answer-summary.ts";
import { prepareTrace } from "./prepare-trace.ts";
import type { ToolCheck } from "./tool-check.ts";
import { optionsOf } from "./trace-options.ts";
import type { TracePool } from "./trace-pool.ts";
import type { FlightRecorder } from "./traces/flight-recorder.ts";

/** What a summary for a bundle needs. */
export interface SummaryDeps {
  readonly settings: Settings["strace"];
  readonly coreProcess: CoreProcessFinder;
  readonly pool: TracePool;
  readonly tool: ToolCheck;
  /** Undefined where it is switched off. */
  readonly recorder: Pick<FlightRecorder, "current"> | undefined;
}

/** What the system calls of the app's main process, and of those below it, come to within the time that is asked for. */
export function summaryForBundle({
  settings,
  coreProcess,
  pool,
  tool,
  recorder,
}: SummaryDeps): DiagnosticsPart {
  return {
    file: "system-calls.json",
    async read({ traceMs, signal }) {
      if (traceMs === 0) return undefined;
      // The app has one tracer at a time: what that one has of the last seconds is what is wanted.
      const recorded = recorder?.current();
      if (recorded?.state === "running") return await recorded.summary();
      const options = optionsOf({}, settings);
      const parts = { settings, tool, wish: options, withDescendants: true };
      const { targets, engine } = await prepareTrace(await mainPid(coreProcess), parts);
      const durationMs = Math.min(traceMs, settings.durationMs);
      const asked = { ...options, engine, durationMs, lines: Number.MAX_SAFE_INTEGER };
      await using trace = await pool.begin(targets, asked, signal);
      return (await summaryReportOf(trace)).report;
    },
  };
}
