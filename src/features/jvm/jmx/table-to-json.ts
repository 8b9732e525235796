import { entriesOf, listOf } from "../serialization/collections.ts";
import { fieldOf, type JavaObject, type JavaValue } from "../serialization/java-values.ts";
import { compositeItemsOf } from "./jmx-values.ts";
import type { Json } from "./json.ts";
import type { JsonBudget } from "./json-budget.ts";

/** `TabularData` in JSON. */

/** What of a conversion a table needs. */
export interface TableParts {
  /** Converts a value within it; spends what it makes. */
  convert(value: JavaValue | undefined): Json;
  readonly budget: JsonBudget;
}

/** No open type has nearly as many; each would be a level more. */
const MAX_INDEX_NAMES = 16;

type Row = ReadonlyMap<JavaValue, JavaValue>;

/**
 * Converts a table: that of an MXBean's map to an object by its keys, any other to objects nested by the values of its
 * index; where one of those is itself no single value, or there are many, to `indexNames` and `values`.
 */
export function tableToJson(table: JavaObject, { convert, budget }: TableParts): Json {
  const type = fieldOf(table, "tabularType");
  const names =
    typeof type === "object" && type?.kind === "object"
      ? listOf(fieldOf(type, "indexNames"), budget.look)
      : [];
  const rows = entriesOf(fieldOf(table, "dataMap"), budget.look).map(([, row]): Row => {
    const items = compositeItemsOf(row, budget.look) ?? [];
    budget.look(items.length);
    return new Map(items);
  });
  const rowToJson = (row: Row): Json =>
    Object.fromEntries([...row].map(([name, value]) => [budget.text(String(name)), convert(value)]));
  const indexes = rows.map((row) => names.map((name) => convert(row.get(name))));
  const haveParts = indexes.flat().some((part) => typeof part === "object" && part !== null);
  if (haveParts || names.length > MAX_INDEX_NAMES) {
    return { indexNames: names.map(convert), values: rows.map(rowToJson) };
  }
  if (isMapOfMXBean(names, rows)) {
    return Object.fromEntries(rows.map((row, at) => [String(indexes[at]?.[0]), convert(row.get("value"))]));
  }
  return nested(rows.map((row, at) => ({ index: (indexes[at] ?? []).map(String), json: rowToJson(row) })));
}

function isMapOfMXBean(names: readonly JavaValue[], rows: readonly Row[]): boolean {
  return (
    names.length === 1 &&
    names[0] === "key" &&
    rows.every((row) => row.size === 2 && row.has("key") && row.has("value"))
  );
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
