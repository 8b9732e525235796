import type { z } from "zod";
import { AppError } from "../../../base/errors.ts";
import type { Settings } from "../../../settings/schema.ts";
import type { WebContext } from "../../../web/context.ts";
import { readJson } from "../../../web/json-body.ts";
import type { RouteTable } from "../../../web/routes.ts";
import type { FindTraffic } from "./answer-request.ts";
import { addArtifacts, type FindTrace } from "./artifact-routes.ts";
import { addEvents } from "./event-routes.ts";
import type { FlightRecorder } from "./flight-recorder.ts";
import type { KeptRecords } from "./kept-records.ts";
import type { TraceRegistry } from "./trace-registry.ts";
import { EXAMPLE, traceRequest } from "./trace-request.ts";
import {
  describeTrace,
  GONE,
  idPath,
  JSON_TYPE,
  type TraceState,
  traceList,
  traceState,
} from "./trace-state.ts";

const MAX_BODY_BYTES = 65_536;

const STATE = { description: "The trace.", content: { [JSON_TYPE]: traceState } };

/** What the routes are about. */
export interface TraceRoutesParts {
  readonly registry: TraceRegistry;
  /** Undefined where it is switched off. */
  readonly recorder: FlightRecorder | undefined;
  readonly settings: Settings["traces"];
  readonly traffic: FindTraffic;
}

/** Adds the routes of traces that run on their own. */
export function addTraces(
  table: RouteTable,
  { registry, recorder, settings, traffic }: TraceRoutesParts,
): void {
  const stateOf = (kept: KeptRecords, path: string): TraceState =>
    describeTrace(kept, path, registry.expiresAt(kept));
  const find: FindTrace = (id) => (id === RECORDER ? recorded(recorder) : registry.get(id));
  addStart(table, registry, stateOf);
  addList(table, registry, settings, stateOf);
  addOne(table, find, stateOf);
  addChanges(table, registry, find, stateOf);
  addEvents(table, find, traffic);
  addArtifacts(table, find);
}

/** The id of the flight recorder, whichever trace of it that is. */
const RECORDER = "recorder";

/** @throws {AppError} `not-found` where it records nothing, and why. */
function recorded(recorder: FlightRecorder | undefined): KeptRecords {
  const kept = recorder?.current();
  if (kept !== undefined) return kept;
  const reason = recorder?.reason() ?? "It is switched off.";
  throw new AppError("not-found", `The flight recorder has nothing. ${reason}`, {
    remedy:
      recorder === undefined ? "SIDECAR_TRACES_RECORDER_SECONDS=30" : "GET capabilities says what it needs.",
  });
}

type StateOf = (kept: KeptRecords, path: string) => TraceState;

function addStart(table: RouteTable, registry: TraceRegistry, stateOf: StateOf): void {
  table.add(
    "POST",
    "/traces",
    {
      summary: "Start a trace of system calls that runs on its own",
      description:
        "Answers when strace has attached; the trace goes on until its lines, its duration or its bytes are used up, until its process ends, or until it is stopped. What it tells can be read meanwhile, and for traces.keptMs afterwards. What tracing costs the app, and which of its calls it can interrupt, the answer says (`cost`). The governor ends it where it does harm.",
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
      const about = { user: principal.name, requestId: ctx.state.requestId };
      const { kept } = await registry.begin(request, about);
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
        heldBytes: registry.heldBytes(),
        maxHeldBytes: maxKeptBytes,
      };
      ctx.body = list;
    },
  );
}

function addOne(table: RouteTable, find: FindTrace, stateOf: StateOf): void {
  table.add(
    "GET",
    "/traces/{id}",
    {
      ...{ role: "operator", params: idPath, responses: { 200: STATE, 404: GONE } },
      summary: "How a trace is doing",
    },
    ({ ctx, params }) => {
      ctx.body = stateOf(find(params.id), ctx.path);
    },
  );
}

function addChanges(table: RouteTable, registry: TraceRegistry, find: FindTrace, stateOf: StateOf): void {
  const common = { role: "operator", params: idPath } as const;
  table.add(
    "POST",
    "/traces/{id}/stop",
    {
      ...common,
      summary: "End a trace, and keep what it told",
      responses: { 200: { ...STATE, description: "It has ended, and its processes run free." }, 404: GONE },
    },
    async ({ ctx, params }) => {
      const kept = find(params.id);
      refuseRecorder(kept);
      await kept.stop();
      ctx.body = stateOf(kept, parentOf(ctx));
    },
  );
  table.add(
    "POST",
    "/traces/{id}/snapshot",
    {
      ...common,
      summary: "Keep what a trace has told up to now: of the flight recorder, the last seconds",
      responses: {
        201: { ...STATE, description: "A trace of its own; `Location` is its path." },
        404: GONE,
        429: { description: "There is no room for it beside the traces that run." },
      },
    },
    ({ ctx, params }) => {
      const snapshot = registry.addSnapshot(find(params.id));
      const traces = parentOf(ctx);
      const path = `${traces.slice(0, traces.lastIndexOf("/"))}/${snapshot.id}`;
      ctx.status = 201;
      ctx.set("Location", path);
      ctx.body = stateOf(snapshot, path);
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
      const kept = find(params.id);
      refuseRecorder(kept);
      await registry.remove(kept.id);
      ctx.status = 204;
    },
  );
}

/** It would only begin anew. */
function refuseRecorder({ kind, state }: KeptRecords): void {
  if (kind !== "recorder" || state !== "running") return;
  throw new AppError("conflict", "The flight recorder runs all the time.", {
    remedy: "SIDECAR_TRACES_RECORDER_SECONDS=0 switches it off.",
  });
}

/** The path without its last segment. */
function parentOf({ path }: WebContext): string {
  return path.slice(0, path.lastIndexOf("/"));
}
