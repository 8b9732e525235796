import type { z } from "zod";
import type { Settings } from "../../../settings/schema.ts";
import type { WebContext } from "../../../web/context.ts";
import { readJson } from "../../../web/json-body.ts";
import type { RouteTable } from "../../../web/routes.ts";
import { answerKeptEvents, eventPage, eventsEnd } from "./answer-events.ts";
import { addArtifacts } from "./artifact-routes.ts";
import { eventQuery, readEventQuery } from "./event-query.ts";
import type { KeptTrace } from "./kept-trace.ts";
import type { TraceRegistry } from "./trace-registry.ts";
import { EXAMPLE, traceRequest } from "./trace-request.ts";
import {
  describeTrace,
  endReasonOf,
  idPath,
  keptSummary,
  type TraceState,
  traceList,
  traceState,
} from "./trace-state.ts";

const MAX_BODY_BYTES = 65_536;
const JSON_TYPE = "application/json";

const STATE = { description: "The trace.", content: { [JSON_TYPE]: traceState } };
const GONE = { description: "No such trace, or it is no longer kept." };

/** Adds the routes of traces that run on their own. */
export function addTraces(table: RouteTable, registry: TraceRegistry, settings: Settings["traces"]): void {
  const stateOf = (kept: KeptTrace, path: string): TraceState =>
    describeTrace(kept, path, registry.expiresAt(kept));
  addStart(table, registry, stateOf);
  addList(table, registry, settings, stateOf);
  addOne(table, registry, stateOf);
  addEvents(table, registry);
  addArtifacts(table, registry);
}

type StateOf = (kept: KeptTrace, path: string) => TraceState;

function addStart(table: RouteTable, registry: TraceRegistry, stateOf: StateOf): void {
  table.add(
    "POST",
    "/traces",
    {
      summary: "Start a trace of system calls that runs on its own",
      description:
        "Answers when strace has attached; the trace goes on until its lines, its duration or its bytes are used up, until its process ends, or until it is stopped. What it tells can be read meanwhile, and for traces.keptMs afterwards. What tracing costs the app, and which of its calls it can interrupt, is said at GET /strace. The governor ends it where it does harm.",
      role: "operator",
      body: { [JSON_TYPE]: traceRequest },
      responses: {
        202: { ...STATE, description: "It runs. `Location` is its own path." },
        403: { description: "The operating system refuses; `remedy` names the capability or setting." },
        404: { description: "No such process, or the app's is not known." },
        409: { description: "It is already traced, can't be traced, or several have this name." },
        422: { description: "The body asks for something that can't be; `errors` say where." },
        429: { description: "Too many traces at once. Retry-After says when one ends." },
      },
    },
    async ({ ctx, principal }) => {
      const request = await readJson(ctx, traceRequest, { maxBytes: MAX_BODY_BYTES, example: EXAMPLE });
      const kept = await registry.begin(request, { user: principal.name, requestId: ctx.state.requestId });
      const path = `${ctx.path}/${kept.id}`;
      ctx.status = 202;
      ctx.set("Location", path);
      ctx.body = stateOf(kept, path);
    },
  );
}

function addList(
  table: RouteTable,
  registry: TraceRegistry,
  { maxKeptBytes }: Settings["traces"],
  stateOf: StateOf,
): void {
  table.add(
    "GET",
    "/traces",
    {
      summary: "The traces that run on their own, and those that are kept",
      role: "operator",
      responses: { 200: { description: "The newest first.", content: { [JSON_TYPE]: traceList } } },
    },
    ({ ctx }) => {
      const traces = registry.list();
      const list: z.input<typeof traceList> = {
        traces: traces.map((kept) => stateOf(kept, `${ctx.path}/${kept.id}`)),
        heldBytes: traces.reduce((sum, { bytes }) => sum + bytes, 0),
        maxHeldBytes: maxKeptBytes,
      };
      ctx.body = list;
    },
  );
}

function addOne(table: RouteTable, registry: TraceRegistry, stateOf: StateOf): void {
  const common = { role: "operator", params: idPath } as const;
  table.add(
    "GET",
    "/traces/{id}",
    { ...common, summary: "How a trace is doing", responses: { 200: STATE, 404: GONE } },
    ({ ctx, params }) => {
      ctx.body = stateOf(registry.get(params.id), ctx.path);
    },
  );
  table.add(
    "POST",
    "/traces/{id}/stop",
    {
      ...common,
      summary: "End a trace, and keep what it told",
      responses: { 200: { ...STATE, description: "It has ended, and its processes run free." }, 404: GONE },
    },
    async ({ ctx, params }) => {
      const kept = registry.get(params.id);
      await kept.stop();
      ctx.body = stateOf(kept, parentOf(ctx));
    },
  );
  table.add(
    "DELETE",
    "/traces/{id}",
    {
      ...common,
      summary: "End a trace, and forget what it told",
      responses: { 204: { description: "It is gone, and its processes run free." }, 404: GONE },
    },
    async ({ ctx, params }) => {
      await registry.remove(params.id);
      ctx.status = 204;
    },
  );
}

function addEvents(table: RouteTable, registry: TraceRegistry): void {
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
            [JSON_TYPE]: eventPage,
            "application/x-ndjson": eventsEnd,
            "text/event-stream": null,
          },
        },
        404: GONE,
      },
    },
    ({ ctx, params, query }) =>
      answerKeptEvents(ctx, registry.get(params.id), readEventQuery(query, ctx.get("Last-Event-ID"))),
  );
  table.add(
    "GET",
    "/traces/{id}/summary",
    {
      ...common,
      summary: "What the calls of a trace come to, so far",
      responses: { 200: { description: "", content: { [JSON_TYPE]: keptSummary } }, 404: GONE },
    },
    ({ ctx, params }) => {
      const kept = registry.get(params.id);
      const { id, state, durationMs } = kept;
      ctx.body = {
        ...{ id, state, durationMs, endReason: endReasonOf(kept) },
        ...kept.summariser.summary(durationMs),
      };
    },
  );
}

/** The path without its last segment. */
function parentOf({ path }: WebContext): string {
  return path.slice(0, path.lastIndexOf("/"));
}
