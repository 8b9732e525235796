import type { Settings } from "../../settings/schema.ts";
import type { WebContext } from "../../web/context.ts";
import { MEDIA_TYPES } from "../../web/negotiate.ts";
import { OutputStream, sseEvent } from "../../web/output-stream.ts";
import { escapeHtml, html, PAGE_END, pageHeaders, pageStart } from "../../web/page.ts";
import { topBar } from "../../web/top-bar.ts";
import { endNote } from "./end-note.ts";
import type { TraceEvent } from "./events/event.ts";
import type { TraceTarget } from "./targets.ts";
import type { Trace, TraceResult } from "./trace.ts";
import { followEvents } from "./trace-events.ts";
import type { TraceOptions } from "./trace-options.ts";
import type { EndRecord, TraceReport } from "./trace-schema.ts";

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
}

/**
 * Answers with a trace; resolves when that is over. Streaming forms have set the body before their first wait, and
 * need not be awaited for it.
 */
export type AnswerForm = (answerable: Answerable) => Promise<TraceResult>;

/** What may wait for a slow client. Beyond, lines are dropped and counted; strace and the app never wait. */
const MAX_QUEUED_BYTES = 1_048_576;
const HEARTBEAT_MS = 5_000;

/** strace's lines as they come; a last line that begins with `# ` where not all of them came. */
export const answerText: AnswerForm = ({ ctx, trace, linesAsked, settings, options }) => {
  const body = stream(ctx, { "Content-Type": "text/plain; charset=utf-8" });
  return follow(trace, body, {
    onLine: (line) => body.offer(`${line}\n`),
    last(result) {
      const note = endNote({ result, linesAsked, dropped: body.dropped, settings, options });
      return note === "" ? "" : `# ${note}\n`;
    },
  });
};

/** An event `start`, an event `line` for each line, and an event `end` that says why and how much was dropped. */
export const answerEvents: AnswerForm = ({ ctx, trace, linesAsked }) => {
  const body = stream(ctx, { "Content-Type": "text/event-stream; charset=utf-8" }, ": \n\n");
  body.offer(sseEvent("start", JSON.stringify({ ...headOf(trace), linesAsked })));
  return follow(trace, body, {
    onLine: (line) => body.offer(sseEvent("line", line)),
    last: ({ endReason, lines, durationMs, pending, warnings, lost }) =>
      sseEvent(
        "end",
        JSON.stringify({ endReason, lines, dropped: body.dropped, lost, durationMs, pending, warnings }),
      ),
  });
};

/** A page that grows while the lines come. */
export const answerPage: AnswerForm = ({ ctx, trace, linesAsked, settings, options, up }) => {
  const { pid, name } = trace.targets.main;
  const title = `System calls of process ${pid}`;
  const body = stream(ctx, pageHeaders());
  const head = html`${topBar(up)}<main><h1>${title}: ${name}</h1><p class="dim">${linesAsked} lines, as they come</p>`;
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
export const answerNdjson: AnswerForm = async ({ ctx, trace, linesAsked, options: { withRaw } }) => {
  const body = stream(ctx, { "Content-Type": MEDIA_TYPES.ndjson });
  let events = 0;
  const onEvent = (event: TraceEvent) => {
    events += 1;
    body.offer(`${JSON.stringify(event)}\n`);
  };
  return await untilOver(trace, body, async () => {
    const { result, counts } = await followEvents(trace, { onEvent, withRaw });
    const record: EndRecord = {
      ...{ type: "end", ...headOf(trace), ...endOf(result), linesAsked, lines: result.lines },
      ...{ events, unparsed: counts.unparsed, dropped: body.dropped },
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
  heartbeat?: string,
): OutputStream {
  const body = new OutputStream({
    maxQueuedBytes: MAX_QUEUED_BYTES,
    ...(heartbeat === undefined ? {} : { heartbeat, heartbeatMs: HEARTBEAT_MS }),
  });
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
    const result = await trace.follow(onLine);
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
}: Trace): Pick<TraceReport, "process" | "descendants" | "engine" | "command" | "startedAt"> {
  return {
    engine,
    process: reference(targets.main),
    descendants: targets.descendants.map(reference),
    command: [...command],
    startedAt,
  };
}

function reference({ pid, startTime, name }: TraceTarget): TraceReport["process"] {
  return { pid, startTime, name };
}
