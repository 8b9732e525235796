import type { Answers } from "../../api/api-types.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { linkTo } from "../../state/place.ts";
import { Badge } from "../../ui/badge.tsx";
import { bytes, clock, UNKNOWN } from "../../ui/format.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { Remedy } from "../../ui/remedy.tsx";
import { Forwarders } from "./forwarders.tsx";
import { LogView } from "./log-view.tsx";

type List = Answers["GET /logs"];
type Log = List["logs"][number];

const EVERY_MS = 5_000;

/** The log files that are served, those that could be, and how far they are forwarded. */
export function LogList({ query }: { query: URLSearchParams }) {
  const list = useAnswer("GET /logs", { everyMs: EVERY_MS });
  const [first, ...others] = list.value?.logs ?? [];
  // Who is led to a time, or to a text, wants to see it: there is nothing to choose.
  if (query.size > 0 && first !== undefined && others.length === 0) {
    return <LogView key={first.name} name={first.name} query={query} />;
  }
  return (
    <>
      <h1>Logs</h1>
      {query.size === 0 ? null : <p>Which log do you want to look into?</p>}
      <Loaded of={list}>
        {({ logs, open, openReason, openRemedy, forwarders }) => (
          <>
            {logs.length === 0 ? <NoLogs /> : <Served logs={logs} query={query} />}
            <Open open={open} reason={openReason} remedy={openRemedy} />
            <Forwarders forwarders={forwarders} />
          </>
        )}
      </Loaded>
    </>
  );
}

function NoLogs() {
  return (
    <section class="card" aria-labelledby="no-logs">
      <h2 id="no-logs">No log of the app is named yet</h2>
      <p>Say which files they are, and they are here: to follow, to search, to forward.</p>
      <Remedy text="SIDECAR_LOGS_FILES=core:/path/of/app.log" />
      <p class="dim">
        <code>core:</code> stands before a path as the app itself sees it: nothing has to be mounted.
      </p>
    </section>
  );
}

function Served({ logs, query }: { logs: readonly Log[]; query: URLSearchParams }) {
  return (
    <ul class="plain log-files" aria-label="The log files">
      {logs.toSorted(troubledFirst).map((log) => (
        <li key={log.name} class="card">
          <a class="log-name" href={linkTo(["logs", log.name], Object.fromEntries(query))}>
            {log.name}
          </a>{" "}
          {log.problem === undefined ? (
            <span>{aboutFile(log)}</span>
          ) : (
            <>
              <Badge tone="bad">can’t be read</Badge>
              <p class="bad">{log.problem.detail}</p>
              <Remedy text={log.problem.remedy} />
            </>
          )}
          <p class="dim">
            <code>{log.path}</code>
          </p>
        </li>
      ))}
    </ul>
  );
}

function aboutFile({ sizeBytes, modifiedAt, rotated }: Log): string {
  const written = modifiedAt === null ? UNKNOWN : clock(modifiedAt);
  const before = rotated.length === 1 ? "1 rotated file" : `${rotated.length} rotated files`;
  return `${bytes(sizeBytes)}, written at ${written}${rotated.length === 0 ? "" : `, ${before}`}`;
}

function troubledFirst(one: Log, other: Log): number {
  return Number(one.problem === undefined) - Number(other.problem === undefined);
}

function Open(props: { open: List["open"]; reason: string | null; remedy: string | null }) {
  const { open, reason, remedy } = props;
  if (open !== null && open.length === 0) return null;
  return (
    <section aria-labelledby="open-logs">
      <h2 id="open-logs">What else the app writes to</h2>
      {open === null ? (
        <>
          <p class="dim">It can’t be said: {reason}</p>
          <Remedy text={remedy ?? undefined} />
        </>
      ) : (
        <>
          <p class="dim">
            The app has these files open to append to. They are not shown until a setting names them.
          </p>
          <ul class="plain">
            {open.map(({ path, sizeBytes, processes, remedy }) => (
              <li key={path}>
                <code>{path}</code> <Badge tone="plain">{bytes(sizeBytes)}</Badge>{" "}
                <span class="dim">
                  open in{" "}
                  {processes.slice(0, 5).map(({ pid }, index) => (
                    <span key={pid}>
                      {index === 0 ? "" : ", "}
                      <a href={linkTo(["processes", pid])}>{pid}</a>
                    </span>
                  ))}
                </span>
                <Remedy text={remedy} />
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
