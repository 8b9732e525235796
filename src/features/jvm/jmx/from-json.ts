import {
  arrayList,
  bigDecimal,
  bigInteger,
  box,
  javaArray,
  javaClass,
  javaDate,
  treeMap,
} from "../serialization/build-values.ts";
import { fieldOf, isJavaObject, type JavaObject, type JavaValue } from "../serialization/java-values.ts";
import { SC } from "../serialization/protocol.ts";
import { compositeFromJson } from "./composite-from-json.ts";
import { objectName } from "./jmx-values.ts";
import { isJsonArray, isJsonObject, type Json } from "./json.ts";
import { boxOf, InvalidValueError, primitiveOf } from "./json-scalars.ts";
import { ObjectNameError, parseObjectName } from "./object-name.ts";
import { tableFromJson } from "./table-from-json.ts";

/** Makes of JSON what an attribute or a parameter takes. Numbers and truths may also come as text, as they do in a path. */

type Build = (json: Json, openType: JavaObject | null) => JavaValue;

const BUILDERS: ReadonlyMap<string, Build> = new Map<string, Build>([
  ["java.lang.String", (json) => textOf(json, "a text")],
  ["java.lang.Object", anyToJava],
  ["java.io.Serializable", anyToJava],
  ["java.math.BigInteger", (json) => bigInteger(integerOf(json))],
  ["java.math.BigDecimal", decimalToJava],
  ["java.util.Date", dateToJava],
  ["javax.management.ObjectName", nameToJava],
  [
    "javax.management.openmbean.CompositeData",
    (json, openType) => compositeFromJson(json, openType, fromJson),
  ],
  ["javax.management.openmbean.TabularData", (json, openType) => tableFromJson(json, openType, fromJson)],
  ...["List", "Collection", "ArrayList"].map((name): [string, Build] => [`java.util.${name}`, listToJava]),
  ...["Map", "SortedMap", "TreeMap"].map((name): [string, Build] => [`java.util.${name}`, mapToJava]),
]);

/**
 * Makes a value.
 * @param type the class or primitive that the MBean declares, as `Class.getName` gives it.
 * @param openType what the MBean says of it, where it does: a `CompositeData` is built by it.
 * @throws {InvalidValueError} saying what is expected.
 */
export function fromJson(json: Json, type: string, openType: JavaObject | null): JavaValue {
  const boxed = boxOf(type);
  if (boxed !== undefined) {
    if (json === null && boxed === type) return null;
    return box(boxed, primitiveOf(json, boxed));
  }
  if (json === null) return null;
  if (type.startsWith("[")) return arrayToJava(json, type, openType);
  const build = BUILDERS.get(type);
  if (build !== undefined) return build(json, openType);
  // What else a text could be.
  if (typeof json === "string") return enumConstant(type, json);
  throw new InvalidValueError(`a value of ${type} can't be made from JSON`);
}

function arrayToJava(json: Json, type: string, openType: JavaObject | null): JavaValue {
  if (!isJsonArray(json)) throw new InvalidValueError("an array is expected");
  const element = type.slice(1);
  const primitive = PRIMITIVE_ARRAYS.get(element);
  if (primitive !== undefined) return javaArray(type, primitive(json));
  const elementType = element.startsWith("L") ? element.slice(1, -1) : element;
  const elementOpenType = openType === null ? undefined : fieldOf(openType, "elementType");
  return javaArray(
    type,
    json.map((item) => fromJson(item, elementType, isJavaObject(elementOpenType) ? elementOpenType : null)),
  );
}

type Primitives = (json: readonly Json[]) => readonly JavaValue[];

const PRIMITIVE_ARRAYS: ReadonlyMap<string, Primitives> = new Map<string, Primitives>(
  (
    [
      ["B", "java.lang.Byte"],
      ["C", "java.lang.Character"],
      ["D", "java.lang.Double"],
      ["F", "java.lang.Float"],
      ["I", "java.lang.Integer"],
      ["J", "java.lang.Long"],
      ["S", "java.lang.Short"],
      ["Z", "java.lang.Boolean"],
    ] as const
  ).map(([code, name]) => [code, (json) => json.map((item) => primitiveOf(item, name))]),
);

function textOf(json: Json, expected: string): string {
  if (typeof json === "string") return json;
  throw new InvalidValueError(`${expected} is expected`);
}

function integerOf(json: Json): bigint {
  const text =
    typeof json === "string" || typeof json === "number" || typeof json === "bigint" ? String(json) : "";
  if (!/^[+-]?\d+$/.test(text)) throw new InvalidValueError("an integer is expected");
  return BigInt(text.replace(/^\+/, ""));
}

function decimalToJava(json: Json): JavaValue {
  const text =
    typeof json === "string" || typeof json === "number" || typeof json === "bigint" ? String(json) : "";
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^([+-]?)(\d{1,9999})(?:\.(\d{0,9999}))?(?:[eE]([+-]?\d{1,9}))?$/.exec(text) ?? [];
  if (whole === "") throw new InvalidValueError("a decimal number is expected");
  const unscaled = BigInt(whole + fraction);
  return bigDecimal(sign === "-" ? -unscaled : unscaled, fraction.length - Number(exponent));
}

function dateToJava(json: Json): JavaValue {
  const timeMs = typeof json === "string" ? Date.parse(json) : Number(json);
  if (!Number.isSafeInteger(timeMs))
    throw new InvalidValueError("a date of ISO 8601 or milliseconds since 1970 are expected");
  return javaDate(timeMs);
}

function nameToJava(json: Json): JavaValue {
  const text = isJsonObject(json) ? json["objectName"] : json;
  try {
    const name = textOf(text ?? null, "the name of an MBean");
    parseObjectName(name);
    return objectName(name);
  } catch (error) {
    throw error instanceof ObjectNameError ? new InvalidValueError(error.message) : error;
  }
}

function listToJava(json: Json): JavaValue {
  if (!isJsonArray(json)) throw new InvalidValueError("an array is expected");
  return arrayList(json.map(anyToJava));
}

function mapToJava(json: Json): JavaValue {
  if (!isJsonObject(json)) throw new InvalidValueError("an object is expected");
  return treeMap(Object.entries(json).map(([key, value]) => [key, anyToJava(value)]));
}

/** What Java's own parsers of JSON would make of it. */
function anyToJava(json: Json): JavaValue {
  if (json === null || typeof json === "string") return json;
  if (typeof json === "boolean") return box("java.lang.Boolean", json);
  if (typeof json === "bigint") return box("java.lang.Long", BigInt.asIntN(64, json));
  if (typeof json === "number") {
    if (!Number.isSafeInteger(json)) return box("java.lang.Double", json);
    return json === (json | 0) ? box("java.lang.Integer", json) : box("java.lang.Long", BigInt(json));
  }
  return isJsonArray(json) ? listToJava(json) : mapToJava(json);
}

const ENUM = javaClass("java.lang.Enum", 0n, [], { flags: SC.serializable | SC.enum });

function enumConstant(type: string, constant: string): JavaValue {
  const enumClass = javaClass(type, 0n, [], { superClass: ENUM, flags: SC.serializable | SC.enum });
  return { kind: "enum", type: enumClass, constant };
}
