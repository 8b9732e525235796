import "./trace.css";
import { isOperator, session } from "../../state/session.ts";
import type { ViewProps } from "../view.ts";
import { AboutRequest } from "./about-request.tsx";
import { RequestCalls } from "./request-calls.tsx";
import { StartForm } from "./start-form.tsx";
import { TraceList } from "./trace-list.tsx";
import { TracePage } from "./trace-page.tsx";

/** Traces of system calls: to begin one, those that there are, and what one of them tells. */
export function Trace({ place: { query } }: ViewProps) {
  const id = query.get("trace");
  const request = query.get("request");
  if (session() === undefined) return <p class="dim waiting">One moment…</p>;
  if (!isOperator()) return <OnlyOperators />;
  if (id !== null && request !== null)
    return <RequestCalls key={`${id} ${request}`} id={id} request={request} />;
  if (id !== null) return <TracePage key={id} id={id} query={query} />;
  return (
    <>
      <h1>Trace</h1>
      {request === null ? (
        <p class="dim">
          What a process asks of the kernel, call by call: files, network, waiting. Nothing in the app is
          changed.
        </p>
      ) : (
        <AboutRequest id={request} />
      )}
      <StartForm query={query} />
      <TraceList />
    </>
  );
}

function OnlyOperators() {
  return (
    <>
      <h1>Trace</h1>
      <p>
        Traces show what the app reads and writes, passwords and customers’ data among it. That is why only
        operators may start them, and see them.
      </p>
      <p>
        You are signed in as a <strong>viewer</strong>. Ask for an operator’s token, or look at{" "}
        <a href="#/processes">the processes</a>: their files, sockets and memory are open to you.
      </p>
    </>
  );
}
