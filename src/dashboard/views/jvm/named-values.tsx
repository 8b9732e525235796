import { useState } from "preact/hooks";
import { count } from "../../ui/format.ts";
import { Scroll } from "../../ui/scroll.tsx";

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
      <input
        type="search"
        class="jvm-search"
        value={wanted}
        placeholder="Find a name or a value"
        aria-label={`Find in ${label.toLowerCase()}`}
        onInput={(event) => setWanted(event.currentTarget.value)}
      />
      {found.length === 0 ? <p class="dim">None is like that.</p> : null}
      <Scroll label={label}>
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Value</th>
              <th scope="col">{extra}</th>
            </tr>
          </thead>
          <tbody>
            {found.slice(0, SHOWN).map(({ name, value, extra: word }) => (
              <tr key={name}>
                <td>
                  <code>{name}</code>
                </td>
                <td class="mono jvm-value">{value}</td>
                <td class="dim nowrap">{word}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {found.length > SHOWN ? (
        <p class="dim">{count(found.length - SHOWN)} more are not shown: find fewer.</p>
      ) : null}
    </>
  );
}
