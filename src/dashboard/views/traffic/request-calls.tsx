import type { Answers, Trace } from "../../api/api-types.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { linkTo } from "../../state/place.ts";
import { type CallEvent, shortCallText } from "../../ui/call-text.ts";
import { Failure } from "../../ui/failure.tsx";
import { clock, count, duration } from "../../ui/format.ts";
import { Figure, headsOf, ScrollTable } from "../../ui/scroll-table.tsx";
import { ranDuring } from "../../ui/trace-time.ts";
import { endOf, type TrafficRequest } from "./request.ts";

/** The system calls of a request, of the traces that ran in its time. */

/** So many are shown here: the Trace view has all. */
const MAX_CALLS = 200;
const MAX_TRACES = 3;
const EVERY_MS = 2_000;
const HEADS = [...headsOf([], ["After"]), ...headsOf(["Call"], ["Took"]), { title: "Why it is here" }];

/** Of each trace that took in the request's time, its calls; where there was none, how to have one. */
export function RequestCalls({ request }: { request: TrafficRequest }) {
  const { value: index } = useAnswer("GET /");
  const isOn = index?.links["traces"] !== undefined;
  const { value, error } = useAnswer("GET /traces", { everyMs: EVERY_MS, if: isOn });
  if (index !== undefined && !isOn) return null;
  if (error !== undefined) return <Failure error={error} />;
  if (value === undefined) return <p class="dim waiting">One moment…</p>;
  const traces = value.traces
    .filter((trace) => ranDuring(trace, Date.parse(request.startTime), endOf(request)))
    .slice(0, MAX_TRACES);
  return (
    <>
      <p>
        <a class="button quiet" href={linkTo(["trace"], { request: request.id })}>
          Its system calls in the Trace view
        </a>
      </p>
      {traces.length === 0 ? (
        <p class="dim">
          No trace ran in its time, so its system calls are not known. Start one, send the request again, and
          they are shown here.
        </p>
      ) : (
        traces.map((trace) => <CallsOf key={trace.id} trace={trace} request={request} />)
      )}
    </>
  );
}

function CallsOf({ trace, request }: { trace: Trace; request: TrafficRequest }) {
  const { value, error } = useAnswer("GET /traces/{id}/events", {
    params: { id: trace.id },
    query: { request: request.id },
    // What a running trace tells comes a little later.
    ...(trace.state === "running" ? { everyMs: EVERY_MS } : {}),
  });
  const calls = value === undefined ? undefined : callsIn(value);
  return (
    <section aria-labelledby={`calls-${trace.id}`}>
      <h4 id={`calls-${trace.id}`}>
        By the trace of {trace.process.name} since {clock(trace.startedAt)}
        {trace.state === "running" ? ", which still runs" : ""}
      </h4>
      {error === undefined ? null : <Failure error={error} />}
      {calls === undefined ? (
        error === undefined ? (
          <p class="dim waiting">One moment…</p>
        ) : null
      ) : (
        <Calls calls={calls} />
      )}
    </section>
  );
}

type RequestCall = CallEvent & { readonly touches: "connection" | "same-thread" };

/** The answer has a page of all events, or, as it was asked for here, the calls of the request. */
function callsIn(answer: Answers["GET /traces/{id}/events"]): readonly RequestCall[] {
  if (!("request" in answer)) return [];
  return answer.events.flatMap((event) => (event.type === "call" ? [event] : []));
}

/** So many as are shown, in their order: those of the request's connection before what its thread did for others. */
function mostTelling(calls: readonly RequestCall[]): readonly RequestCall[] {
  if (calls.length <= MAX_CALLS) return calls;
  const own = calls.filter(({ touches }) => touches === "connection");
  const others = calls.filter(({ touches }) => touches !== "connection");
  const chosen = new Set([...own, ...others].slice(0, MAX_CALLS));
  return calls.filter((call) => chosen.has(call));
}

function Calls({ calls }: { calls: readonly RequestCall[] }) {
  if (calls.length === 0) {
    return (
      <p class="dim">
        This trace has no call on the request's connection: it traced another process, left these calls out,
        or can't see the connection's addresses.
      </p>
    );
  }
  const shown = mostTelling(calls);
  const first = shown[0]?.time ?? 0;
  return (
    <>
      <ScrollTable label="The calls of this request, a table" class="calls" heads={HEADS}>
        {shown.map((call, index) => (
          <tr key={`${call.time} ${call.tid} ${index}`}>
            <Figure>{duration((call.time - first) * 1_000)}</Figure>
            <td class={`mono ${call.errno === null ? "" : "bad"}`}>{shortCallText(call)}</td>
            <Figure>{duration(call.durationNs === null ? null : call.durationNs / 1e6)}</Figure>
            <td class="dim nowrap">{call.touches === "connection" ? "its connection" : "the same thread"}</td>
          </tr>
        ))}
      </ScrollTable>
      {calls.length > shown.length ? (
        <p class="dim">{count(calls.length - shown.length)} more are in the Trace view.</p>
      ) : null}
    </>
  );
}
