import { contentsOf, type Look } from "../serialization/collections.ts";
import { elementsOf, isInstance, type JavaObject, type JavaValue } from "../serialization/java-values.ts";
import { bigDecimalOf, bigIntegerOf, dateOf, type Scalar, textOf, unbox } from "../serialization/scalars.ts";
import { compositeItemsOf, objectNameOf } from "./jmx-values.ts";
import type { Json } from "./json.ts";
import {
  createJsonBudget,
  JSON_LIMITS,
  type JsonBudget,
  JsonLimitError,
  type JsonLimits,
} from "./json-budget.ts";
import { type TableParts, tableToJson } from "./table-to-json.ts";

/**
 * What Java's values are in JSON: a `CompositeData` an object, a table of an MXBean's map an object by its keys, any
 * other table nested by its index; collections and arrays arrays, maps objects; an `ObjectName` `{"objectName": …}`; an
 * enum its constant, a class its name, a date ISO 8601; `BigInteger` and `BigDecimal` text, `long` an integer with all its
 * digits; NaN and the infinities text. An object of any other class is its fields, with its class as `javaClass`.
 * What is within itself is there only once: the second time it is `{"within": <its class>}`.
 */

/** What some values are, where those who read them are used to something else. */
export interface JsonForm {
  date(timeMs: number): Json;
  /** NaN and the infinities. */
  notFinite(value: number): Json;
  bigInteger(value: bigint): Json;
  /** A class, by its name. */
  javaClass(name: string): Json;
  /**
   * An object that is not what it is for others; undefined for any other.
   * @param look is told what is looked through for it.
   */
  object?(object: JavaObject, look: Look): Json | undefined;
  /** How many elements of an array or a collection, or entries of a map, there are at most; all, where it is not said. */
  readonly maxElements?: number | undefined;
}

/** As it is said above. */
const PLAIN_FORM: JsonForm = {
  ...{ date: dateToJson, notFinite: String, bigInteger: String },
  javaClass: (name) => name,
};
/** Of which 64 bytes of text are made. */
const BLOCK_BYTES = 48;
const PARTS_AT_ONCE = 16;

/** What the parts of a conversion share. */
interface Conversion extends TableParts {
  readonly form: JsonForm;
}

/**
 * Converts a value.
 * @param how.budget what several values share that are one answer.
 * @throws {JsonLimitError}
 */
export function toJson(
  value: JavaValue,
  how: {
    readonly limits?: JsonLimits | undefined;
    readonly form?: JsonForm | undefined;
    readonly budget?: JsonBudget | undefined;
  } = {},
): Json {
  const { limits = JSON_LIMITS, form = PLAIN_FORM, budget = createJsonBudget(limits) } = how;
  const around = new Set<JavaValue>();
  const convert: Conversion["convert"] = (inner = null) => {
    budget.spend(1);
    if (typeof inner === "string") return budget.text(inner);
    if (typeof inner === "number") return numberToJson(inner, form);
    if (typeof inner !== "object" || inner === null) return inner;
    if (around.has(inner)) return { within: "type" in inner ? budget.text(inner.type.name) : inner.kind };
    if (around.size >= limits.depth) {
      throw new JsonLimitError(`nested deeper than the ${limits.depth} levels that are allowed`);
    }
    around.add(inner);
    const json = convertPart(inner, conversion);
    around.delete(inner);
    return json;
  };
  const conversion: Conversion = { convert, budget, form };
  return convert(value);
}

function convertPart(value: Exclude<JavaValue, Scalar | null>, conversion: Conversion): Json {
  const { convert, budget, form } = conversion;
  switch (value.kind) {
    case "array":
      budget.need(Math.min(value.elements.length, form.maxElements ?? Number.POSITIVE_INFINITY));
      return elementsOf(value, form.maxElements).map(convert);
    case "enum":
      return budget.text(value.constant);
    case "class":
      return budget.json(form.javaClass(value.type.name));
    case "block":
      budget.spend(value.bytes.length / BLOCK_BYTES);
      return value.bytes.toString("base64");
    case "object": {
      // Each of its classes is looked at several times.
      budget.spend(value.parts.length / PARTS_AT_ONCE);
      const scalar = form.object?.(value, budget.look) ?? scalarToJson(value, form);
      return scalar === undefined ? structureToJson(value, conversion) : budget.json(scalar);
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

function structureToJson(object: JavaObject, conversion: Conversion): Json {
  const { convert, budget, form } = conversion;
  const items = compositeItemsOf(object, budget.look);
  if (items !== undefined) return mapToJson(items, conversion);
  if (isInstance(object, "javax.management.openmbean.TabularDataSupport"))
    return tableToJson(object, conversion);
  const contents = contentsOf(object, budget.look);
  if (contents?.kind === "elements") return contents.elements.slice(0, form.maxElements).map(convert);
  if (contents?.kind === "entries") return mapToJson(contents.entries.slice(0, form.maxElements), conversion);
  return fieldsToJson(object, conversion);
}

/** A map with keys as text: of an enum's constant, a number, and whatever else has a short form. */
function mapToJson(
  entries: readonly (readonly [JavaValue, JavaValue])[],
  { convert, budget }: Conversion,
): Json {
  return objectOf(entries.map(([key, value]) => [keyText(convert(key), budget), convert(value)]));
}

/** A key as text. One within another grows with each level: every one of its quotes is quoted again. */
function keyText(key: Json, budget: JsonBudget): string {
  return typeof key === "object" && key !== null ? budget.text(JSON.stringify(key, digits)) : String(key);
}

function digits(_name: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

function fieldsToJson(object: JavaObject, { convert, budget }: Conversion): Json {
  const fields = object.parts.flatMap((part) =>
    [...part.fields].map(([name, value]) => [budget.text(name), convert(value)] as const),
  );
  return objectOf([["javaClass", budget.text(object.type.name)], ...fields]);
}

/** An object of names that may be any, `__proto__` too. */
function objectOf(members: readonly (readonly [string, Json])[]): Json {
  return Object.fromEntries(members);
}
