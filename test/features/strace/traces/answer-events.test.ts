import { expect, test } from "vitest";
import { addEvents } from "../../../../src/features/strace/traces/event-routes.ts";
import { featureOf } from "../../../support/feature-of.ts";
import { poll } from "../../../support/poll.ts";
import { serveFeatures } from "../../../support/serve-features.ts";
import { beginScripted } from "./scripted-trace.ts";

test("a stream to which nothing is sent has a heartbeat, also while events come that it does not want", async () => {
  await using trace = beginScripted();
  await using served = await serveFeatures([
    featureOf((table) =>
      addEvents(
        table,
        () => trace.kept,
        async () => undefined,
      ),
    ),
  ]);
  const startedAtMs = performance.now();
  const streams = await Promise.all([
    listen(await served.get("/traces/one/events?calls=openat", { headers: NDJSON })),
    listen(await served.get("/traces/one/events?calls=openat", { headers: SSE })),
    listen(await served.get("/traces/one/events", { headers: NDJSON })),
  ]);
  const [ndjson, sse, busy] = streams;
  await poll(
    "both have a heartbeat",
    async () => {
      await trace.tell(trace.kept.events.count + 1);
      return ndjson?.() !== "" && sse?.() !== "";
    },
    { timeoutMs: 9_000, intervalMs: 100 },
  );
  expect(performance.now() - startedAtMs).toBeGreaterThan(4_900);
  expect([ndjson?.(), sse?.()]).toEqual(['{"type":"heartbeat"}\n', ": \n\n"]);
  expect(busy?.()).toContain('"call":"getpid"');
  expect(busy?.()).not.toContain("heartbeat");
});

const NDJSON = { Accept: "application/x-ndjson" };
const SSE = { Accept: "text/event-stream" };

/** Gives what has come of an answer up to now. */
function listen({ body }: Response): () => string {
  let text = "";
  void (async () => {
    const decoder = new TextDecoder();
    for await (const bytes of body ?? []) text += decoder.decode(bytes, { stream: true });
  })().catch(() => undefined);
  return () => text;
}
