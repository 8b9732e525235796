import { changeQuery } from "../../state/place.ts";
import type { Filter } from "./request-list.ts";

/** What is to be seen of the requests. It stands in the address, so that it can be passed on. */

const STATUSES = [
  { value: "", title: "All" },
  { value: "2xx", title: "2xx: done" },
  { value: "3xx", title: "3xx: elsewhere" },
  { value: "4xx", title: "4xx: the client's fault" },
  { value: "5xx", title: "5xx: the server's fault" },
  { value: "failed", title: "Without a whole answer of the app" },
] as const;
const TIMES = [
  { value: 0, title: "Any time" },
  { value: 100, title: "100 ms or more" },
  { value: 500, title: "500 ms or more" },
  { value: 1_000, title: "1 s or more" },
  { value: 5_000, title: "5 s or more" },
  { value: 30_000, title: "30 s or more" },
] as const;

/** The filters. */
export function Filters({ filter: { status, path, slowerMs, text } }: { filter: Filter }) {
  const times = TIMES.some(({ value }) => value === slowerMs)
    ? TIMES
    : [...TIMES, { value: slowerMs, title: `${slowerMs} ms or more` }];
  return (
    <search class="bar filters">
      <label>
        Status
        <select
          value={status}
          onChange={(event) => changeQuery({ status: event.currentTarget.value || undefined })}
        >
          {STATUSES.map(({ value, title }) => (
            <option key={value} value={value}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <label>
        Took
        <select
          value={String(slowerMs)}
          onChange={(event) => changeQuery({ slower: Number(event.currentTarget.value) || undefined })}
        >
          {times.map(({ value, title }) => (
            <option key={value} value={String(value)}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <label>
        Path begins with
        <input
          type="text"
          value={path}
          placeholder="/"
          spellcheck={false}
          autocapitalize="off"
          onInput={(event) => changeQuery({ path: event.currentTarget.value || undefined })}
        />
      </label>
      <label>
        Text
        <input
          type="search"
          value={text}
          placeholder="id, client, …"
          spellcheck={false}
          autocapitalize="off"
          onInput={(event) => changeQuery({ text: event.currentTarget.value || undefined })}
        />
      </label>
      {status === "" && path === "" && slowerMs === 0 && text === "" ? null : (
        <button
          type="button"
          class="quiet small"
          onClick={() =>
            changeQuery({ status: undefined, path: undefined, slower: undefined, text: undefined })
          }
        >
          Show all
        </button>
      )}
    </search>
  );
}
