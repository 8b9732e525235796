import type { BoxName } from "../serialization/build-values.ts";
import { type Json, jsonText } from "./json.ts";

/** Numbers, truths and characters of Java, from JSON. */

/** What Java's own code says of a value, as clients of Jolokia are used to hear it. */
export interface JavaRefusal {
  readonly className: string;
  readonly message: string;
}

/** A value that can't be what the MBean takes. */
export class InvalidValueError extends Error {
  override readonly name = "InvalidValueError";
  /** Undefined where it would not say so much. */
  readonly inJava: JavaRefusal | undefined;

  constructor(message: string, inJava?: JavaRefusal) {
    super(message);
    this.inJava = inJava;
  }
}

/** Of primitives, the class that boxes them. */
const BOXES: Readonly<Record<string, BoxName>> = {
  boolean: "java.lang.Boolean",
  byte: "java.lang.Byte",
  char: "java.lang.Character",
  double: "java.lang.Double",
  float: "java.lang.Float",
  int: "java.lang.Integer",
  long: "java.lang.Long",
  short: "java.lang.Short",
};
const BITS = {
  "java.lang.Byte": 8,
  "java.lang.Short": 16,
  "java.lang.Integer": 32,
  "java.lang.Long": 64,
} as const;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const NAMED: ReadonlySet<string> = new Set(["NaN", "Infinity", "-Infinity"]);

/** The class that boxes values of a type; undefined for a type that is no primitive, boxed or not. */
export function boxOf(type: string): BoxName | undefined {
  if (Object.hasOwn(BOXES, type)) return BOXES[type];
  return Object.values(BOXES).find((name) => name === type);
}

/** Tells whether a type has no null. */
export function isPrimitive(type: string): boolean {
  return Object.hasOwn(BOXES, type);
}

/**
 * Reads a value of a primitive type; a `long` is a bigint.
 * @throws {InvalidValueError} where it is none, or does not fit.
 */
export function primitiveOf(json: Json, type: BoxName): boolean | number | bigint | string {
  switch (type) {
    case "java.lang.Boolean":
      return truthOf(json);
    case "java.lang.Character":
      if (typeof json === "string" && json.length === 1) return json;
      throw new InvalidValueError("a text of one character is expected");
    case "java.lang.Double":
    case "java.lang.Float":
      return floatOf(json);
    default:
      return integerOf(json, type);
  }
}

function truthOf(json: Json): boolean {
  if (json === true || json === "true") return true;
  if (json === false || json === "false") return false;
  throw new InvalidValueError("true or false is expected");
}

function floatOf(json: Json): number {
  if (typeof json === "number" || typeof json === "bigint") return Number(json);
  if (typeof json === "string" && (NUMBER.test(json) || NAMED.has(json))) return Number(json);
  throw new InvalidValueError("a number is expected", noNumber(json));
}

function integerOf(json: Json, type: keyof typeof BITS): number | bigint {
  const bits = BITS[type];
  const value = wholeOf(json);
  if (value === undefined || BigInt.asIntN(bits, value) !== value) {
    const limit = 2n ** BigInt(bits - 1);
    throw new InvalidValueError(`an integer from ${-limit} to ${limit - 1n} is expected`, noNumber(json));
  }
  return type === "java.lang.Long" ? value : Number(value);
}

function noNumber(json: Json): JavaRefusal | undefined {
  if (json === null || typeof json === "object") return undefined;
  const text = typeof json === "string" ? json : jsonText(json);
  return {
    className: "java.lang.NumberFormatException",
    message: `For input string: ${JSON.stringify(text)}`,
  };
}

function wholeOf(json: Json): bigint | undefined {
  if (typeof json === "bigint") return json;
  if (typeof json === "number") return Number.isInteger(json) ? BigInt(json) : undefined;
  return typeof json === "string" && /^-?\d{1,40}$/.test(json) ? BigInt(json) : undefined;
}
