import { useId } from "preact/hooks";
import { changeQuery } from "../../state/place.ts";
import { type EventFilter, isFiltering, onlyThese } from "./event-filter.ts";
import type { EventStore } from "./event-store.ts";

/** By call, path or other text, error, duration and thread; it stands in the address of the page. */
export function LineFilter({ filter, store }: { filter: EventFilter; store: EventStore }) {
  const id = useId();
  const change = (name: keyof EventFilter, value: string) =>
    changeQuery({ [name]: value === "" ? undefined : value, at: undefined });
  const field = (name: keyof EventFilter, title: string, hint: string, list?: string) => (
    <label>
      <span>{title}</span>
      <input
        value={filter[name]}
        placeholder={hint}
        list={list}
        onInput={({ currentTarget }) => change(name, currentTarget.value)}
      />
    </label>
  );
  return (
    <search class="trace-filter" aria-label="Filter of the lines">
      {field("calls", "Call", "openat, read", `${id}-calls`)}
      {field("text", "Path or text", "/etc/, 10.0.0.7, ENOENT")}
      <label>
        <span>Error</span>
        <select value={filter.error} onChange={({ currentTarget }) => change("error", currentTarget.value)}>
          <option value="">all calls</option>
          <option value="any">only failed</option>
          {namesWith(store.errors, filter.error).map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {field("minMs", "At least, ms", "10")}
      {field("tid", "Thread", "all", `${id}-threads`)}
      <datalist id={`${id}-calls`}>
        {namesWith(store.calls).map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <datalist id={`${id}-threads`}>
        {[...store.threads].slice(0, 500).map((tid) => (
          <option key={tid} value={String(tid)} />
        ))}
      </datalist>
      {isFiltering(filter) ? (
        <button type="button" class="quiet" onClick={() => changeQuery(onlyThese({}))}>
          Show all
        </button>
      ) : null}
    </search>
  );
}

/** Sorted, without the empty one, and with the one that is chosen even if none has come yet. */
function namesWith(names: ReadonlySet<string>, chosen = ""): readonly string[] {
  return [...new Set([...names, chosen])].filter((name) => name !== "" && name !== "any").sort();
}
