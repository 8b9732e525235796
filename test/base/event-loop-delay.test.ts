import { expect, test } from "vitest";
import { worstDelay } from "../../src/base/event-loop-delay.ts";

test("of several delays the worst counts, and what is not known hides none", () => {
  expect(worstDelay([])).toEqual({ p99Ms: null, maxMs: null });
  const unknown = { p99Ms: null, maxMs: null };
  expect(worstDelay([unknown, { p99Ms: 3, maxMs: 90 }, { p99Ms: 5, maxMs: 7 }])).toEqual({
    p99Ms: 5,
    maxMs: 90,
  });
});
