import { listOf } from "../serialization/collections.ts";
import {
  fieldOf,
  isInstance,
  isJavaObject,
  type JavaObject,
  type JavaValue,
} from "../serialization/java-values.ts";
import { compositeFromJson, type FromJson } from "./composite-from-json.ts";
import { compositeItemsOf, tabularData } from "./jmx-values.ts";
import { isJsonArray, isJsonObject, type Json } from "./json.ts";
import { InvalidValueError } from "./json-scalars.ts";

/**
 * Makes a `TabularData` of the type that the MBean has described, of the forms that `tableToJson` gives: an object by the
 * keys for a map, objects nested by the values of the index, or `{"indexNames": …, "values": […]}`; or of a list of rows.
 * @throws {InvalidValueError} naming the row that is wrong.
 */
export function tableFromJson(json: Json, openType: JavaObject | null, fromJson: FromJson): JavaValue {
  if (openType === null || !isInstance(openType, "javax.management.openmbean.TabularType")) {
    throw new InvalidValueError("the MBean does not say what this TabularData is made of");
  }
  const rowType = fieldOf(openType, "rowType");
  const names = listOf(fieldOf(openType, "indexNames")).filter((name) => typeof name === "string");
  const seen = new Set<string>();
  const rows = rowsOf(json, names, isJavaObject(rowType) ? rowType : null).map(
    (row): [readonly JavaValue[], JavaObject] => {
      const made = compositeFromJson(row, isJavaObject(rowType) ? rowType : null, fromJson);
      const items = new Map(compositeItemsOf(made));
      const given = isJsonObject(row) ? names.map((name) => String(row[name])) : [];
      const key = JSON.stringify(given);
      if (seen.has(key)) throw new InvalidValueError(`the row ${given.join("/")} is there twice`);
      seen.add(key);
      return [names.map((name) => items.get(name) ?? null), made];
    },
  );
  return tabularData(openType, rows);
}

function rowsOf(json: Json, names: readonly string[], rowType: JavaObject | null): readonly Json[] {
  if (isJsonArray(json)) return json;
  if (!isJsonObject(json)) throw new InvalidValueError("an object, or a list of rows, is expected");
  const { values } = json;
  if ("indexNames" in json && isJsonArray(values)) return values;
  if (isMap(names, rowType)) return Object.entries(json).map(([key, value]) => ({ key, value }));
  return leavesOf(json, names.length);
}

/** A map of an MXBean has rows of `key` and `value`. */
function isMap(names: readonly string[], rowType: JavaObject | null): boolean {
  const items = rowType === null ? undefined : fieldOf(rowType, "nameToType");
  return names.join() === "key" && listOf(items).length === 2;
}

function leavesOf(json: Json, depth: number): readonly Json[] {
  if (depth === 0) return [json];
  if (!isJsonObject(json)) throw new InvalidValueError("objects nested by the index are expected");
  return Object.values(json).flatMap((member) => leavesOf(member, depth - 1));
}
