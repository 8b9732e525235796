import { describe, expect, test } from "vitest";
import { compositeData, tabularData } from "../../../../src/features/jvm/jmx/jmx-values.ts";
import { type Json, jsonText } from "../../../../src/features/jvm/jmx/json.ts";
import { createJsonBudget, JsonLimitError } from "../../../../src/features/jvm/jmx/json-budget.ts";
import { toJson } from "../../../../src/features/jvm/jmx/to-json.ts";
import { jolokiaJson } from "../../../../src/features/jvm/jolokia/jolokia-json.ts";
import { optionsOf } from "../../../../src/features/jvm/jolokia/request-options.ts";
import {
  arrayList,
  bigInteger,
  box,
  hashMap,
  javaArray,
  javaClass,
  javaObject,
  part,
  treeMap,
  vector,
  WRITES_ITSELF,
} from "../../../../src/features/jvm/serialization/build-values.ts";
import type { JavaObject, JavaValue } from "../../../../src/features/jvm/serialization/java-values.ts";

const MEBIBYTE = "x".repeat(1_048_576);
const LIMITS = { depth: 100, values: 100_000 };
/** Far above what one takes, for a machine that does other things too. */
const MAX_MS = 10_000;

/** The same value again and again, as references of a stream give it: five bytes each. */
const again = (value: JavaValue, count = 20_000): JavaValue =>
  javaArray("[Ljava.lang.Object;", Array<JavaValue>(count).fill(value));

const block = (bytes: number): JavaValue => ({ kind: "block", bytes: Buffer.alloc(bytes) });
const named = (name: string, fields: Readonly<Record<string, JavaValue>> = {}): JavaObject =>
  javaObject(javaClass(name, 0n), part(fields));
const withNothing = (name: string, blocks: number): JavaObject =>
  javaObject(javaClass(name, 0n, [], WRITES_ITSELF), part({}, Array(blocks).fill(block(0))));

/** A map whose key is a map, and so on: each level quotes the text of the one below once more. */
function keysWithinKeys(levels: number): JavaValue {
  let map: JavaValue = "a";
  for (let level = 0; level < levels; level += 1) map = hashMap([[map, null]]);
  return map;
}

const COMPOSITE_TYPE = named("javax.management.openmbean.CompositeType");
const ROW = compositeData(
  COMPOSITE_TYPE,
  Array.from({ length: 2_000 }, (_, at): [string, JavaValue] => [`item ${at}`, null]),
);
const tableOf = (indexNames: readonly string[], rows: number): JavaValue =>
  tabularData(
    named("javax.management.openmbean.TabularType", { indexNames: arrayList(indexNames) }),
    Array.from({ length: rows }, () => [[], ROW]),
  );
const throwable = (detailMessage: string, suppressed: JavaValue): JavaValue =>
  named("java.lang.Throwable", { detailMessage, suppressedExceptions: suppressed });

describe("A few bytes that refer to what is large, again and again, are refused:", () => {
  test.each<[string, JavaValue]>([
    ["a text", again(MEBIBYTE)],
    ["a text of which each character takes six", again("\0".repeat(200))],
    ["a text of an enum", again({ kind: "enum", type: javaClass("E", 0n), constant: MEBIBYTE })],
    ["a name of a class", again({ kind: "class", type: javaClass(MEBIBYTE, 0n) })],
    ["a name of an object's class", again(named(MEBIBYTE))],
    ["a name of a field", again(named("A", { [MEBIBYTE]: 1 }))],
    ["a text that an object stands for", again(named("java.io.File", { path: MEBIBYTE }))],
    ["a text in a box", again(named("java.lang.Integer", { value: MEBIBYTE }))],
    ["a key of a map", again(hashMap([[MEBIBYTE, 1]]))],
    ["a key of a map that is a map", keysWithinKeys(24)],
    ["an item of a composite", again(compositeData(COMPOSITE_TYPE, [[MEBIBYTE, 1]]))],
    ["bytes", again(block(100_000), 1_000)],
    ["digits", again(bigInteger(2n ** 30_000n), 2_000)],
    ["a list of nothing", again(withNothing("java.util.ArrayList", 2_000))],
    ["a map of nothing", again(withNothing("java.util.HashMap", 2_000))],
    ["a queue that a null ends", again(withNothing("java.util.concurrent.ConcurrentLinkedQueue", 2_000))],
    [
      "a set of a map",
      again(named("java.util.Collections$SetFromMap", { m: withNothing("java.util.TreeMap", 2_000) })),
    ],
    ["a row of a table", tableOf([], 2_000)],
  ])("%s", (_what, value) => {
    const startedMs = performance.now();
    expect(() => toJson(value, { limits: LIMITS })).toThrow(JsonLimitError);
    expect(performance.now() - startedMs).toBeLessThan(MAX_MS);
  });

  test.each<[string, JavaValue]>([
    ["a message of an exception", again(throwable(MEBIBYTE, null), 200)],
    [
      "what an exception has suppressed",
      again(throwable("a", withNothing("java.util.ArrayList", 200_000)), 200),
    ],
    ["a list of which one element is wanted", again(arrayList(Array(200_000).fill(1)), 200)],
    ["a vector of which one element is wanted", again(vector(Array(200_000).fill(1)), 200)],
  ])("%s, by clients of Jolokia too", (_what, value) => {
    const element: JavaValue = javaArray("[Ljava.lang.Object;", [value]);
    const options = { ...optionsOf({}), maxCollectionSize: 1_000 };
    expect(() => jolokiaJson(element, options)).toThrow(JsonLimitError);
  });

  test("a table of nothing with an index of thousands of names, which would be as deep", () => {
    const json = toJson(
      tableOf(
        Array.from({ length: 1_000 }, (_, at) => `item ${at}`),
        1,
      ),
    );
    expect(json).toMatchObject({ indexNames: expect.any(Array), values: [{ "item 0": null }] });
  });
});

test("What becomes of one reply is no more than some 64 MB of text, whatever is in it", () => {
  const texts = (text: string): Json => toJson(again(text, 60));
  expect(jsonText(texts(MEBIBYTE)).length).toBeLessThan(70_000_000);
  expect(() => texts("\n".repeat(1_048_576))).toThrow(JsonLimitError);
  expect(() => texts("é".repeat(1_048_576))).toThrow(JsonLimitError);
});

describe("As much as a large server says is converted:", () => {
  test.each<[string, JavaValue]>([
    ["a text", "x".repeat(16_000_000)],
    [
      "a list of numbers",
      arrayList(Array.from({ length: 400_000 }, (_, at) => box("java.lang.Integer", at))),
    ],
    ["numbers", javaArray("[J", new BigInt64Array(900_000))],
    ["a map of texts", treeMap(Array.from({ length: 200_000 }, (_, at) => [`key ${at}`, `value ${at}`]))],
  ])("%s", (_what, value) => {
    expect(() => toJson(value)).not.toThrow();
  });

  test("a number whose sign is none", () => {
    const fields = { signum: Number.NaN, magnitude: javaArray("[B", new Int8Array([1])) };
    expect(toJson(named("java.math.BigInteger", fields))).toBe("0");
  });
});

describe("Several values that are one answer", () => {
  test("have one budget", () => {
    const budget = createJsonBudget(LIMITS);
    const value = again(1, 60_000);
    expect(toJson(value, { budget })).toHaveLength(60_000);
    expect(() => toJson(value, { budget })).toThrow(JsonLimitError);
  });

  test("do not spoil each other where a few are too large, but many are not tried", () => {
    const budget = createJsonBudget(LIMITS);
    const attempt = (value: JavaValue) => budget.attempt(() => toJson(value, { budget }));
    const tooLarge = again("a".repeat(64), 60_000);
    for (let count = 0; count < 3; count += 1) {
      expect(() => attempt(tooLarge)).toThrow(JsonLimitError);
      expect(attempt(again(1, 10_000))).toHaveLength(10_000);
    }
    expect(() => attempt(tooLarge)).toThrow(JsonLimitError);
    expect(() => attempt(again(1, 10_000))).toThrow(JsonLimitError);
  });
});
