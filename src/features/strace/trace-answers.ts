import type { Settings } from "../../settings/schema.ts";
import type { WebContext } from "../../web/context.ts";
import { type Form, MEDIA_TYPES } from "../../web/negotiate.ts";
import { OutputStream, type OutputStreamOptions, sseEvent } from "../../web/output-stream.ts";
import { escapeHtml, html, PAGE_END, pageHeaders, pageStart } from "../../web/page.ts";
import { topBar } from "../../web/top-bar.ts";
import { endNote } from "./end-note.ts";
import { createEventJson } from "./event-json.ts";
import type { TraceEvent } from "./events/event.ts";
import type { TraceTarget } from "./targets.ts";
import type { Trace, TraceHead, TraceResult } from "./trace.ts";
import { TRACE_COST } from "./trace-cost.ts";
import { followEvents } from "./trace-events.ts";
import type { TraceOptions } from "./trace-options.ts";
import { type EndRecord, HEARTBEAT_LINE, type TraceReport } from "./trace-schema.ts";

/** The forms of an answer. Each takes the trace, follows it to its end, and gives how that was. */

/** A trace that is to be answered. */
export interface Answerable {
  readonly ctx: WebContext;
  readonly trace: Trace;
  readonly linesAsked: number;
  readonly options: TraceOptions;
  readonly settings: Settings["strace"];
  /** The relative way from the request's path to the prefix, for links. */
  readonly up: string;
  /** How long a stream may be silent before it says that the trace runs. */
  readonly heartbeatMs: number;
}

/**
 * Answers with a trace; resolves when that is over. Streaming forms have set the body before their first wait, and
 * need not be awaited for it.
 */
export type AnswerForm = (answerable: Answerable) => Promise<TraceResult>;

/** What may wait for a slow client. Beyond, lines are dropped and counted; strace and the app never wait. */
const MAX_QUEUED_BYTES = 1_048_576;
/**
 * The id of the last event of a stream. An EventSource whose stream has ended asks again by itself, for ever, and says
 * the last id; it stops where the answer is 204 (WHATWG HTML, section 9.2.3).
 */
const END_ID = "end";

/**
 * strace's lines as they come; a last line that begins with `# ` where not all of them came. What it costs has no place
 * among them, and is in a header.
 */
export const answerText: AnswerForm = ({ ctx, trace, linesAsked, settings, options }) => {
  const body = stream(ctx, {
    "Content-Type": "text/plain; charset=utf-8",
    "Sidecar-Trace-Cost": TRACE_COST[trace.engine],
  });
  return follow(trace, body, {
    onLine: (line) => body.offer(`${line}\n`),
    last(result) {
      const note = endNote({ result, linesAsked, dropped: body.dropped, settings, options });
      return note === "" ? "" : `# ${note}\n`;
    },
  });
};

/**
 * An event `start`, an event `line` for each line or, if asked for, an event `event` with its JSON for each event of the
 * trace, and an event `end` that says why and how much was dropped.
 */
export const answerSse: AnswerForm = ({ ctx, trace, linesAsked, options, heartbeatMs }) => {
  const headers = { "Content-Type": "text/event-stream; charset=utf-8" };
  const body = stream(ctx, headers, { heartbeat: ": \n\n", heartbeatMs });
  body.offer(sseEvent("start", JSON.stringify({ ...headOf(trace), linesAsked })));
  const end = ({ endReason, lines, durationMs, pending, warnings, lost }: TraceResult, more: object) => {
    const record = { endReason, lines, ...more, dropped: body.dropped, lost, durationMs, pending, warnings };
    return sseEvent("end", JSON.stringify(record), END_ID);
  };
  if (!options.asEvents) {
    const onLine = (line: string) => body.offer(sseEvent("line", line));
    return follow(trace, body, { onLine, last: (result) => end(result, {}) });
  }
  return untilOver(trace, body, async () => {
    const toJson = createEventJson();
    const onEvent = (event: TraceEvent) => body.offer(sseEvent("event", toJson(event)));
    const { result, counts } = await followEvents(trace, { onEvent, withRaw: options.withRaw });
    const { events, unparsed } = counts;
    return { result, last: end(result, { events, unparsed }) };
  });
};

/** Tells whether a request is that of an EventSource that comes back after the end; then it is answered. */
export function stopsReturning(ctx: WebContext, form: Form): boolean {
  if (form !== "sse" || ctx.get("Last-Event-ID") !== END_ID) return false;
  ctx.status = 204;
  return true;
}

/** A page that grows while the lines come. */
export const answerPage: AnswerForm = ({ ctx, trace, linesAsked, settings, options, up }) => {
  const { pid, name } = trace.targets.main;
  const title = `System calls of process ${pid}`;
  const body = stream(ctx, pageHeaders());
  const head = html`${topBar(up)}<main><h1>${title}: ${name}</h1><p class="dim">${linesAsked} lines, as they come</p><p class="dim">${TRACE_COST[trace.engine]}</p>`;
  body.offer(`${pageStart(title)}${head.html}<pre>`);
  return follow(trace, body, {
    onLine: (line) => body.offer(`${escapeHtml(line)}\n`),
    last(result) {
      const note = endNote({ result, linesAsked, dropped: body.dropped, settings, options });
      const remarks = [note === "" ? "All lines have come." : note, ...result.warnings];
      const paragraphs = remarks.map((text) => html`<p>${text}</p>`);
      return `</pre>${html`${paragraphs}</main>`.html}${PAGE_END}`;
    },
  });
};

/** An event a line as they end, and a last line that says why and how much was dropped. */
export const answerNdjson: AnswerForm = async ({ ctx, trace, linesAsked, options, heartbeatMs }) => {
  const body = stream(
    ctx,
    { "Content-Type": MEDIA_TYPES.ndjson },
    { heartbeat: HEARTBEAT_LINE, heartbeatMs },
  );
  const { withRaw } = options;
  const toJson = createEventJson();
  const onEvent = (event: TraceEvent) => body.offer(`${toJson(event)}\n`);
  return await untilOver(trace, body, async () => {
    const { result, counts } = await followEvents(trace, { onEvent, withRaw });
    const record: EndRecord = {
      ...{ type: "end", ...headOf(trace), ...endOf(result), linesAsked, lines: result.lines },
      ...{ events: counts.events, unparsed: counts.unparsed, dropped: body.dropped },
    };
    return { result, last: `${JSON.stringify(record)}\n` };
  });
};

/** The whole trace at once, when it is over. */
export const answerJson: AnswerForm = async ({ ctx, trace, linesAsked, options: { withRaw } }) => {
  const lines: string[] = [];
  const events: TraceEvent[] = [];
  const { result, counts } = await followEvents(trace, {
    ...{ onLine: (line) => lines.push(line), onEvent: (event) => events.push(event), withRaw },
  });
  const report: TraceReport = {
    ...{ ...headOf(trace), ...endOf(result), linesAsked },
    ...{ lines, events, unparsed: counts.unparsed },
  };
  ctx.body = report;
  return result;
};

function endOf({ durationMs, endReason, lost, pending, warnings }: TraceResult) {
  return { durationMs, endReason, lost, pending: [...pending], warnings: [...warnings] };
}

/** Begins an answer that is written bit by bit. */
function stream(
  ctx: WebContext,
  headers: Readonly<Record<string, string>>,
  heartbeat: Pick<OutputStreamOptions, "heartbeat" | "heartbeatMs"> = {},
): OutputStream {
  const body = new OutputStream({ maxQueuedBytes: MAX_QUEUED_BYTES, ...heartbeat });
  ctx.set({ ...headers });
  ctx.status = 200;
  ctx.body = body;
  // An idle process has no line yet: the client should know all the same that the trace runs.
  ctx.flushHeaders();
  return body;
}

/** Follows a trace into a body, and ends that with it. */
function follow(
  trace: Trace,
  body: OutputStream,
  { onLine, last }: { onLine: (line: string) => void; last: (result: TraceResult) => string },
): Promise<TraceResult> {
  return untilOver(trace, body, async () => {
    const result = await trace.follow({ onLine });
    return { result, last: last(result) };
  });
}

/** Ends a body with what follows a trace into it, or cuts it where that fails. */
async function untilOver(
  trace: Trace,
  body: OutputStream,
  followTrace: () => Promise<{ result: TraceResult; last: string }>,
): Promise<TraceResult> {
  try {
    const { result, last } = await followTrace();
    // Its place is free before the client sees the end, and may ask again.
    await trace[Symbol.asyncDispose]();
    body.finish(last);
    return result;
  } catch (error) {
    // Cut, so that nobody takes it for the whole.
    body.destroy(error instanceof Error ? error : undefined);
    throw error;
  }
}

/** What every answer tells of a trace. */
export function headOf({
  targets,
  engine,
  command,
  startedAt,
}: TraceHead): Pick<TraceReport, "process" | "descendants" | "engine" | "command" | "cost" | "startedAt"> {
  return {
    engine,
    process: reference(targets.main),
    descendants: targets.descendants.map(reference),
    command: [...command],
    cost: TRACE_COST[engine],
    startedAt,
  };
}

function reference({ pid, startTime, name }: TraceTarget): TraceReport["process"] {
  return { pid, startTime, name };
}
