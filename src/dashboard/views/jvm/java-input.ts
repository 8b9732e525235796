import { MASK } from "../../api/mask.ts";
import { exactText, parseExact } from "./exact-json.ts";

/** What one types for a value of Java. */

const TEXTS = new Set([
  "java.lang.String",
  "java.lang.Object",
  "char",
  "java.lang.Character",
  "javax.management.ObjectName",
]);
const TRUTHS = new Set(["boolean", "java.lang.Boolean"]);

/** Whether a value is typed as it is; others are typed as JSON. */
export function isTypedAsText(type: string): boolean {
  return TEXTS.has(type) || !/^(?:\[|java\.util\.(?!Date)|javax\.management\.openmbean)/.test(type);
}

/** Whether it is true or false. */
export function isTruth(type: string): boolean {
  return TRUTHS.has(type);
}

/** The value for the API, which says itself what it does not take: a number may come as text. @throws for what is no JSON. */
export function typedValue(text: string, type: string): unknown {
  if (isTruth(type)) return text === "true";
  return isTypedAsText(type) ? text : parseExact(text === "" ? "null" : text);
}

/** What a field begins with where a value is to be changed: nothing where a mask is in it, which would be written back. */
export function startOfValue(value: unknown): string {
  const text = typeof value === "string" ? value : exactText(value);
  return text.includes(MASK) ? "" : text;
}
