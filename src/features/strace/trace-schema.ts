import { z } from "zod";
import { ENGINES } from "./engine-names.ts";
import type { TraceEvent } from "./events/event.ts";
import { traceEvent } from "./events/event-schema.ts";
import { VERDICTS } from "./governor/verdict.ts";

const tracedProcess = z.object({
  pid: z.int().describe("As the sidecar sees it."),
  startTime: z.iso.datetime(),
  name: z.string().describe("The kernel's short name (comm)."),
});

/** The JSON form of a trace. */
export const traceReport = z.object({
  process: tracedProcess.describe("The process that was asked for."),
  descendants: z.array(tracedProcess).describe("Those below it that were traced with it from the beginning."),
  engine: z.enum(ENGINES).describe("What has traced."),
  command: z.array(z.string()).describe("How strace was called; empty with tracefs."),
  cost: z
    .string()
    .describe("What such a trace costs the processes, and which of their calls can return EINTR by it."),
  startedAt: z.iso.datetime().describe("When strace had attached, or the recording had begun."),
  durationMs: z.int(),
  endReason: z
    .enum(["lines", "process-exited", "stopped", "client-gone", "tracer-failed", ...VERDICTS])
    .describe(
      "`lines`: all that were asked for have come. Else what came before. What was ended to spare the app: `core-frozen` (strace stood still while the app waited for it), `storage-full`, `sidecar-throttled` (by its CPU quota), `core-throttled` (the app, by its own), `core-slow` (its answers), `cpu-budget`, `governor-failed`; `warnings` says more.",
    ),
  linesAsked: z.int(),
  lines: z
    .array(z.string())
    .describe(
      "strace's own: the thread, the time in seconds since 1970, the call, its result and its duration in seconds. Sockets are told by their inode: `events` have the addresses.",
    ),
  events: z
    .array(traceEvent)
    .describe("The same, read: one event for each line, or for the two halves of a call."),
  unparsed: z.int().describe("How many of the lines could not be read, and are events `unparsed`."),
  lost: z
    .int()
    .describe(
      "Events of the kernel, two for each call, that came faster than they were read: with tracefs only.",
    ),
  pending: z
    .array(z.string())
    .describe("Calls under way when the trace ended before its last line: what an idle process waits in."),
  warnings: z.array(z.string()).describe("What strace could not tell here, and what mends it."),
});

/** The JSON form of a trace. */
export type TraceReport = Omit<z.infer<typeof traceReport>, "events"> & {
  readonly events: readonly TraceEvent[];
};

/** What comes as NDJSON where nothing else has for a while: an idle process makes no calls. */
export const heartbeatRecord = z.object({ type: z.literal("heartbeat") });
/** What comes as NDJSON where nothing else has for a while. */
type HeartbeatRecord = z.infer<typeof heartbeatRecord>;

/** The line of NDJSON for it. */
export const HEARTBEAT_LINE = `${JSON.stringify({ type: "heartbeat" } satisfies HeartbeatRecord)}\n`;

/** The last record of a trace as NDJSON. */
export const endRecord = traceReport.omit({ lines: true, events: true }).extend({
  type: z.literal("end"),
  lines: z.int().describe("How many lines of strace there were."),
  events: z.int().describe("How many events they made."),
  dropped: z.int().describe("How many of these were dropped, because this client read too slowly."),
});
/** The last record of a trace as NDJSON. */
export type EndRecord = z.infer<typeof endRecord>;
