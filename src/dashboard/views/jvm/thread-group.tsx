import { useState } from "preact/hooks";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { count, duration } from "../../ui/format.ts";
import { Scroll } from "../../ui/scroll.tsx";
import type { GroupBy, Thread, ThreadGroup } from "./group-threads.ts";

const TONES: Readonly<Record<string, Tone>> = { BLOCKED: "bad", RUNNABLE: "good" };
/** What is drawn of a group at first: one may have thousands. */
const SHOWN = 50;

/** A group of threads: what they have in common, and when it is opened each of them. */
export function ThreadGroupCard({ group: { title, threads }, by }: { group: ThreadGroup; by: GroupBy }) {
  const [isOpen, setOpen] = useState(false);
  const [shown, setShown] = useState(SHOWN);
  const [first] = threads;
  if (first === undefined) return null;
  const states = [...new Set(threads.map(({ state }) => state ?? "JVM"))].slice(0, 3);
  return (
    <details class="card thread-group" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <strong>{count(threads.length)}×</strong>{" "}
        {states.map((state) => (
          <Badge key={state} tone={TONES[state] ?? "plain"}>
            {state}
          </Badge>
        ))}{" "}
        <span class="mono">{title}</span>
        {by === "stack" ? <span class="dim"> {namesOf(threads)}</span> : null}
      </summary>
      {isOpen ? (
        <>
          {by === "stack" ? <Stack thread={first} /> : null}
          {threads.slice(0, shown).map((thread, index) => (
            <ThreadRow key={`${thread.name} ${index}`} thread={thread} hasStack={by !== "stack"} />
          ))}
          {threads.length > shown ? (
            <button type="button" class="quiet small" onClick={() => setShown(shown + 10 * SHOWN)}>
              More: {count(threads.length - shown)} are not shown
            </button>
          ) : null}
        </>
      ) : null}
    </details>
  );
}

function ThreadRow({ thread, hasStack }: { thread: Thread; hasStack: boolean }) {
  const { name, id, nativeId, cpuMs, isDaemon, stateDetail, condition } = thread;
  const about = [
    id === null ? "" : `#${id}`,
    nativeId === null ? "" : `native ${nativeId}`,
    cpuMs === null ? "" : `${duration(cpuMs)} of CPU`,
    isDaemon ? "daemon" : "",
    stateDetail ?? condition ?? "",
  ];
  return (
    <div class="thread">
      <strong>{name}</strong> <span class="dim">{about.filter((part) => part !== "").join(", ")}</span>
      {hasStack ? <Stack thread={thread} /> : null}
    </div>
  );
}

/** The frames, with the locks where they were taken or are waited for. */
export function Stack({ thread: { frames, locks } }: { thread: Thread }) {
  if (frames.length === 0) return <p class="dim">It has no Java stack.</p>;
  return (
    <Scroll label="Stack" class="stack mono">
      {frames.map((frame, index) => (
        <div key={`${index} ${frame}`}>
          at {frame}
          {locks
            .filter((lock) => lock.frame === index)
            .map(({ action, address, class: type }) => (
              <div key={`${action} ${address}`} class="stack-lock">
                – {action} {type} {address}
              </div>
            ))}
        </div>
      ))}
    </Scroll>
  );
}

function namesOf(threads: readonly Thread[]): string {
  const names = threads.slice(0, 3).map(({ name }) => name);
  return `${names.join(", ")}${threads.length > names.length ? "…" : ""}`;
}
