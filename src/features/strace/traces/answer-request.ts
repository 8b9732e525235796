import { wallOffsetMs } from "../../../base/clock.ts";
import { AppError } from "../../../base/errors.ts";
import type { WebContext } from "../../../web/context.ts";
import { chooseForm } from "../../../web/negotiate.ts";
import type {
  ConnectionEnds,
  RecentRequest,
  TimeWindow,
  TrafficSource,
} from "../../../web/traffic/traffic.ts";
import type { TraceEvent } from "../events/event.ts";
import { type RequestCall, type RequestWindow, selectRequestCalls } from "../request-events.ts";
import type { RequestCallsReport } from "./answer-events.ts";
import type { EventWish } from "./event-query.ts";
import { keptEvent } from "./kept-event.ts";
import type { KeptRecords } from "./kept-records.ts";
import { endReasonOf } from "./trace-state.ts";

/** From a request that was forwarded to its calls, in what a trace told. */

/** Gives the source, once there is traffic at all; undefined where the traffic is not counted. */
export type FindTraffic = () => Promise<TrafficSource | undefined>;

/** What a trace told while the request was under way is looked through in memory. */
const MAX_EVENTS = 200_000;
/** A call that had begun before may be the one that gave the request: a chunk that holds it is not far. */
const BEFORE_SECONDS = 1;

/**
 * Answers with the calls of a request.
 * @param source undefined where the traffic is not counted: then no request is known.
 * @throws {AppError} `not-found` where the request is not known, `conflict` where its calls can't be told.
 */
export async function answerRequestCalls(
  ctx: WebContext,
  kept: KeptRecords,
  wish: EventWish,
  source: TrafficSource | undefined,
): Promise<void> {
  chooseForm(ctx, ["json"]);
  const id = wish.requestId ?? "";
  if (source === undefined) {
    throw new AppError("not-found", `Request ${id} is not known: the traffic is not counted.`, {
      remedy: "SIDECAR_TRAFFIC_ENABLED=true",
    });
  }
  const [request] = await source.recent({ id, limit: 1 });
  if (request === undefined) {
    throw new AppError("not-found", `No request ${id} is among the latest that were forwarded.`, {
      remedy: "GET traffic lists them; a higher SIDECAR_TRAFFIC_RECENT keeps more.",
    });
  }
  const { connection, window } = request;
  if (connection === null || window === null) {
    throw new AppError("conflict", `Request ${id} never got a connection to the app.`, {
      remedy: `GET traffic/${id} says what became of it.`,
    });
  }
  const span = wallWindow(window);
  const { events, dropped } = await eventsWithin(kept, span);
  const calls = callsOf(events, connection, span).filter((call) => wish.isWanted?.(call) ?? true);
  const body: RequestCallsReport = {
    ...{ id: kept.id, state: kept.state, endReason: endReasonOf(kept) },
    request: aboutOf(request),
    events: calls,
    dropped,
  };
  ctx.body = body;
}

/** The core's end of the connection has another address where something between the two rewrites it (DNAT). */
function callsOf(
  events: readonly TraceEvent[],
  { localAddress, localPort, remoteAddress, remotePort }: ConnectionEnds,
  window: RequestWindow,
): readonly RequestCall[] {
  const peer = formatEndpoint(localAddress, localPort);
  const local = formatEndpoint(remoteAddress, remotePort);
  const found = selectRequestCalls(events, { local, peer }, window);
  return found.length > 0 ? found : selectRequestCalls(events, { local: null, peer }, window);
}

/** The times of a trace are those of the wall clock. */
function wallWindow({ startNs, endNs }: TimeWindow): RequestWindow {
  const offsetMs = wallOffsetMs();
  return { startMs: startNs / 1e6 + offsetMs, endMs: endNs / 1e6 + offsetMs };
}

async function eventsWithin(
  kept: KeptRecords,
  { startMs, endMs }: RequestWindow,
): Promise<{ readonly events: readonly TraceEvent[]; readonly dropped: number }> {
  const events: TraceEvent[] = [];
  const span = { since: startMs / 1_000 - BEFORE_SECONDS, until: endMs / 1_000 + BEFORE_SECONDS };
  for await (const { records } of kept.events.read(0, span)) {
    for (const json of records) events.push(keptEvent(json));
    if (events.length > MAX_EVENTS) {
      throw new AppError(
        "conflict",
        `The trace has more than ${MAX_EVENTS} events of the time in which the request was under way.`,
        { remedy: "Read them by `since` and `until`, or trace fewer calls (`syscalls`)." },
      );
    }
  }
  return { events, dropped: kept.events.firstIndex };
}

function aboutOf(request: RecentRequest): RequestCallsReport["request"] {
  const { id, method, path, status, startTime, durationMs } = request;
  return { id, method, path, status, startTime, durationMs };
}

function formatEndpoint(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
