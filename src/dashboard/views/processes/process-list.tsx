import { useMemo, useState } from "preact/hooks";
import type { Answers } from "../../api/api-types.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { changeQuery, linkTo } from "../../state/place.ts";
import { Announced } from "../../ui/announced.tsx";
import { bytes, count, percent } from "../../ui/format.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { Remedy } from "../../ui/remedy.tsx";
import { VirtualList } from "../../ui/virtual-list.tsx";
import { arrange, commandOf, ORDERS, type Order, type PlacedProcess, type Scope } from "./arrange.ts";

type List = Answers["GET /processes"];

const ROW_HEIGHT = 30;
const LOOK_EVERY_MS = 2_000;
/** A long list is an answer of megabytes: it is asked for less often. */
const LONG = { length: 1_000, everyMs: 10_000 };
const INTERVAL_SECONDS = 0.5;

const ORDER_NAMES: Readonly<Record<Order, string>> = {
  tree: "as a tree",
  cpu: "by CPU",
  memory: "by memory",
  files: "by open files",
  started: "the newest first",
  name: "by name",
};

/** All processes that the sidecar sees, as they come and go. */
export function ProcessList({ query }: { query: URLSearchParams }) {
  const [everyMs, setEveryMs] = useState(LOOK_EVERY_MS);
  const list = useAnswer("GET /processes", { everyMs, query: { interval: INTERVAL_SECONDS } });
  const wantedMs = (list.value?.processes.length ?? 0) > LONG.length ? LONG.everyMs : LOOK_EVERY_MS;
  if (wantedMs !== everyMs) setEveryMs(wantedMs);
  return (
    <>
      <h1>Processes</h1>
      <Loaded of={list}>{(value) => <Listed list={value} query={query} everyMs={everyMs} />}</Loaded>
    </>
  );
}

function Listed({ list, query, everyMs }: { list: List; query: URLSearchParams; everyMs: number }) {
  const { processes, main } = list;
  const text = query.get("find") ?? "";
  const order = ORDERS.find((name) => name === query.get("order")) ?? "tree";
  const scope: Scope = query.get("scope") === "all" || main === null ? "all" : "app";
  const placed = useMemo(() => arrange(processes, { text, order, scope }), [processes, text, order, scope]);
  const many = `${count(placed.length)} of ${count(processes.length)}`;
  return (
    <>
      <Visibility list={list} />
      <search class="bar" aria-label="Filter of the processes">
        <label>
          Find{" "}
          <input
            value={text}
            placeholder="name, pid, user, command"
            onInput={({ currentTarget }) => changeQuery({ find: currentTarget.value || undefined })}
          />
        </label>
        <label>
          Sorted{" "}
          <select value={order} onChange={({ currentTarget }) => changeQuery({ order: currentTarget.value })}>
            {ORDERS.map((name) => (
              <option key={name} value={name}>
                {ORDER_NAMES[name]}
              </option>
            ))}
          </select>
        </label>
        {main === null ? null : (
          <label>
            <input
              type="checkbox"
              checked={scope === "all"}
              onChange={({ currentTarget }) =>
                changeQuery({ scope: currentTarget.checked ? "all" : undefined })
              }
            />
            Those of others, too
          </label>
        )}
        <span class="dim">
          {many}, every {everyMs / 1_000} s
        </span>
        <Announced text={many} of={JSON.stringify([text, order, scope])} />
      </search>
      <Rows placed={placed} isTree={order === "tree"} />
      {placed.length > 0 ? null : <p class="dim">No process is like that. Empty the field to see all.</p>}
    </>
  );
}

/** Says where the app's processes can't be seen, and what mends that. */
function Visibility({ list: { main, mainReason, remedy } }: { list: List }) {
  if (main !== null) return null;
  return (
    <div class="failure" role="note">
      <p>
        <strong>The app’s own processes can’t be told apart.</strong> {mainReason}
      </p>
      <Remedy text={remedy ?? undefined} />
    </div>
  );
}

function Rows({ placed, isTree }: { placed: readonly PlacedProcess[]; isTree: boolean }) {
  return (
    <div class="process-list" style={{ "--rows": placed.length }}>
      <div class="process-row process-heads" aria-hidden="true">
        <span>Process</span>
        <span class="number">PID</span>
        <span class="number">CPU</span>
        <span class="number">Memory</span>
        <span class="number">Threads</span>
        <span>User</span>
        <span>State</span>
        <span>Command</span>
      </div>
      <VirtualList
        label="Processes"
        length={placed.length}
        rowHeight={ROW_HEIGHT}
        idOf={(index) => {
          const process = placed[index]?.process;
          return process && `${process.pid} ${process.startTime}`;
        }}
        row={(index) => {
          const each = placed[index];
          return each === undefined ? null : <Row placed={each} isTree={isTree} />;
        }}
      />
    </div>
  );
}

/** Deeper than this a tree would leave no room for names. */
const MAX_INDENT = 8;

function Row({ placed: { process, depth }, isTree }: { placed: PlacedProcess; isTree: boolean }) {
  const { pid, name, cpuPercent, rssBytes, threads, user, uid, state, isMain, isSidecar } = process;
  const indent = isTree ? Math.min(depth, MAX_INDENT) : 0;
  return (
    <a class="process-row" href={linkTo(["processes", pid])}>
      <span class="process-name" style={{ paddingLeft: `${indent}rem` }}>
        {indent > 0 ? <span class="dim">└ </span> : null}
        <b>{name}</b>
        {isMain ? <span class="process-mark good">main</span> : null}
        {isSidecar ? <span class="process-mark dim">sidecar</span> : null}
      </span>
      <span class="number">{pid}</span>
      <span class="number">{percent(cpuPercent === null ? null : cpuPercent / 100)}</span>
      <span class="number">{bytes(rssBytes)}</span>
      <span class="number">{count(threads)}</span>
      <span>{user ?? uid}</span>
      <span class={state === "zombie" ? "bad" : ""}>{state}</span>
      <code>{commandOf(process).slice(0, 300)}</code>
    </a>
  );
}
