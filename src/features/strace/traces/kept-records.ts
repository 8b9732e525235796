import type { Result } from "../../../web/kept-results.ts";
import { createSummariser } from "../summarise.ts";
import type { TraceSummary } from "../summary-schema.ts";
import type { TraceHead, TraceResult } from "../trace.ts";
import { keptEvent } from "./kept-event.ts";
import type { RecordLog } from "./record-log.ts";
import type { TraceRequest } from "./trace-request.ts";

/** What a trace has come to. */
export interface TraceEnd {
  readonly result: TraceResult;
  readonly unparsed: number;
}

/** What a trace told, with what there is to say of it. */
export interface KeptRecords extends Result {
  /** `recorder` keeps the last seconds only, `snapshot` is what another one had kept at a moment. */
  readonly kind: "trace" | "recorder" | "snapshot";
  readonly asked: TraceRequest;
  readonly head: TraceHead;
  /** `failed` is an error of ours; a trace that strace broke off has ended, and its reason says so. */
  readonly state: "running" | "ended" | "failed";
  /** Undefined while it runs, where it has failed, and of a snapshot. */
  readonly end: TraceEnd | undefined;
  /** What made it fail, where it has. */
  readonly failure: unknown;
  readonly durationMs: number;
  /** How long that took of which the events are kept: less than {@link durationMs} where the oldest are dropped. */
  readonly spanMs: number;
  /** Whether it was ended for want of room for what it told. */
  readonly lacksRoom: boolean;
  /** Each as JSON. */
  readonly events: RecordLog;
  /** strace's own lines. */
  readonly lines: RecordLog;
  /** What its calls come to, so far. */
  summary(): Promise<TraceSummary>;
  /** Ends the trace, and resolves when its processes run free; what it told is kept. Harmless when it has ended. */
  stop(): Promise<void>;
}

/** Goes through events that are kept, and counts them. */
export async function summariseKept({
  events,
  head,
  spanMs,
}: Pick<KeptRecords, "events" | "head" | "spanMs">): Promise<TraceSummary> {
  const { main, descendants } = head.targets;
  const names = new Map([main, ...descendants].map(({ pid, name }) => [pid, name]));
  const summariser = createSummariser((pid) => names.get(pid));
  for await (const { records } of events.read()) {
    for (const json of records) summariser.add(keptEvent(json));
  }
  return summariser.summary(spanMs);
}
