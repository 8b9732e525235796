import { useId } from "preact/hooks";
import { useAnswer } from "../../api/use-answer.ts";
import { changeQuery } from "../../state/place.ts";
import { clock } from "../../ui/format.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { DiffView } from "./diff-view.tsx";
import type { Version } from "./words.ts";

/** Two versions side by side in one list of lines: from an older one to a newer one, as the query of the place says. */
export function Compare(props: { name: string; versions: readonly Version[]; query: URLSearchParams }) {
  const { name, versions, query } = props;
  const newest = versions[0]?.version ?? 0;
  const to = versions.find(({ version }) => version === Number(query.get("to")))?.version ?? newest;
  const wantedFrom = versions.find(({ version }) => version === Number(query.get("from")))?.version;
  const from = wantedFrom ?? versions.find(({ version }) => version < to)?.version;
  return (
    <section class="card config-compare" aria-label="Compare two versions">
      <div class="bar">
        <Choice label="From version" value={from} onChange={(version) => changeQuery({ from: version, to })}>
          {versions}
        </Choice>
        <Choice label="To version" value={to} onChange={(version) => changeQuery({ from, to: version })}>
          {versions}
        </Choice>
      </div>
      {from === undefined ? (
        <p class="dim">
          This is the oldest version that is kept: there is nothing before it to compare with.
        </p>
      ) : from === to ? (
        <p class="dim">Choose two different versions.</p>
      ) : (
        <Difference {...{ name, from, to }} />
      )}
    </section>
  );
}

function Choice(props: {
  label: string;
  value: number | undefined;
  onChange: (version: string) => void;
  children: readonly Version[];
}) {
  const { label, value, onChange, children } = props;
  const id = useId();
  return (
    <span class="config-choice">
      <label for={id}>{label}</label>
      <select id={id} value={value ?? ""} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        {value === undefined ? <option value="">–</option> : null}
        {children.map(({ version, at, author }) => (
          <option key={version} value={version}>
            {version} · {clock(at)}
            {author === null ? "" : ` · ${author}`}
          </option>
        ))}
      </select>
    </span>
  );
}

function Difference({ name, from, to }: { name: string; from: number; to: number }) {
  const difference = useAnswer("GET /config/{name}/versions/{version}/diff", {
    params: { name, version: to },
    query: { with: from },
  });
  return (
    <Loaded of={difference}>
      {(value) => <DiffView label={`From version ${from} to ${to}`} difference={value} />}
    </Loaded>
  );
}
