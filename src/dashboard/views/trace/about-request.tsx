import type { Answers, Trace } from "../../api/api-types.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { linkTo } from "../../state/place.ts";
import { clock, duration, UNKNOWN } from "../../ui/format.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { ranDuring } from "../../ui/trace-time.ts";

type Request = Answers["GET /traffic/{requestId}"];

/** Leads from a request to its calls: to the trace that ran meanwhile, or to a new one. */
export function AboutRequest({ id }: { id: string }) {
  const request = useAnswer("GET /traffic/{requestId}", { params: { requestId: id } });
  const traces = useAnswer("GET /traces");
  return (
    <section class="card" aria-labelledby="about-request">
      <h2 id="about-request">Which calls did this request make?</h2>
      <Loaded of={request}>
        {(value) => (
          <>
            <p>
              <strong>
                {value.method} {value.path}
              </strong>
              : {value.status ?? UNKNOWN}, {duration(value.durationMs)}, at {clock(value.startTime)}
            </p>
            <Loaded of={traces}>{(list) => <Traces request={value} traces={list.traces} />}</Loaded>
          </>
        )}
      </Loaded>
    </section>
  );
}

function Traces({ request, traces }: { request: Request; traces: readonly Trace[] }) {
  const start = Date.parse(request.startTime);
  const meanwhile = traces.filter((trace) => ranDuring(trace, start, start + request.durationMs));
  if (meanwhile.length === 0) {
    return (
      <p>
        No trace ran while it was under way, and what was not traced can’t be told afterwards. Start one
        below, then send the same request again: the tab <em>Requests</em> of the trace leads to its calls.
      </p>
    );
  }
  return (
    <ul>
      {meanwhile.map((trace) => (
        <li key={trace.id}>
          <a href={linkTo(["trace"], { trace: trace.id, request: request.id })}>
            Its calls in the trace of {trace.process.name} ({trace.process.pid}), since{" "}
            {clock(trace.startedAt)}
          </a>
        </li>
      ))}
    </ul>
  );
}
