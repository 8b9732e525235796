import { Readable } from "node:stream";
import { AppError } from "../../base/errors.ts";
import type { WebContext } from "../../web/context.ts";
import { chooseForm } from "../../web/negotiate.ts";
import { cursorOf } from "./cursor.ts";
import type { FlowPart } from "./log-parts.ts";
import { type LogForm, type LogWriter, writerOf } from "./log-writers.ts";

/** The answers of a log. They are read at the reader's own pace: the file keeps what it has not taken yet. */

const HEARTBEAT_MS = 5_000;

/** The form that a client asks for. @throws {AppError} `invalid-parameter` for one that can't be followed. */
export function formOf(ctx: WebContext, isFollowing: boolean): LogForm {
  const form = chooseForm(ctx, ["text", "json", "ndjson", "sse"]);
  if (form === "json" && isFollowing) throw followedAsJson();
  return form;
}

/** Answers with what flows of a log. */
export async function answerLog(
  ctx: WebContext,
  name: string,
  form: LogForm,
  flow: AsyncGenerator<FlowPart>,
): Promise<void> {
  // A log that can't be read is a problem, and not a stream that breaks off.
  const first = await flow.next();
  const writer = writerOf(form, name);
  ctx.type = writer.type;
  const body = Readable.from(written(first, flow, writer), { objectMode: false });
  // A client that is gone before it was given anything leaves a generator that never began, and ends nothing.
  body.once("close", () => flow.return(undefined).catch(() => undefined));
  ctx.body = body;
  ctx.flushHeaders();
}

function followedAsJson(): AppError {
  return new AppError("invalid-parameter", "query parameter follow: JSON is answered whole.", {
    errors: [{ pointer: "query:follow", detail: "JSON is answered whole" }],
    remedy: "Accept: application/x-ndjson, text/event-stream or text/plain",
  });
}

async function* written(
  first: IteratorResult<FlowPart>,
  flow: AsyncGenerator<FlowPart>,
  writer: LogWriter,
): AsyncGenerator<string | Uint8Array> {
  let quietSinceMs = performance.now();
  try {
    if (writer.begin !== "") yield writer.begin;
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

function textOf(part: FlowPart, writer: LogWriter, isHeartbeatDue: boolean): string | Uint8Array {
  switch (part.kind) {
    case "lines":
      return writer.lines(part.lines);
    case "text":
      return part.bytes;
    case "dropped":
      return writer.dropped(part.bytes, cursorOf(part.place));
    case "rotated":
      return writer.rotated(part.lost);
    case "idle":
      return isHeartbeatDue ? writer.heartbeat : "";
    case "end":
      return writer.end(part.reason, part.cursor);
  }
}
