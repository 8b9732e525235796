import { useState } from "preact/hooks";
import { count } from "../../ui/format.ts";
import { headsOf, ScrollTable } from "../../ui/scroll-table.tsx";
import { SearchField } from "./search-field.tsx";

/** A name with a value, and a word about it. */
export interface NamedValue {
  readonly name: string;
  readonly value: string;
  readonly extra: string;
}

const SHOWN = 500;

/** Names with their values, and a box to find some of them. */
export function NamedValues(props: { label: string; extra: string; rows: readonly NamedValue[] }) {
  const { label, extra, rows } = props;
  const [wanted, setWanted] = useState("");
  const text = wanted.toLowerCase();
  const found = rows.filter(({ name, value }) => `${name}=${value}`.toLowerCase().includes(text));
  return (
    <>
      <SearchField
        label={`Find in ${label.toLowerCase()}`}
        hint="Find a name or a value"
        value={wanted}
        onChange={setWanted}
      />
      {found.length === 0 ? <p class="dim">None is like that.</p> : null}
      <ScrollTable label={label} heads={headsOf(["Name", "Value", extra])}>
        {found.slice(0, SHOWN).map(({ name, value, extra: word }) => (
          <tr key={name}>
            <td>
              <code>{name}</code>
            </td>
            <td class="mono jvm-value">{value}</td>
            <td class="dim nowrap">{word}</td>
          </tr>
        ))}
      </ScrollTable>
      {found.length > SHOWN ? (
        <p class="dim">{count(found.length - SHOWN)} more are not shown: find fewer.</p>
      ) : null}
    </>
  );
}
