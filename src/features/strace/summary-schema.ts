import { z } from "zod";
import type { TraceEvent } from "./events/event.ts";
import { traceEvent } from "./events/event-schema.ts";
import { traceReport } from "./trace-schema.ts";

const call = z.object({
  call: z.string().describe("`(other)` for those beyond 512 names."),
  count: z.int(),
  perSecond: z.number(),
  errors: z.record(z.string(), z.int()).describe("How often it failed, by error."),
  totalNs: z.int().describe("The time in it, of all threads together; what ptrace adds is in it."),
  p50Ns: z
    .int()
    .describe("Half of the calls stayed within it. This and the next two are at most 7 % too long."),
  p95Ns: z.int(),
  p99Ns: z.int(),
  maxNs: z.int(),
});

const seen = {
  count: z.int(),
  overcount: z
    .int()
    .describe("By how much `count` may be too high: 0 where there were no more than 512 different ones."),
  totalNs: z.int(),
};

/** What a trace comes to. */
export const traceSummary = z.object({
  callCount: z.int(),
  callsPerSecond: z.number(),
  calls: z.array(call).describe("By the time in them."),
  slowest: z.array(traceEvent).describe("The ten that took longest."),
  files: z
    .array(z.object({ path: z.string(), ...seen }))
    .describe("The twenty files that most calls were about, by the paths that the app sees."),
  peers: z
    .array(z.object({ peer: z.string().describe("`TCP 10.0.0.7:5432`"), ...seen }))
    .describe("The twenty most called other ends of sockets."),
  processes: z
    .array(
      z.object({
        pid: z.int(),
        name: z
          .string()
          .nullable()
          .describe("The kernel's short name (comm); null where it was gone too soon."),
        ...seen,
      }),
    )
    .describe("The twenty processes that made most calls."),
});

/** The summary of a trace, with what is told of every trace. */
export const summaryReport = traceReport
  .omit({ lines: true, events: true, linesAsked: true, pending: true })
  .extend({
    lines: z.int().describe("How many lines of strace, or events, it was made of."),
    ...traceSummary.shape,
  });

/** How often a call was made, and how long it took. */
export type CallSummary = z.infer<typeof call>;
/** What a trace comes to. */
export type TraceSummary = Omit<z.infer<typeof traceSummary>, "slowest"> & {
  readonly slowest: readonly TraceEvent[];
};
/** The summary of a trace, with what is told of every trace. */
export type SummaryReport = Omit<z.infer<typeof summaryReport>, "slowest"> & Pick<TraceSummary, "slowest">;
