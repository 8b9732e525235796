import { useMemo } from "preact/hooks";
import { pathOf } from "../../api/ask.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { changeQuery } from "../../state/place.ts";
import { clock, count } from "../../ui/format.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { Deadlocks } from "./deadlocks.tsx";
import { type GroupBy, groupThreads, hasText, type Thread } from "./group-threads.ts";
import { JVM_KEEPS, JVM_PATIENCE_MS } from "./jvm-types.ts";
import { findBy, SearchField } from "./search-field.tsx";
import { ThreadGroupCard } from "./thread-group.tsx";

const WAYS: readonly (readonly [GroupBy, string])[] = [
  ["stack", "by equal stacks"],
  ["pool", "by pool"],
  ["state", "by state"],
];
const MAX_GROUPS = 300;

/** The threads, written down when it is asked for: deadlocks first, then groups of those that do the same. */
export function Threads({ pid, query }: { pid: number; query: URLSearchParams }) {
  const dump = useAnswer("GET /jvm/{pid}/threads", {
    params: { pid },
    patienceMs: JVM_PATIENCE_MS,
  });
  const by = WAYS.find(([name]) => name === query.get("by"))?.[0] ?? "stack";
  const wanted = query.get("find") ?? "";
  return (
    <>
      <div class="bar">
        <button type="button" class="small" aria-disabled={dump.isRefreshing} onClick={dump.refresh}>
          {dump.isRefreshing ? "The JVM is asked…" : "Write them down again"}
        </button>
        <span class="dim">
          {dump.at === undefined ? "" : `As they were at ${clock(dump.at)}. `}The JVM stands still for a
          moment for it.
        </span>
        <a
          class="button quiet small end"
          href={pathOf("GET /jvm/{pid}/threads", { params: { pid } })}
          download={`threads-${pid}.json`}
        >
          Download
        </a>
      </div>
      <Loaded of={dump} whatKeepsIt={JVM_KEEPS}>
        {({ threads, deadlocks }) => (
          <>
            <Deadlocks deadlocks={deadlocks} threads={threads} />
            <States threads={threads} />
            <div class="bar">
              <SearchField
                label="Find threads"
                hint="Find a name, a state or a frame"
                value={wanted}
                onChange={findBy}
              />
              <select
                aria-label="Group threads"
                value={by}
                onChange={(event) => changeQuery({ by: event.currentTarget.value })}
              >
                {WAYS.map(([name, title]) => (
                  <option key={name} value={name}>
                    {title}
                  </option>
                ))}
              </select>
            </div>
            <Groups threads={threads} wanted={wanted} by={by} />
          </>
        )}
      </Loaded>
    </>
  );
}

function States({ threads }: { threads: readonly Thread[] }) {
  return (
    <p>
      {count(threads.length)} threads:{" "}
      {groupThreads(threads, "state")
        .map(({ title, threads: some }) => `${count(some.length)} ${title}`)
        .join(", ")}
      .
    </p>
  );
}

function Groups({ threads, wanted, by }: { threads: readonly Thread[]; wanted: string; by: GroupBy }) {
  const groups = useMemo(
    () =>
      groupThreads(
        threads.filter((thread) => hasText(thread, wanted)),
        by,
      ),
    [threads, wanted, by],
  );
  if (groups.length === 0) return <p class="dim">No thread is like that.</p>;
  return (
    <>
      {groups.slice(0, MAX_GROUPS).map((group, index) => (
        <ThreadGroupCard key={`${by} ${index} ${group.title}`} group={group} by={by} />
      ))}
      {groups.length > MAX_GROUPS ? (
        <p class="dim">
          {count(groups.length - MAX_GROUPS)} smaller groups are not shown: find fewer threads.
        </p>
      ) : null}
    </>
  );
}
