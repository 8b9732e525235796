import { useEffect, useState } from "preact/hooks";
import type { Answers } from "../../api/api-types.ts";
import { ask } from "../../api/ask.ts";
import { linkTo } from "../../state/place.ts";
import { ranDuring } from "../../ui/trace-time.ts";
import type { LineRow } from "./log-rows.ts";
import { aroundTime } from "./log-wish.ts";

type Request = Answers["GET /traffic"]["requests"][number];

/** A line without a word so long names no request. */
const MAY_HAVE_ID = /[\w-]{16}/;
const MAX_REQUESTS = 1_000;

/** The ways from a line to what else happened then. */
export function LineLinks({ name, line }: { name: string; line: LineRow }) {
  const { time, text } = line;
  return (
    <p class="bar">
      {time === null ? null : (
        <>
          <a href={linkTo(["logs", name], aroundTime(time, line.cursor))}>Lines around it</a>
          <TraceLink time={time} />
        </>
      )}
      <RequestLink text={text} />
    </p>
  );
}

/** The way to the system calls of a time, where a trace has them. */
function TraceLink({ time }: { time: string }) {
  const traces = useAsked(() => ask("GET /traces"), [time])?.traces;
  const timeMs = Date.parse(time);
  const trace = traces?.find((each) => ranDuring(each, timeMs, timeMs));
  if (trace === undefined) return null;
  return (
    <a href={linkTo(["trace"], { trace: trace.id, at: timeMs / 1_000 })}>The system calls of its time</a>
  );
}

/** The way to the request that a line names, where the sidecar knows it. */
function RequestLink({ text }: { text: string }) {
  const requests = useAsked(
    () => (MAY_HAVE_ID.test(text) ? ask("GET /traffic", { query: { limit: MAX_REQUESTS } }) : undefined),
    [text],
  )?.requests;
  const request = requests?.find(({ id }) => id !== "" && text.includes(id));
  if (request === undefined) return null;
  return (
    <a href={linkTo(["traffic"], { request: request.id, began: request.startTime })}>{describe(request)}</a>
  );
}

function describe({ method, path, status }: Request): string {
  return `Its request: ${method} ${path.slice(0, 60)} ${status ?? ""}`;
}

/** What is answered once; undefined before, and where it is refused: the feature may be switched off, and no way leads there. */
function useAsked<T>(question: () => Promise<T> | undefined, deps: readonly unknown[]): T | undefined {
  const [answer, setAnswer] = useState<T>();
  useEffect(() => {
    let isOver = false;
    question()?.then(
      (value) => isOver || setAnswer(value),
      () => undefined,
    );
    return () => {
      isOver = true;
    };
  }, [...deps]);
  return answer;
}
