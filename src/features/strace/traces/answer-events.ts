import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import type { WebContext } from "../../../web/context.ts";
import { chooseForm, MEDIA_TYPES } from "../../../web/negotiate.ts";
import { sseEvent } from "../../../web/output-stream.ts";
import { traceEvent } from "../events/event-schema.ts";
import { type RequestCall, TOUCHES } from "../request-events.ts";
import { HEARTBEAT_LINE } from "../trace-schema.ts";
import { type EventWish, PAGE_LIMIT } from "./event-query.ts";
import type { KeptRecords } from "./kept-records.ts";
import { type SelectedEvent, selectEvents } from "./select-events.ts";
import { endReasonOf, traceState } from "./trace-state.ts";

/** Some of the events of a trace. */
export const eventPage = z.object({
  id: z.string(),
  state: traceState.shape.state,
  endReason: traceState.shape.endReason,
  events: z.array(traceEvent),
  next: z.int().describe("The `cursor` for the events after these."),
  dropped: z
    .int()
    .describe("How many events are left out since they are no longer kept: 0, but of the flight recorder."),
  isComplete: z.boolean().describe("Whether no further events are there, and none will come."),
});

/** The last record of events as a stream. */
export const eventsEnd = eventPage.omit({ events: true }).extend({ type: z.literal("end") });

/** The calls of a forwarded request. */
export const requestCalls = eventPage.omit({ next: true, isComplete: true, events: true }).extend({
  request: z
    .object({
      id: z.string(),
      method: z.string(),
      path: z.string(),
      status: z.int().nullable(),
      startTime: z.iso.datetime(),
      durationMs: z.number(),
    })
    .describe("As GET /traffic tells it."),
  events: z
    .array(
      z.intersection(
        traceEvent,
        z.object({
          touches: z
            .enum(TOUCHES)
            .describe(
              "`connection`: on a descriptor of the connection that the request came on; `same-thread`: by a thread that works on it, between the read of the request and the last write of the answer.",
            ),
        }),
      ),
    )
    .describe("In their order."),
});

/** The calls of a forwarded request. */
export type RequestCallsReport = Omit<z.infer<typeof requestCalls>, "events"> & {
  readonly events: readonly RequestCall[];
};

const HEARTBEAT_MS = 5_000;

/** Answers with events of a trace: as JSON those that are there, as a stream also those that are still to come. */
export async function answerKeptEvents(ctx: WebContext, kept: KeptRecords, wish: EventWish): Promise<void> {
  const form = chooseForm(ctx, ["json", "ndjson", "sse"]);
  ctx.type = MEDIA_TYPES[form];
  if (form === "json") {
    ctx.body = await pageOf(kept, wish);
    return;
  }
  const gone = new AbortController();
  ctx.res.once("close", () => gone.abort());
  // At the reader's own pace: what it has not read yet is kept anyway, and nobody waits for it.
  ctx.body = Readable.from(flow(kept, wish, WRITERS[form], gone.signal), { objectMode: false });
  ctx.flushHeaders();
}

/** The page is put together from JSON as it is kept. */
async function pageOf(kept: KeptRecords, wish: EventWish): Promise<string> {
  const found: string[] = [];
  let { cursor } = wish;
  const dropped = Math.max(0, kept.events.firstIndex - cursor);
  for await (const { events, next } of selectEvents(kept.events, wish, wish.limit ?? PAGE_LIMIT)) {
    for (const { json } of events) found.push(json);
    cursor = next;
  }
  return `${JSON.stringify(placeOf(kept, cursor, dropped)).slice(0, -1)},"events":[${found.join(",")}]}`;
}

type Place = Omit<z.infer<typeof eventPage>, "events">;

/** Where a reader is who has seen all before `next`. */
function placeOf(kept: KeptRecords, next: number, dropped: number): Place {
  const isComplete = kept.events.isEnded && next >= kept.events.count;
  return { id: kept.id, state: kept.state, endReason: endReasonOf(kept), next, dropped, isComplete };
}

/** How a stream writes what it has. */
interface Writer {
  event(selected: SelectedEvent): string;
  end(place: Place): string;
  readonly heartbeat: string;
}

const WRITERS: Readonly<Record<"ndjson" | "sse", Writer>> = {
  ndjson: {
    event: ({ json }) => `${json}\n`,
    end: (place) => `${JSON.stringify({ type: "end", ...place } satisfies z.infer<typeof eventsEnd>)}\n`,
    heartbeat: HEARTBEAT_LINE,
  },
  sse: {
    event: ({ json, next }) => sseEvent("event", json, String(next)),
    end: (place) => sseEvent("end", JSON.stringify(place), String(place.next)),
    heartbeat: ": \n\n",
  },
};

async function* flow(
  kept: KeptRecords,
  wish: EventWish,
  writer: Writer,
  gone: AbortSignal,
): AsyncGenerator<string> {
  let { cursor, limit: left = Number.POSITIVE_INFINITY } = wish;
  let dropped = 0;
  // What a reader does not want is silence to it: only what is sent counts.
  let silentSinceMs = performance.now();
  const silenceLeftMs = () => Math.max(0, silentSinceMs + HEARTBEAT_MS - performance.now());
  while (!gone.aborted) {
    // Both are asked before the look: what comes meanwhile is then not missed.
    const changed = kept.events.changed();
    const { isEnded, firstIndex } = kept.events;
    dropped += Math.max(0, firstIndex - cursor);
    cursor = Math.max(firstIndex, cursor);
    for await (const { events, next } of selectEvents(kept.events, { ...wish, cursor }, left)) {
      cursor = next;
      left -= events.length;
      // A look through much that is kept may take long, too.
      if (events.length === 0 && silenceLeftMs() > 0) continue;
      yield events.length > 0 ? events.map(writer.event).join("") : writer.heartbeat;
      silentSinceMs = performance.now();
    }
    if (isEnded || left === 0) break;
    if ((await firstOf(changed, gone, silenceLeftMs())) === "changed") continue;
    yield writer.heartbeat;
    silentSinceMs = performance.now();
  }
  yield writer.end(placeOf(kept, cursor, dropped));
}

async function firstOf(
  changed: Promise<void>,
  gone: AbortSignal,
  silenceMs: number,
): Promise<"changed" | "silence"> {
  const over = new AbortController();
  const signal = AbortSignal.any([gone, over.signal]);
  const silence = delay(silenceMs, "silence" as const, { signal }).catch(() => "changed" as const);
  try {
    return await Promise.race([changed.then(() => "changed" as const), silence]);
  } finally {
    over.abort();
  }
}
