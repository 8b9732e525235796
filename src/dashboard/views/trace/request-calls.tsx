import { useState } from "preact/hooks";
import type { Answers, TraceEvent } from "../../api/api-types.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { linkTo } from "../../state/place.ts";
import { clock, count, duration, UNKNOWN } from "../../ui/format.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { VirtualList } from "../../ui/virtual-list.tsx";
import { CallDialog } from "./call-dialog.tsx";
import { EventLine, LINE_HEIGHT } from "./event-line.tsx";

type Calls = Extract<Answers["GET /traces/{id}/events"], { request: unknown }>;

/** The system calls of one forwarded request, of those that a trace told. */
export function RequestCalls({ id, request }: { id: string; request: string }) {
  const calls = useAnswer("GET /traces/{id}/events", { params: { id }, query: { request } });
  return (
    <>
      <p>
        <a href={linkTo(["trace"], { trace: id, tab: "requests" })}>← The trace</a>
      </p>
      <h1>The calls of a request</h1>
      <Loaded of={calls}>{(value) => ("request" in value ? <Told calls={value} /> : null)}</Loaded>
    </>
  );
}

function Told({ calls: { request, events } }: { calls: Calls }) {
  const [shown, show] = useState<TraceEvent>();
  const { method, path, status, startTime, durationMs } = request;
  const onIt = events.filter(({ touches }) => touches === "connection").length;
  return (
    <>
      <p>
        <strong>
          {method} {path}
        </strong>
        : {status ?? UNKNOWN}, {duration(durationMs)}, at {clock(startTime)}
      </p>
      {events.length === 0 ? (
        <p class="fair">
          The trace has no call of it. Either calls on sockets were not traced, or the app used io_uring,
          which strace can’t see.
        </p>
      ) : (
        <>
          <p class="dim">
            {count(events.length)} calls: {count(onIt)} on its connection
            {onIt === events.length ? "" : ", the others by the same thread while it worked on it"}.
          </p>
          <div class="trace-short" style={{ "--rows": events.length }}>
            <VirtualList
              label="Calls of the request"
              length={events.length}
              rowHeight={LINE_HEIGHT}
              row={(index) => {
                const event = events[index];
                return event === undefined ? null : <EventLine event={event} onShow={show} />;
              }}
            />
          </div>
        </>
      )}
      {shown === undefined ? null : <CallDialog event={shown} onClose={() => show(undefined)} />}
    </>
  );
}
