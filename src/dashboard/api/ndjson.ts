import { type Request, send } from "./ask.ts";
import { breathe, SLICE_MS } from "./breathe.ts";
import { createPartReader } from "./lines.ts";
import { ApiError } from "./problem.ts";
import { readInTime } from "./read-in-time.ts";

/** Answers that flow: `application/x-ndjson`, one JSON value in each line. */

const MAX_LINE = 64 * 1024 * 1024;

/**
 * Asks a route for NDJSON and gives what comes, in batches, until the answer ends. Between batches the
 * browser has its turn.
 * @typeParam T what the route says its lines are; heartbeats are among them.
 * @throws ApiError where the request is refused, or the connection breaks off in the middle, or says nothing more.
 */
export async function* flow<T>(route: string, request: Request = {}): AsyncGenerator<readonly T[], void> {
  const headers = { Accept: "application/x-ndjson", ...request.headers };
  const answer = await send(route, { ...request, headers });
  if (answer.body === null) return;
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  const lines = createPartReader("\n");
  let sliceEndsAt = performance.now() + SLICE_MS;
  try {
    for (;;) {
      const { done, value } = await readInTime(reader, request.signal);
      if (done) return;
      yield* valuesOf<T>(lines.push(value));
      if (lines.pending > MAX_LINE)
        throw new ApiError("A line of the answer is too long for this page.", 413);
      if (performance.now() < sliceEndsAt) continue;
      await breathe();
      sliceEndsAt = performance.now() + SLICE_MS;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** What lines say, in slices: some megabytes may have come at once. */
async function* valuesOf<T>(lines: readonly string[]): AsyncGenerator<readonly T[], void> {
  let sliceEndsAt = performance.now() + SLICE_MS;
  let batch: T[] = [];
  for (const line of lines) {
    if (line !== "") batch.push(JSON.parse(line));
    if (performance.now() < sliceEndsAt) continue;
    if (batch.length > 0) yield batch;
    batch = [];
    await breathe();
    sliceEndsAt = performance.now() + SLICE_MS;
  }
  if (batch.length > 0) yield batch;
}
