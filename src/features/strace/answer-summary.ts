import { nameOfProcess } from "../../linux/proc.ts";
import { createSummariser } from "./summarise.ts";
import type { SummaryReport } from "./summary-schema.ts";
import type { Trace, TraceResult } from "./trace.ts";
import { type AnswerForm, headOf } from "./trace-answers.ts";
import { followEvents } from "./trace-events.ts";

/** What the calls of a trace come to, at once, when it is over. */
export const answerSummary: AnswerForm = async ({ ctx, trace }) => {
  const { report, result } = await summaryReportOf(trace);
  ctx.body = report;
  return result;
};

/** Follows a trace to its end, and counts its calls. */
export async function summaryReportOf(
  trace: Trace,
): Promise<{ readonly report: SummaryReport; readonly result: TraceResult }> {
  const summariser = createSummariser(nameOfProcess);
  const onEvent = summariser.add;
  const { result, counts } = await followEvents(trace, { onEvent, withRaw: false });
  const { durationMs, endReason, lines, lost, warnings } = result;
  const report: SummaryReport = {
    ...{ ...headOf(trace), durationMs, endReason, lines, lost, unparsed: counts.unparsed },
    ...{ warnings: [...warnings], ...summariser.summary(durationMs) },
  };
  return { report, result };
}
