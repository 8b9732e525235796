import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { changeQuery } from "../../state/place.ts";
import { bytes, count, UNKNOWN } from "../../ui/format.ts";
import { Scroll } from "../../ui/scroll.tsx";
import { exactText } from "./exact-json.ts";

/** Values of Java as they come in JSON: texts, numbers, composites, tables and arrays. */

/** Of one text, and of one array, at first. */
const SHOWN_CHARACTERS = 2_000;
const SHOWN_ITEMS = 50;
const MAX_DEPTH = 6;
/** The members of java.lang.management.MemoryUsage: bytes. */
const USAGE = "committed,init,max,used";

/** Shows a value by what it is. @param name of what it is, for who hears the page. */
export function JavaValue(props: { name: string; value: unknown; depth?: number }): ComponentChildren {
  const { name, value, depth = 0 } = props;
  if (value === null || value === undefined) return <span class="dim">null</span>;
  if (typeof value === "string") return <Text text={value} />;
  if (typeof value === "number" || typeof value === "bigint") {
    return <span class="java-number">{value.toLocaleString("en", { maximumFractionDigits: 20 })}</span>;
  }
  if (typeof value === "boolean") return <span class="java-number">{String(value)}</span>;
  if (depth >= MAX_DEPTH) return <code>{exactText(value).slice(0, SHOWN_CHARACTERS)}</code>;
  if (Array.isArray(value)) return <Items name={name} items={value} depth={depth} />;
  const reference = referenceOf(value);
  if (reference !== undefined) return <Reference mbean={reference} />;
  return <Members name={name} members={Object.entries(value)} depth={depth} />;
}

/** The MBean that a value names. */
function referenceOf(value: object): string | undefined {
  const [first, ...others] = Object.entries(value);
  if (first === undefined || others.length > 0 || first[0] !== "objectName") return undefined;
  return typeof first[1] === "string" ? first[1] : undefined;
}

function Reference({ mbean }: { mbean: string }) {
  return (
    <button type="button" class="mbean-name" onClick={() => changeQuery({ mbean })}>
      {mbean}
    </button>
  );
}

function Text({ text }: { text: string }) {
  const [isWhole, setWhole] = useState(false);
  if (text === "") return <span class="dim">empty text</span>;
  return (
    <span class="java-text">
      {isWhole ? text : text.slice(0, SHOWN_CHARACTERS)}
      {isWhole || text.length <= SHOWN_CHARACTERS ? null : (
        <button type="button" class="quiet small" onClick={() => setWhole(true)}>
          All {count(text.length)} characters
        </button>
      )}
    </span>
  );
}

/** Arrays of composites with the same members are tables. */
function Items({ name, items, depth }: { name: string; items: readonly unknown[]; depth: number }) {
  const [shown, setShown] = useState(SHOWN_ITEMS);
  if (items.length === 0) return <span class="dim">none</span>;
  const columns = columnsOf(items);
  const rest = items.length - shown;
  return (
    <>
      {columns === undefined ? (
        <ol class="java-items" start={0}>
          {items.slice(0, shown).map((item, index) => (
            <li key={index}>
              <JavaValue name={`${name} ${index}`} value={item} depth={depth + 1} />
            </li>
          ))}
        </ol>
      ) : (
        <Table name={name} columns={columns} rows={items.slice(0, shown)} depth={depth} />
      )}
      {rest > 0 ? (
        <button type="button" class="quiet small" onClick={() => setShown(shown + 10 * SHOWN_ITEMS)}>
          More: {count(rest)} are not shown
        </button>
      ) : null}
    </>
  );
}

function Table(props: { name: string; columns: readonly string[]; rows: readonly unknown[]; depth: number }) {
  const { name, columns, rows, depth } = props;
  return (
    <Scroll label={name}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th scope="col" key={column}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {columns.map((column) => (
                <td key={column}>
                  <JavaValue name={column} value={memberOf(row, column)} depth={depth + 1} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Members(props: { name: string; members: readonly [string, unknown][]; depth: number }) {
  const { name, members, depth } = props;
  const [shown, setShown] = useState(SHOWN_ITEMS);
  if (members.length === 0) return <span class="dim">nothing in it</span>;
  const isUsage = members.map(([key]) => key).join() === USAGE;
  return (
    <>
      <dl class="facts java-members">
        {members.slice(0, shown).map(([key, value]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>
              <JavaValue name={`${name} ${key}`} value={value} depth={depth + 1} />
              {isUsage && typeof value === "number" && value >= 0 ? (
                <span class="dim"> {bytes(value)}</span>
              ) : null}
            </dd>
          </div>
        ))}
      </dl>
      {members.length > shown ? (
        <button type="button" class="quiet small" onClick={() => setShown(shown + 10 * SHOWN_ITEMS)}>
          More: {count(members.length - shown)} are not shown
        </button>
      ) : null}
    </>
  );
}

/** The members that all items have, where all have the same. */
function columnsOf(items: readonly unknown[]): readonly string[] | undefined {
  const [first] = items;
  if (items.length < 2 || typeof first !== "object" || first === null || Array.isArray(first))
    return undefined;
  const columns = Object.keys(first);
  const shape = columns.join("\n");
  const isTable = items.every(
    (item) => typeof item === "object" && item !== null && Object.keys(item).join("\n") === shape,
  );
  return isTable && columns.length > 0 && columns.length <= 8 ? columns : undefined;
}

function memberOf(row: unknown, column: string): unknown {
  if (typeof row !== "object" || row === null) return UNKNOWN;
  return Object.entries(row).find(([key]) => key === column)?.[1];
}
