import type { Json } from "../jmx/json.ts";
import { illegalArgument } from "./jolokia-error.ts";

/** How an answer is to be made. */
export interface JolokiaOptions {
  /** How many levels of an answer are shown; undefined for all. */
  readonly maxDepth: number | undefined;
  /** How many values of an answer are shown; undefined for all. */
  readonly maxObjects: number | undefined;
  /** How many elements of an array, a collection or a map, or names that are found; undefined for all. */
  readonly maxCollectionSize: number | undefined;
  /** In seconds since 1970: of what has not changed since then the answer only says so. */
  readonly ifModifiedSince: number | undefined;
  /** Whether what fails is there as text, where several attributes are read. */
  readonly ignoreErrors: boolean;
  /** Whether names have their properties in the order of the keys. */
  readonly canonicalNaming: boolean;
  /** Whether the answer repeats the request. */
  readonly includeRequest: boolean;
  /** Whether each `long` is text: JavaScript's numbers can't hold all. */
  readonly longsAsText: boolean;
  /** Which failures have Java's stack trace; `runtime`: those of Java's `RuntimeException`. */
  readonly stackTrace: "never" | "runtime" | "always";
  /** Whether a failure has the exception as a value, too. */
  readonly serializeException: boolean;
  /** Whether the descriptions in a list have the properties of the MBean's name one by one. */
  readonly listKeys: boolean;
  /** Whether what several MBeans have the same is there only once in a list. */
  readonly listCache: boolean;
}

/**
 * Reads the options of a request: parameters of the URL, or `config`.
 * @throws {JolokiaError}
 */
export function optionsOf(given: Readonly<Record<string, Json>>): JolokiaOptions {
  return {
    maxDepth: countOf(given, "maxDepth"),
    maxObjects: countOf(given, "maxObjects"),
    maxCollectionSize: countOf(given, "maxCollectionSize"),
    ifModifiedSince: countOf(given, "ifModifiedSince"),
    ignoreErrors: isTrue(given["ignoreErrors"]),
    canonicalNaming: !("canonicalNaming" in given) || isTrue(given["canonicalNaming"]),
    includeRequest: !("includeRequest" in given) || isTrue(given["includeRequest"]),
    longsAsText: given["serializeLong"] === "string",
    stackTrace: stackTraceOf(given["includeStackTrace"]),
    serializeException: isTrue(given["serializeException"]),
    listKeys: isTrue(given["listKeys"]),
    listCache: isTrue(given["listCache"]),
  };
}

function stackTraceOf(value: Json | undefined): JolokiaOptions["stackTrace"] {
  if (value === "runtime") return "runtime";
  return isTrue(value) ? "always" : "never";
}

function isTrue(value: Json | undefined): boolean {
  return value === true || value === "true";
}

/** 0 is no limit. */
function countOf(given: Readonly<Record<string, Json>>, name: string): number | undefined {
  const value = given[name];
  if (value === undefined) return undefined;
  const count = Number(value);
  if (!Number.isSafeInteger(count) || count < 0) throw illegalArgument(`${name} is no number`);
  return count === 0 ? undefined : count;
}
