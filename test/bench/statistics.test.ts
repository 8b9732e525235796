import { expect, test } from "vitest";
import { median, quantile, summarise } from "./statistics.ts";

test("a quantile is the value that this share of the values does not exceed", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(quantile(hundred, 0.99)).toBe(99);
  expect(quantile(hundred, 1)).toBe(100);
  expect(quantile([7], 0.5)).toBe(7);
  expect(() => quantile([], 0.5)).toThrow("nothing");
});

test("the median of an even number of values lies between the two in the middle", () => {
  expect(median([9, 1, 2])).toBe(2);
  expect(median([10, 1, 2, 4])).toBe(3);
  expect(() => median([])).toThrow("nothing");
});

test("a summary does not depend on the order of the rounds", () => {
  expect(summarise([3, 1, 2])).toEqual({ median: 2, least: 1, greatest: 3 });
});
