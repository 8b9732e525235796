import { expect, test } from "vitest";
import { createListMemory } from "../../../../src/features/jvm/jolokia/list-memory.ts";

test("A list is as it was since a time only if it has been seen, and seen the same, before that second", () => {
  let now = 10_500;
  const memory = createListMemory(() => now);
  expect(memory.isUnchangedSince(["a", "b"], 99)).toBe(true);
  expect(memory.isUnchangedSince(["b", "a"], 10)).toBe(false);
  now = 20_000;
  expect(memory.isUnchangedSince(["b", "a"], 11)).toBe(true);
  expect(memory.isUnchangedSince(["b", "a"], undefined)).toBe(false);
  expect(memory.isUnchangedSince(["a"], 15)).toBe(false);
  expect(memory.isUnchangedSince(["a"], 21)).toBe(true);
});
