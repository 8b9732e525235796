import { useState } from "preact/hooks";
import type { Answers } from "../../api/api-types.ts";
import { ApiError } from "../../api/problem.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { changeQuery, linkTo } from "../../state/place.ts";
import { isOperator } from "../../state/session.ts";
import { Badge } from "../../ui/badge.tsx";
import { Failure } from "../../ui/failure.tsx";
import { clock } from "../../ui/format.ts";
import { Live } from "../../ui/live.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { ProcessFacts } from "./process-facts.tsx";
import { Environment, Memory } from "./process-memory.tsx";
import { Files, Limits, Sockets, Threads } from "./process-parts.tsx";
import { Signals } from "./send-signal.tsx";

const LOOK_EVERY_MS = 2_000;

/** One process with all that is told of it. */
export type Detail = Answers["GET /processes/{pid}"];

const TABS = [
  { name: "facts", title: "At a glance", Panel: undefined },
  { name: "threads", title: "Threads", Panel: Threads },
  { name: "files", title: "Files", Panel: Files },
  { name: "sockets", title: "Sockets", Panel: Sockets },
  { name: "limits", title: "Limits", Panel: Limits },
  { name: "env", title: "Environment", Panel: Environment },
  { name: "memory", title: "Memory", Panel: Memory },
] as const;

/** One process, for as long as it lives; what was known last stays when it has ended. */
export function ProcessPage({ pid, query }: { pid: string; query: URLSearchParams }) {
  // The first one that was seen: a later process of the same pid is another one.
  const [first, setFirst] = useState<Detail>();
  const [isGone, setGone] = useState(false);
  const { value, error, at } = useAnswer("GET /processes/{pid}", {
    params: { pid },
    if: !isGone,
    everyMs: LOOK_EVERY_MS,
  });
  const isOther = first !== undefined && value !== undefined && value.startTime !== first.startTime;
  if (first === undefined && value !== undefined) setFirst(value);
  if (!isGone && first !== undefined && (isOther || isNotFound(error))) setGone(true);
  const detail = isOther ? first : value;
  return (
    <>
      <p>
        <a href="#/processes">← All processes</a>
      </p>
      <Live>{isGone ? <Gone pid={pid} isOther={isOther} at={at} /> : null}</Live>
      {error === undefined || isGone ? null : <Failure error={error} />}
      {detail === undefined ? <Unknown pid={pid} isFailed={error !== undefined} /> : null}
      {detail === undefined ? null : <Known detail={detail} isGone={isGone} query={query} />}
    </>
  );
}

function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

function Gone({ pid, isOther, at }: { pid: string; isOther: boolean; at: Date | undefined }) {
  return (
    <p class="process-gone">
      <strong>Process {pid} has ended.</strong> {isOther ? "Another process has its number now. " : ""}What
      you see was known last
      {at === undefined ? "" : `, at ${clock(at)}`}.
    </p>
  );
}

function Unknown({ pid, isFailed }: { pid: string; isFailed: boolean }) {
  return (
    <>
      <h1>Process {pid}</h1>
      {isFailed ? null : <p class="dim waiting">One moment…</p>}
    </>
  );
}

function Known({ detail, isGone, query }: { detail: Detail; isGone: boolean; query: URLSearchParams }) {
  const { pid, name, state, isMain, isSidecar, isKernelThread } = detail;
  const tab = TABS.find((each) => each.name === query.get("tab")) ?? TABS[0];
  const { Panel } = tab;
  const isTraceable = isOperator() && !isGone && !isSidecar && !isKernelThread;
  return (
    <>
      <div class="bar process-head">
        <h1>
          {name} <span class="dim">({pid})</span>
        </h1>
        <Badge tone={isGone || state === "zombie" ? "bad" : "plain"}>{isGone ? "ended" : state}</Badge>
        {isMain ? <Badge tone="good">the app’s main process</Badge> : null}
        {isSidecar ? <Badge tone="plain">the sidecar’s own</Badge> : null}
        <span class="end bar">
          {isTraceable ? (
            <a class="button" href={linkTo(["trace"], { pid })}>
              Trace its system calls
            </a>
          ) : null}
          {isOperator() && !isGone ? <Signals detail={detail} /> : null}
        </span>
      </div>
      <Tabs
        label="What is known of the process"
        tabs={TABS}
        current={tab.name}
        onChange={(next) => changeQuery({ tab: next, find: undefined })}
      >
        {Panel === undefined ? (
          <ProcessFacts detail={detail} />
        ) : (
          <Panel key={tab.name} pid={pid} isGone={isGone} find={query.get("find") ?? ""} />
        )}
      </Tabs>
    </>
  );
}
