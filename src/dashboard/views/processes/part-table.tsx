import type { ComponentChildren } from "preact";
import { changeQuery } from "../../state/place.ts";
import { Announced } from "../../ui/announced.tsx";
import { count } from "../../ui/format.ts";
import { type ColumnHead, ScrollTable } from "../../ui/scroll-table.tsx";

/** So many rows are in the document at once; the field above finds the others. */
const MAX_ROWS = 300;

/** A row, with the text that it is found by. */
export interface PartRow {
  readonly key: string | number;
  readonly text: string;
  readonly cells: ComponentChildren;
}

/** A table with a field that finds rows. */
export function PartTable(props: {
  label: string;
  heads: readonly ColumnHead[];
  rows: readonly PartRow[];
  /** How many there are, where not all were answered. */
  total: number | null;
  find: string;
  empty: string;
}) {
  const { label, heads, rows, total, find, empty } = props;
  if (rows.length === 0) return <p class="dim">{empty}</p>;
  const text = find.toLowerCase();
  const found = text === "" ? rows : rows.filter((row) => row.text.toLowerCase().includes(text));
  // Rows come and go by themselves: only what one has looked for is read out.
  const many = howMany(found.length, rows.length, total);
  return (
    <>
      <div class="bar">
        <label>
          Find{" "}
          <input
            value={find}
            onInput={({ currentTarget }) => changeQuery({ find: currentTarget.value || undefined })}
          />
        </label>
        <span class="dim">{many}</span>
        <Announced text={many} of={find} />
      </div>
      <ScrollTable label={label} heads={heads}>
        {found.slice(0, MAX_ROWS).map(({ key, cells }) => (
          <tr key={key}>{cells}</tr>
        ))}
      </ScrollTable>
    </>
  );
}

function howMany(found: number, read: number, total: number | null): string {
  const all = total === null || total <= read ? count(read) : `the first ${count(read)} of ${count(total)}`;
  const these = found === read ? all : `${count(found)} of ${all}`;
  return found > MAX_ROWS ? `${these}; ${MAX_ROWS} are shown` : these;
}
