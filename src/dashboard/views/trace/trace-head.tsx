import { useState } from "preact/hooks";
import type { Trace } from "../../api/api-types.ts";
import { ask, pathOf, send } from "../../api/ask.ts";
import { goTo, linkTo } from "../../state/place.ts";
import { Badge } from "../../ui/badge.tsx";
import { Failure } from "../../ui/failure.tsx";
import { focusView } from "../../ui/focus.ts";
import { clock, count, duration } from "../../ui/format.ts";
import { Live } from "../../ui/live.tsx";
import { endWords, otherWarnings } from "./end-words.ts";
import { TraceCost } from "./trace-cost.tsx";
import { toneOf } from "./trace-list.tsx";

/** How a trace is doing, what it costs, and what can be done with it. */
export function TraceHead({ trace, refresh }: { trace: Trace; refresh: () => void }) {
  const { process, descendants, state, startedAt, durationMs, events, lost, warnings } = trace;
  const others = descendants.length === 0 ? "" : ` and ${count(descendants.length)} below it`;
  const perSecond = durationMs > 0 ? (events / durationMs) * 1_000 : undefined;
  return (
    <section aria-labelledby="trace-title">
      <div class="bar trace-head">
        <h1 id="trace-title">
          {process.name} <a href={linkTo(["processes", process.pid])}>({process.pid})</a>
          {others}
        </h1>
        <Badge tone={toneOf(trace)}>{state === "running" ? "running" : state}</Badge>
        <Actions trace={trace} refresh={refresh} />
      </div>
      <p class="dim">
        Since {clock(startedAt)}, {duration(durationMs)}; {count(events)} events,{" "}
        {count(Math.round(perSecond ?? 0))} a second, by {trace.engine}.
      </p>
      <TraceCost trace={trace} />
      {(lost ?? 0) > 0 ? (
        <p class="fair">
          {count(lost)} events of the kernel came faster than they could be read, and are missing.
        </p>
      ) : null}
      {otherWarnings(warnings).map((warning) => (
        <p key={warning} class="dim">
          {warning}
        </p>
      ))}
    </section>
  );
}

/** That a trace runs, for who hears the page; or why it has ended. Its place is there before it: only a change is read out. */
export function TraceState({ trace }: { trace: Trace | undefined }) {
  return (
    <Live>
      {trace === undefined ? null : trace.state === "running" ? (
        <span class="unseen">The trace of {trace.process.name} runs.</span>
      ) : (
        <End trace={trace} />
      )}
    </Live>
  );
}

function End({ trace }: { trace: Trace }) {
  const words = endWords(trace);
  if (words === undefined) return null;
  const { says, advice, isSparing } = words;
  return (
    <p class={`trace-end ${isSparing ? "bad" : ""}`}>
      {isSparing ? <strong>Ended to spare the app: </strong> : null}
      {says} {advice}
      {trace.pending.length === 0 ? null : (
        <>
          {" "}
          Still under way: <code>{callOf(trace.pending[0] ?? "")}</code>
        </>
      )}
    </p>
  );
}

/** A line of strace without its thread and time. */
function callOf(line: string): string {
  return line.replace(/^\d+ +\d+\.\d+ /, "").trimEnd();
}

function Actions({ trace, refresh }: { trace: Trace; refresh: () => void }) {
  const { id, state, kind } = trace;
  const [error, setError] = useState<unknown>();
  const act = (action: () => Promise<unknown>) => () => {
    setError(undefined);
    action().catch(setError);
  };
  const params = { id };
  // The button that had the focus goes.
  const stopped = () => {
    refresh();
    focusView();
  };
  const isRecording = kind === "recorder" && state === "running";
  return (
    <>
      <span class="end bar">
        {state === "running" && !isRecording ? (
          <button type="button" onClick={act(() => ask("POST /traces/{id}/stop", { params }).then(stopped))}>
            Stop
          </button>
        ) : null}
        {isRecording ? (
          <button
            type="button"
            onClick={act(() =>
              ask("POST /traces/{id}/snapshot", { params }).then((kept) =>
                goTo(["trace"], { trace: kept.id }),
              ),
            )}
          >
            Keep what is there
          </button>
        ) : null}
        <Downloads id={id} />
        {isRecording ? null : (
          <button
            type="button"
            class="quiet"
            onClick={act(() => send("DELETE /traces/{id}", { params }).then(() => goTo(["trace"])))}
          >
            {state === "running" ? "Stop and forget" : "Forget"}
          </button>
        )}
      </span>
      {error === undefined ? null : <Failure error={error} />}
    </>
  );
}

function Downloads({ id }: { id: string }) {
  const params = { id };
  return (
    <>
      <a class="button quiet" href={pathOf("GET /traces/{id}/strace.txt.gz", { params })} download>
        strace text
      </a>
      <a class="button quiet" href={pathOf("GET /traces/{id}/chrome.json.gz", { params })} download>
        JSON for Perfetto
      </a>
      <a class="button quiet" href={pathOf("GET /traces/{id}/events.ndjson.gz", { params })} download>
        JSON, an event a line
      </a>
    </>
  );
}
