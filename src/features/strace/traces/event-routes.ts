import { z } from "zod";
import type { RouteTable } from "../../../web/routes.ts";
import { answerKeptEvents, eventPage, eventsEnd, requestCalls } from "./answer-events.ts";
import { answerRequestCalls, type FindTraffic } from "./answer-request.ts";
import type { FindTrace } from "./artifact-routes.ts";
import { eventQuery, readEventQuery } from "./event-query.ts";
import { endReasonOf, GONE, idPath, JSON_TYPE, keptSummary } from "./trace-state.ts";

/** Adds the routes of what a trace told. */
export function addEvents(table: RouteTable, find: FindTrace, traffic: FindTraffic): void {
  const common = { role: "operator", params: idPath } as const;
  table.add(
    "GET",
    "/traces/{id}/events",
    {
      ...common,
      summary: "What a trace told: system calls, signals, ends",
      description:
        "As JSON a page of what is there; `next` is the cursor of the page after it. As NDJSON or as a stream of events all there is and then what comes, until the trace has ended; nothing is dropped, for a reader may be as slow as it likes. A stream of events can be taken up again: each has its cursor as `id` (Last-Event-ID).",
      query: eventQuery,
      headers: {
        "Last-Event-ID": "Where a stream of events goes on: the `id` of the last one that was seen.",
      },
      responses: {
        200: {
          description:
            "The events. As a stream: `event`s, and an `end` that says whether all have come. As NDJSON: an event a line, a line of the type `heartbeat` after each 5 s of silence, and a last line of the type `end`.",
          content: {
            [JSON_TYPE]: z.union([eventPage, requestCalls]),
            "application/x-ndjson": eventsEnd,
            "text/event-stream": null,
          },
        },
        404: GONE,
      },
    },
    async ({ ctx, params, query }) => {
      const kept = find(params.id);
      const wish = readEventQuery(query, ctx.get("Last-Event-ID"));
      if (wish.requestId === undefined) await answerKeptEvents(ctx, kept, wish);
      else await answerRequestCalls(ctx, kept, wish, await traffic());
    },
  );
  table.add(
    "GET",
    "/traces/{id}/summary",
    {
      ...common,
      summary: "What the calls of a trace come to, so far",
      responses: { 200: { description: "", content: { [JSON_TYPE]: keptSummary } }, 404: GONE },
    },
    async ({ ctx, params }) => {
      const kept = find(params.id);
      const { id, state, spanMs } = kept;
      ctx.body = {
        ...{ id, state, durationMs: spanMs, endReason: endReasonOf(kept) },
        ...(await kept.summary()),
      };
    },
  );
}
