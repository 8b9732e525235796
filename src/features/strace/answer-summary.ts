import { createSummariser } from "./summarise.ts";
import type { SummaryReport } from "./summary-schema.ts";
import { type AnswerForm, headOf } from "./trace-answers.ts";
import { followEvents } from "./trace-events.ts";

/** What the calls of a trace come to, at once, when it is over. */
export const answerSummary: AnswerForm = async ({ ctx, trace }) => {
  const summariser = createSummariser();
  const onEvent = summariser.add;
  const { result, counts } = await followEvents(trace, { onEvent, withRaw: false });
  const { durationMs, endReason, lines, lost, warnings } = result;
  const report: SummaryReport = {
    ...{ ...headOf(trace), durationMs, endReason, lines, lost, unparsed: counts.unparsed },
    ...{ warnings: [...warnings], ...summariser.summary(durationMs) },
  };
  ctx.body = report;
  return result;
};
