import { type Request, send } from "./ask.ts";
import { breathe, SLICE_MS } from "./breathe.ts";
import { createBlockReader, type StreamEvent } from "./event-blocks.ts";
import { ApiError } from "./problem.ts";
import { readInTime } from "./read-in-time.ts";

/** Answers that flow and can be taken up again: `text/event-stream`. With fetch, since EventSource tells no status and no problem. */

const MAX_EVENT = 64 * 1024 * 1024;

/**
 * Asks a route for a stream of events and gives what comes, in batches, until the answer ends. Between batches the browser
 * has its turn.
 * @throws ApiError where the request is refused; with status 0 where the connection breaks off: then it can be taken up again.
 */
export async function* eventStream(
  route: string,
  request: Request = {},
): AsyncGenerator<readonly StreamEvent[], void> {
  const headers = { Accept: "text/event-stream", ...request.headers };
  const answer = await send(route, { ...request, headers });
  if (answer.body === null) return;
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  const blocks = createBlockReader();
  let sliceEndsAt = performance.now() + SLICE_MS;
  try {
    for (;;) {
      const { done, value } = await readInTime(reader, request.signal);
      if (done) return;
      const events = blocks.push(value);
      if (blocks.pending > MAX_EVENT)
        throw new ApiError("An event of the answer is too long for this page.", 413);
      if (events.length > 0) yield events;
      if (performance.now() < sliceEndsAt) continue;
      await breathe();
      sliceEndsAt = performance.now() + SLICE_MS;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
