import { z } from "zod";
import { resultPath } from "../../../web/kept-results.ts";
import { traceSummary } from "../summary-schema.ts";
import { headOf } from "../trace-answers.ts";
import { traceReport } from "../trace-schema.ts";
import type { KeptRecords } from "./kept-records.ts";
import { traceRequest } from "./trace-request.ts";

export const JSON_TYPE = "application/json";
export const GONE = { description: "No such trace, or it is no longer kept." };

/** What traces are called. */
export const TRACES = { one: "trace", many: "traces", path: "traces" };
/** The `{id}` of a trace in a path. */
export const idPath = resultPath(TRACES);

const { endReason } = traceReport.shape;

/** A trace that runs on its own, as the API tells it. */
export const traceState = traceReport
  .pick({
    process: true,
    descendants: true,
    engine: true,
    command: true,
    cost: true,
    startedAt: true,
    pending: true,
    warnings: true,
  })
  .extend({
    id: z.string(),
    kind: z
      .enum(["trace", "recorder", "snapshot"])
      .describe(
        "`recorder`: of the flight recorder, with the last seconds only; `snapshot`: what another had told.",
      ),
    state: z
      .enum(["running", "ended", "failed"])
      .describe("`failed` by a fault of the sidecar; whatever else ended it, `endReason` says."),
    asked: traceRequest,
    durationMs: z.int().describe("Until now, while it runs."),
    endReason: endReason
      .nullable()
      .describe("Null while it runs, and of a snapshot. Else as in the answer of GET /strace."),
    lines: z.int().describe("How many lines of strace there were, its remarks among them."),
    events: z.int().describe("How many events there were: the cursor after the last of them."),
    firstEvent: z
      .int()
      .describe("The cursor of the first event that is kept: 0, but where only the last seconds are."),
    lost: traceReport.shape.lost.nullable(),
    unparsed: z.int().nullable().describe("How many of the lines could not be read; null while it runs."),
    heldBytes: z.int().describe("What it takes of traces.maxKeptBytes."),
    expiresAt: z.iso
      .datetime()
      .nullable()
      .describe("When it is forgotten; earlier where others need its room."),
    links: z.object({
      self: z.string(),
      events: z.string(),
      summary: z.string(),
      ndjson: z.string().describe("All its events as JSON, one a line, as a file of gzip."),
      strace: z.string().describe("strace's own text, as a file of gzip."),
      chrome: z.string().describe("Trace events for Perfetto and chrome://tracing, as a file of gzip."),
      stop: z.string().describe("POST ends the trace, and keeps it."),
    }),
  })
  .meta({ id: "Trace" });

/** All that are kept. */
export const traceList = z.object({
  traces: z.array(traceState).describe("The newest first."),
  heldBytes: z.int(),
  maxHeldBytes: z.int(),
});

/** What the calls of a trace come to, so far. */
export const keptSummary = z.object({
  id: z.string(),
  state: traceState.shape.state,
  durationMs: z.int(),
  endReason: traceState.shape.endReason,
  ...traceSummary.shape,
});

/** A trace that runs on its own, as the API tells it. */
export type TraceState = z.infer<typeof traceState>;

const NO_ROOM =
  "What it told did not fit into traces.maxKeptBytes. Mend: a higher SIDECAR_TRACES_MAX_KEPT_BYTES, or fewer calls (syscalls, errors, minDuration)";

/**
 * Tells a trace.
 * @param path its own, for the links.
 * @param expiresAtMs since 1970.
 */
export function describeTrace(kept: KeptRecords, path: string, expiresAtMs: number | null): TraceState {
  const { id, kind, state, asked, durationMs, end, bytes } = kept;
  return {
    ...{ id, kind, state, ...headOf(kept.head), asked, durationMs, endReason: endReasonOf(kept) },
    ...{
      lines: kept.lines.count,
      events: kept.events.count,
      firstEvent: kept.events.firstIndex,
      unparsed: end?.unparsed ?? null,
      lost: end?.result.lost ?? null,
    },
    pending: [...(end?.result.pending ?? [])],
    warnings: [...(end?.result.warnings ?? []), ...(kept.lacksRoom ? [NO_ROOM] : [])],
    heldBytes: bytes,
    expiresAt: expiresAtMs === null ? null : new Date(expiresAtMs).toISOString(),
    links: {
      ...{ self: path, events: `${path}/events`, summary: `${path}/summary`, stop: `${path}/stop` },
      ...{
        ndjson: `${path}/events.ndjson.gz`,
        strace: `${path}/strace.txt.gz`,
        chrome: `${path}/chrome.json.gz`,
      },
    },
  };
}

/** Why it has ended; null while it runs. */
export function endReasonOf({ end, lacksRoom }: KeptRecords): TraceState["endReason"] {
  if (end === undefined) return null;
  return lacksRoom ? "byte-limit" : end.result.endReason;
}
