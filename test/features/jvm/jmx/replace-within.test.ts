import { describe, expect, test } from "vitest";
import { fromJson } from "../../../../src/features/jvm/jmx/from-json.ts";
import type { Json } from "../../../../src/features/jvm/jmx/json.ts";
import { InvalidValueError } from "../../../../src/features/jvm/jmx/json-scalars.ts";
import { replaceWithin } from "../../../../src/features/jvm/jmx/replace-within.ts";
import { toJson } from "../../../../src/features/jvm/jmx/to-json.ts";
import {
  box,
  hashMap,
  javaArray,
  javaDate,
} from "../../../../src/features/jvm/serialization/build-values.ts";
import type { JavaValue } from "../../../../src/features/jvm/serialization/java-values.ts";

const of = (json: Json): JavaValue => fromJson(json, "java.lang.Object", null);
const numbered = hashMap([
  [box("java.lang.Integer", 1), "one"],
  [box("java.lang.Integer", 2), javaDate(0)],
]);

describe("A part of a value", () => {
  test.each<[string, JavaValue, readonly [string, ...string[]], Json, Json]>([
    ["an int of an array", javaArray("[I", new Int32Array([1, 2])), ["1"], "7", [1, 7]],
    ["a truth of an array", javaArray("[Z", new Uint8Array([0, 0])), ["0"], true, [true, false]],
    ["a long of an array", javaArray("[J", new BigInt64Array([1n])), ["0"], 9n, [9n]],
    ["a text of an array where there is null", javaArray("[Ljava.lang.String;", [null]), ["0"], "a", ["a"]],
    [
      "a number deep within lists and maps",
      of({ a: [1, { b: 2 }] }),
      ["a", "1", "b"],
      "3",
      { a: [1, { b: 3 }] },
    ],
    ["a list by another", of({ a: [1] }), ["a"], ["x"], { a: ["x"] }],
    ["an entry that was not there", of({ a: 1 }), ["b"], 2, { a: 1, b: 2 }],
    ["the entry of a number", numbered, ["1"], "uno", { 1: "uno", 2: "1970-01-01T00:00:00.000Z" }],
    ["a date", numbered, ["2"], 1_000, { 1: "one", 2: "1970-01-01T00:00:01.000Z" }],
  ])("is set: %s", (_what, value, path, json, expected) => {
    expect(toJson(replaceWithin(value, path, json))).toEqual(expected);
  });

  test.each<[string, JavaValue, readonly [string, ...string[]], Json]>([
    ["an index that is too large", of([1]), ["1"], 2],
    ["an index that is none", of([1]), ["x"], 2],
    ["a part of a text", "text", ["0"], "x"],
    ["a part of what is not there", of({}), ["a", "b"], 1],
    ["a key that is no text", numbered, ["3"], "x"],
    ["a value of another type", javaArray("[I", new Int32Array([1])), ["0"], "x"],
    ["a value that does not become a date", numbered, ["2"], "soon"],
    ["a part of an object of which nothing is known", javaDate(0), ["time"], 1],
  ])("is not set, which is said: %s", (_what, value, path, json) => {
    expect(() => replaceWithin(value, path, json)).toThrow(InvalidValueError);
  });
});
