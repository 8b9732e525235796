import { describe, expect, test } from "vitest";
import type { Json } from "../../../../src/features/jvm/jmx/json.ts";
import { limitJson } from "../../../../src/features/jvm/jolokia/limit-json.ts";

const NONE = { maxDepth: undefined, maxObjects: undefined };

describe("An answer that is cut", () => {
  test.each<[number, Json, Json]>([
    [1, { a: { b: [1n] }, c: null, d: true, e: "t" }, { a: '{"b":[1]}', c: null, d: "true", e: "t" }],
    [2, { a: { b: [1n] }, c: [2] }, { a: { b: "[1]" }, c: ["2"] }],
    [4, { a: { b: [1n] } }, { a: { b: [1n] } }],
    [1, 5, 5],
    [1, ["x".repeat(300)], ["x".repeat(300)]],
    [1, [["x".repeat(300)]], [`["${"x".repeat(198)}…`]],
  ])("to %d levels has text in place of what lies deeper (%#)", (maxDepth, json, expected) => {
    expect(limitJson(json, { ...NONE, maxDepth })).toEqual(expected);
  });

  test.each<[number, Json, Json]>([
    [2, [1, 2, 3], [1, 2, "[Object limit exceeded]"]],
    [2, { a: [1, 2], b: 3 }, { a: [1, "[Object limit exceeded]"], b: "[Object limit exceeded]" }],
    [1, "text", "text"],
  ])("to %d values says where there were more (%#)", (maxObjects, json, expected) => {
    expect(limitJson(json, { ...NONE, maxObjects })).toEqual(expected);
  });

  test("is what it was where no limit is asked for", () => {
    const json = { a: [1] };
    expect(limitJson(json, NONE)).toBe(json);
  });
});
