import { entriesOf, listOf } from "../serialization/collections.ts";
import { fieldOf, type JavaObject, type JavaValue } from "../serialization/java-values.ts";
import { compositeItemsOf } from "./jmx-values.ts";
import type { Json } from "./json.ts";

/** `TabularData` in JSON. */

/** Converts a value within it. */
type Convert = (value: JavaValue | undefined) => Json;
type Row = ReadonlyMap<JavaValue, JavaValue>;

/**
 * Converts a table: that of an MXBean's map to an object by its keys, any other to objects nested by the values of its
 * index; where one of those is itself no single value, to `indexNames` and `values`.
 */
export function tableToJson(table: JavaObject, convert: Convert): Json {
  const type = fieldOf(table, "tabularType");
  const names =
    typeof type === "object" && type?.kind === "object" ? listOf(fieldOf(type, "indexNames")) : [];
  const rows = entriesOf(fieldOf(table, "dataMap")).map(
    ([, row]): Row => new Map(compositeItemsOf(row) ?? []),
  );
  const indexes = rows.map((row) => names.map((name) => convert(row.get(name))));
  if (indexes.flat().some((part) => typeof part === "object" && part !== null)) {
    return { indexNames: names.map(convert), values: rows.map((row) => rowToJson(row, convert)) };
  }
  if (isMapOfMXBean(names, rows)) {
    return Object.fromEntries(rows.map((row, at) => [String(indexes[at]?.[0]), convert(row.get("value"))]));
  }
  return nested(
    rows.map((row, at) => ({ index: (indexes[at] ?? []).map(String), json: rowToJson(row, convert) })),
  );
}

function isMapOfMXBean(names: readonly JavaValue[], rows: readonly Row[]): boolean {
  return (
    names.length === 1 &&
    names[0] === "key" &&
    rows.every((row) => row.size === 2 && row.has("key") && row.has("value"))
  );
}

function rowToJson(row: Row, convert: Convert): Json {
  return Object.fromEntries([...row].map(([name, value]) => [String(name), convert(value)]));
}

interface NestedRow {
  readonly index: readonly string[];
  readonly json: Json;
}

function nested(rows: readonly NestedRow[]): Json {
  const groups = Map.groupBy(rows, ({ index }) => index[0]);
  const members = [...groups].map(([key = "", group]): [string, Json] => {
    const [first] = group;
    if (first === undefined || first.index.length <= 1) return [key, first?.json ?? null];
    return [key, nested(group.map(({ index, json }) => ({ index: index.slice(1), json })))];
  });
  return Object.fromEntries(members);
}
