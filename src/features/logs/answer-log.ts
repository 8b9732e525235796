import { Readable } from "node:stream";
import { AppError } from "../../base/errors.ts";
import type { WebContext } from "../../web/context.ts";
import { chooseForm, MEDIA_TYPES } from "../../web/negotiate.ts";
import { sseEvent } from "../../web/output-stream.ts";
import type { LogLine } from "./log-lines.ts";
import type { FlowEnd, FlowPart } from "./log-parts.ts";
import type { LogLineRecord, LogPage, LogRecord } from "./log-schema.ts";

/** The forms of a log. A stream is read at the reader's own pace: the file keeps what it has not taken yet. */

const HEARTBEAT_MS = 5_000;

/** Answers with what flows of a log. */
export async function answerLog(
  ctx: WebContext,
  name: string,
  flow: AsyncGenerator<FlowPart>,
  isFollowing: boolean,
): Promise<void> {
  const form = chooseForm(ctx, ["text", "json", "ndjson", "sse"]);
  if (form === "json") {
    if (isFollowing) throw followedAsJson();
    ctx.body = await pageOf(name, flow);
    return;
  }
  // A log that can't be read is a problem, and not a stream that breaks off.
  const first = await flow.next();
  ctx.type = form === "text" ? "text/plain; charset=utf-8" : MEDIA_TYPES[form];
  ctx.body = Readable.from(written(first, flow, WRITERS[form]), { objectMode: false });
  ctx.flushHeaders();
}

function followedAsJson(): AppError {
  return new AppError("invalid-parameter", "query parameter follow: JSON is answered whole.", {
    errors: [{ pointer: "query:follow", detail: "JSON is answered whole" }],
    remedy: "Accept: application/x-ndjson, text/event-stream or text/plain",
  });
}

async function pageOf(name: string, flow: AsyncGenerator<FlowPart>): Promise<LogPage> {
  const lines: LogLineRecord[] = [];
  const lost: string[] = [];
  let end: { reason: FlowEnd; cursor: string | null } = { reason: "complete", cursor: null };
  for await (const part of flow) {
    if (part.kind === "lines") for (const line of part.lines) lines.push(recordOf(line));
    if (part.kind === "rotated" && part.lost !== null) lost.push(part.lost);
    if (part.kind === "end") end = { reason: part.reason, cursor: part.cursor };
  }
  return { name, lines, lost, ...end };
}

/** How a stream is written. */
interface Writer {
  line(line: LogLine): string;
  rotated(lost: string | null): string;
  end(reason: FlowEnd, cursor: string | null): string;
  readonly heartbeat: string;
}

const WRITERS: Readonly<Record<"text" | "ndjson" | "sse", Writer>> = {
  text: {
    line: ({ text, isOpen }) => (isOpen ? text : `${text}\n`),
    rotated: () => "",
    end: () => "",
    heartbeat: "",
  },
  ndjson: {
    line: (line) => ndjson(recordOf(line)),
    rotated: (lost) => ndjson({ type: "rotated", lost }),
    end: (reason, cursor) => ndjson({ type: "end", reason, cursor }),
    heartbeat: ndjson({ type: "heartbeat" }),
  },
  sse: {
    line: (line) => sseEvent("line", JSON.stringify(recordOf(line)), line.cursor),
    rotated: (lost) => sseEvent("rotated", JSON.stringify({ lost })),
    end: (reason, cursor) => sseEvent("end", JSON.stringify({ reason, cursor }), cursor ?? undefined),
    heartbeat: ": \n\n",
  },
};

function ndjson(record: LogRecord): string {
  return `${JSON.stringify(record)}\n`;
}

async function* written(
  first: IteratorResult<FlowPart>,
  flow: AsyncGenerator<FlowPart>,
  writer: Writer,
): AsyncGenerator<string> {
  let quietSinceMs = performance.now();
  try {
    for (let next = first; next.done !== true; next = await flow.next()) {
      const text = textOf(next.value, writer, performance.now() - quietSinceMs >= HEARTBEAT_MS);
      if (text === "") continue;
      yield text;
      quietSinceMs = performance.now();
    }
  } finally {
    // Closes the file also where the client has gone.
    await flow.return(undefined);
  }
}

function textOf(part: FlowPart, writer: Writer, isHeartbeatDue: boolean): string {
  switch (part.kind) {
    case "lines":
      return part.lines.map(writer.line).join("");
    case "rotated":
      return writer.rotated(part.lost);
    case "idle":
      return isHeartbeatDue ? writer.heartbeat : "";
    case "end":
      return writer.end(part.reason, part.cursor);
  }
}

function recordOf({ text, timeMs, level, cursor, isCut, isOpen, isLossy }: LogLine): LogLineRecord {
  return {
    type: "line",
    text,
    time: timeMs === null ? null : new Date(timeMs).toISOString(),
    level,
    cursor,
    ...(isCut ? { isCut } : {}),
    ...(isOpen ? { isOpen } : {}),
    ...(isLossy ? { isLossy } : {}),
  };
}
