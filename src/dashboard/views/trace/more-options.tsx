import type { FormPart, WantedTrace } from "./wanted-trace.ts";

/** What most do not need. */
export function MoreOptions({ wanted, change }: FormPart) {
  const text = (name: "calls" | "paths" | "minMs" | "stringLimit", title: string, hint: string) => (
    <label>
      {title}
      <input
        value={wanted[name]}
        placeholder={hint}
        onInput={({ currentTarget }) => change({ [name]: currentTarget.value })}
      />
    </label>
  );
  const box = (name: "onlyErrors" | "withDescendants" | "onlyMainThread", title: string) => (
    <label>
      <input
        type="checkbox"
        checked={wanted[name]}
        onChange={({ currentTarget }) => change({ [name]: currentTarget.checked })}
      />
      {title}
    </label>
  );
  return (
    <details>
      <summary>More: single calls, paths, errors, engine</summary>
      <div class="trace-options">
        {text("calls", "Calls by name", "openat, connect")}
        {text("paths", "Only about these paths", "/etc/app.ini, /data")}
        {text("minMs", "Only calls that take, ms", "10")}
        {text("stringLimit", "Characters of texts", "256")}
        <label>
          Engine
          <select
            value={wanted.engine}
            onChange={({ currentTarget }) => change({ engine: engineOf(currentTarget.value) })}
          >
            <option value="strace">strace: everything in words</option>
            <option value="auto">tracefs where it works, else strace</option>
            <option value="tracefs">tracefs: for busy apps, numbers only</option>
          </select>
        </label>
        {box("onlyErrors", "Only calls that fail")}
        {box("withDescendants", "With the processes below it")}
        {box("onlyMainThread", "Only its main thread")}
      </div>
    </details>
  );
}

function engineOf(value: string): WantedTrace["engine"] {
  return value === "tracefs" || value === "auto" ? value : "strace";
}
