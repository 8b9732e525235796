import { contentsOf } from "../serialization/collections.ts";
import { elementsOf, isInstance, type JavaObject, type JavaValue } from "../serialization/java-values.ts";
import { bigDecimalOf, bigIntegerOf, dateOf, textOf, unbox } from "../serialization/scalars.ts";
import { compositeItemsOf, objectNameOf } from "./jmx-values.ts";
import type { Json } from "./json.ts";
import { tableToJson } from "./table-to-json.ts";

/**
 * What Java's values are in JSON: a `CompositeData` an object, a table of an MXBean's map an object by its keys, any
 * other table nested by its index; collections and arrays arrays, maps objects; an `ObjectName` `{"objectName": …}`; an
 * enum its constant, a class its name, a date ISO 8601; `BigInteger` and `BigDecimal` text, `long` an integer with all its
 * digits; NaN and the infinities text. An object of any other class is its fields, with its class as `javaClass`.
 * What is within itself is there only once: the second time it is `{"within": <its class>}`.
 */

/** How much one value may become: the same object can be in a value many times. */
export interface JsonLimits {
  readonly depth: number;
  readonly values: number;
}

/** What some values are, where those who read them are used to something else. */
export interface JsonForm {
  date(timeMs: number): Json;
  /** NaN and the infinities. */
  notFinite(value: number): Json;
  bigInteger(value: bigint): Json;
  /** A class, by its name. */
  javaClass(name: string): Json;
  /** An object that is not what it is for others; undefined for any other. */
  object?(object: JavaObject): Json | undefined;
  /** How many elements of an array or a collection, or entries of a map, there are at most; all, where it is not said. */
  readonly maxElements?: number | undefined;
}

/** As it is said above. */
const PLAIN_FORM: JsonForm = {
  ...{ date: dateToJson, notFinite: String, bigInteger: String },
  javaClass: (name) => name,
};
const JSON_LIMITS: JsonLimits = { depth: 100, values: 1_000_000 };

/** The value is larger in JSON, or deeper, than is allowed. */
export class JsonLimitError extends Error {
  override readonly name = "JsonLimitError";
}

/** Converts a part of a value; counts what it makes. */
type Convert = (value: JavaValue | undefined) => Json;

/**
 * Converts a value.
 * @throws {JsonLimitError}
 */
export function toJson(
  value: JavaValue,
  { limits = JSON_LIMITS, form = PLAIN_FORM }: { limits?: JsonLimits; form?: JsonForm } = {},
): Json {
  let left = limits.values;
  const around = new Set<JavaValue>();
  const convert: Convert = (inner = null) => {
    left -= 1;
    if (left < 0) throw new JsonLimitError(`more than the ${limits.values} values that are allowed`);
    if (typeof inner !== "object" || inner === null) return convertValue(inner, convert, form);
    if (around.has(inner)) return { within: "type" in inner ? inner.type.name : inner.kind };
    if (around.size >= limits.depth) {
      throw new JsonLimitError(`nested deeper than the ${limits.depth} levels that are allowed`);
    }
    around.add(inner);
    const json = convertValue(inner, convert, form);
    around.delete(inner);
    return json;
  };
  return convert(value);
}

function convertValue(value: JavaValue, convert: Convert, form: JsonForm): Json {
  if (typeof value === "number") return numberToJson(value, form);
  if (typeof value !== "object" || value === null) return value;
  switch (value.kind) {
    case "array":
      return elementsOf(value, form.maxElements).map(convert);
    case "enum":
      return value.constant;
    case "class":
      return form.javaClass(value.type.name);
    case "block":
      return value.bytes.toString("base64");
    case "object": {
      const scalar = form.object?.(value) ?? scalarToJson(value, form);
      return scalar === undefined ? structureToJson(value, convert, form) : scalar;
    }
  }
}

function numberToJson(value: number, form: JsonForm): Json {
  return Number.isFinite(value) ? value : form.notFinite(value);
}

/** An object that is one number or one text; undefined for any other. */
function scalarToJson(object: JavaObject, form: JsonForm): Json | undefined {
  const inner = unbox(object);
  if (inner !== undefined) return typeof inner === "number" ? numberToJson(inner, form) : inner;
  const name = objectNameOf(object);
  if (name !== undefined) return { objectName: name };
  const date = dateOf(object);
  if (date !== undefined) return form.date(date);
  const integer = bigIntegerOf(object);
  return integer === undefined ? (bigDecimalOf(object) ?? textOf(object)) : form.bigInteger(integer);
}

/** Java's dates reach further than those of JavaScript. */
function dateToJson(timeMs: number): Json {
  const date = new Date(timeMs);
  return Number.isNaN(date.getTime()) ? timeMs : date.toISOString();
}

function structureToJson(object: JavaObject, convert: Convert, { maxElements }: JsonForm): Json {
  const items = compositeItemsOf(object);
  if (items !== undefined) return mapToJson(items, convert);
  if (isInstance(object, "javax.management.openmbean.TabularDataSupport"))
    return tableToJson(object, convert);
  const contents = contentsOf(object);
  if (contents?.kind === "elements") return contents.elements.slice(0, maxElements).map(convert);
  if (contents?.kind === "entries") return mapToJson(contents.entries.slice(0, maxElements), convert);
  return fieldsToJson(object, convert);
}

/** A map with keys as text: of an enum's constant, a number, and whatever else has a short form. */
function mapToJson(entries: readonly (readonly [JavaValue, JavaValue])[], convert: Convert): Json {
  return objectOf(entries.map(([key, value]) => [keyText(convert(key)), convert(value)]));
}

/** A key as text. */
function keyText(key: Json): string {
  return typeof key === "object" && key !== null ? JSON.stringify(key, digits) : String(key);
}

function digits(_name: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

function fieldsToJson(object: JavaObject, convert: Convert): Json {
  const fields = object.parts.flatMap((part) =>
    [...part.fields].map(([name, value]) => [name, convert(value)] as const),
  );
  return objectOf([["javaClass", object.type.name], ...fields]);
}

/** An object of names that may be any, `__proto__` too. */
function objectOf(members: readonly (readonly [string, Json])[]): Json {
  return Object.fromEntries(members);
}
