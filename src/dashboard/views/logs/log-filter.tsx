import { useEffect, useRef, useState } from "preact/hooks";
import { changeQuery } from "../../state/place.ts";
import { count } from "../../ui/format.ts";
import { TAILS } from "./log-wish.ts";

const LEVELS = [
  ["", "any level"],
  ["fatal", "fatal"],
  ["error", "error and above"],
  ["warn", "warn and above"],
  ["info", "info and above"],
  ["debug", "debug and above"],
] as const;
const SPANS = [
  ["5m", "5 minutes"],
  ["15m", "15 minutes"],
  ["1h", "hour"],
  ["24h", "24 hours"],
] as const;

/** Which lines one wants to see. What is typed counts when it is sent; the rest counts at once. */
export function LogFilter({ query }: { query: URLSearchParams }) {
  const value = (name: string) => query.get(name) ?? "";
  const isRegex = query.has("regex");
  const text = value(isRegex ? "regex" : "grep");
  const form = useRef<HTMLFormElement>(null);
  const [asRegex, setAsRegex] = useState(isRegex);
  // A link leads to other values: then they are shown.
  useEffect(() => setAsRegex(isRegex), [isRegex]);
  const send = () => {
    if (form.current !== null) changeQuery(queryOf(new FormData(form.current), asRegex));
  };
  return (
    <form
      ref={form}
      class="log-filter"
      aria-label="Which lines"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div class="first">
        <input
          type="search"
          name="text"
          class="grow"
          ref={useShown<HTMLInputElement>(text)}
          placeholder={asRegex ? "Regular expression" : "Text in the line"}
          aria-label={asRegex ? "Regular expression in the line" : "Text in the line"}
        />
        <button type="submit">Show</button>
      </div>
      <label>
        <input type="checkbox" checked={asRegex} onChange={() => setAsRegex(!asRegex)} /> Expression
      </label>
      <Check name="ignoreCase" title="Any case" isSet={value("ignoreCase") === "true"} />
      <Check name="invert" title="Lines without it" isSet={value("invert") === "true"} />
      <select
        name="level"
        aria-label="Level"
        ref={useShown<HTMLSelectElement>(value("level"))}
        onChange={send}
      >
        {LEVELS.map(([level, title]) => (
          <option key={level} value={level}>
            {title}
          </option>
        ))}
      </select>
      <Extent query={query} />
      <span class="times">
        <TimeField name="since" title="From" value={value("since")} />
        <TimeField name="until" title="To" value={value("until")} />
      </span>
    </form>
  );
}

/**
 * Puts a value into a field whenever the value becomes another one: what is typed stays while it does not. (A field that is
 * drawn anew for it would lose the focus, and the text of its neighbours.)
 */
function useShown<T extends { value: string }>(value: string) {
  const field = useRef<T>(null);
  useEffect(() => {
    if (field.current !== null) field.current.value = value;
  }, [value]);
  return field;
}

function Check({ name, title, isSet }: { name: string; title: string; isSet: boolean }) {
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (box.current !== null) box.current.checked = isSet;
  }, [isSet]);
  return (
    <label>
      <input type="checkbox" ref={box} name={name} value="true" /> {title}
    </label>
  );
}

function TimeField({ name, title, value }: { name: string; title: string; value: string }) {
  return (
    <label>
      {title}
      <input
        type="text"
        name={name}
        ref={useShown<HTMLInputElement>(value)}
        placeholder="15m, or a time"
        title="15m (ago; s, m, h, d), or a time such as 2026-11-28 22:00:05: by your clock, unless it says its zone"
        autocomplete="off"
      />
    </label>
  );
}

/** How much at first: so many lines of the end, or those since some time. */
function Extent({ query }: { query: URLSearchParams }) {
  const since = query.get("since") ?? "";
  const isSpan = SPANS.some(([span]) => span === since);
  const current =
    query.has("since") || query.has("until") ? (isSpan ? since : "") : (query.get("tail") ?? TAILS[0]);
  const choose = (chosen: string) => {
    if (chosen === "") return;
    const isTime = SPANS.some(([span]) => span === chosen);
    changeQuery({
      since: isTime ? chosen : undefined,
      until: undefined,
      line: undefined,
      tail: isTime ? undefined : chosen,
    });
  };
  return (
    <select aria-label="How much" value={current} onChange={(event) => choose(event.currentTarget.value)}>
      {current === "" ? <option value="">between the times</option> : null}
      {TAILS.map((tail) => (
        <option key={tail} value={tail}>
          the last {count(tail)} lines
        </option>
      ))}
      {SPANS.map(([span, title]) => (
        <option key={span} value={span}>
          the last {title}
        </option>
      ))}
    </select>
  );
}

function queryOf(data: FormData, asRegex: boolean): Record<string, string | undefined> {
  const value = (name: string) => {
    const given = data.get(name);
    return typeof given === "string" && given.trim() !== "" ? given : undefined;
  };
  const text = value("text");
  return {
    grep: asRegex ? undefined : text,
    regex: asRegex ? text : undefined,
    ignoreCase: value("ignoreCase"),
    invert: text === undefined ? undefined : value("invert"),
    level: value("level"),
    since: value("since")?.trim(),
    until: value("until")?.trim(),
    line: undefined,
  };
}
