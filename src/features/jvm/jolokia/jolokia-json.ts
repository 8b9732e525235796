import type { JmxClient } from "../jmx/jmx-client.ts";
import { isJsonArray, isJsonObject, type Json } from "../jmx/json.ts";
import type { JsonBudget } from "../jmx/json-budget.ts";
import { type JsonForm, toJson } from "../jmx/to-json.ts";
import { throwablesOf } from "../rmi/rmi-error.ts";
import { isInstance, type JavaValue } from "../serialization/java-values.ts";
import { exceptionValue } from "./exception-details.ts";
import type { JolokiaOptions } from "./request-options.ts";

/** Where values come from, and what of them may be shown: a mask gets the name that a value goes by. */
export interface JolokiaSource {
  readonly client: JmxClient;
  mask(name: string, value: Json): Json;
}

/** What clients of Jolokia are used to. */
const FORM: JsonForm = {
  // Without fractions of a second.
  date: (timeMs) => {
    const date = new Date(timeMs);
    return Number.isNaN(date.getTime()) ? timeMs : date.toISOString().replace(/\.\d+Z$/, "Z");
  },
  notFinite: () => null,
  bigInteger: (value) => ({ bigint: value.toString() }),
  // Its interfaces only the JVM knows.
  javaClass: (name) => ({ name }),
  object: (object, look) =>
    isInstance(object, "java.lang.Throwable")
      ? exceptionValue(throwablesOf(object, { maxFrames: 0, look }))
      : undefined,
};

/**
 * Converts a value.
 * @param how.hasDatesInParts whether a date is an object with its `time` in milliseconds: a path may lead to that.
 * @param how.budget what several values share that are one answer.
 * @throws {JsonLimitError}
 */
export function jolokiaJson(
  value: JavaValue,
  { longsAsText, maxCollectionSize: maxElements }: JolokiaOptions,
  { hasDatesInParts = false, budget }: { hasDatesInParts?: boolean; budget?: JsonBudget } = {},
): Json {
  const date = hasDatesInParts ? (timeMs: number): Json => ({ time: timeMs }) : FORM.date;
  const json = toJson(value, { form: { ...FORM, date, maxElements }, budget });
  return longsAsText ? withLongsAsText(json) : json;
}

function withLongsAsText(json: Json): Json {
  if (typeof json === "bigint") return json.toString();
  if (isJsonArray(json)) return json.map(withLongsAsText);
  if (!isJsonObject(json)) return json;
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, withLongsAsText(value)]));
}
