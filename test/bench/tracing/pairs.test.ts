import { expect, test } from "vitest";
import { randomOf } from "../../support/random.ts";
import { medianInterval } from "../statistics.ts";
import { allowedCpus, anywhere, apart } from "./cpu-places.ts";
import { NDJSON, SAME_WORDS, SAME_WORDS_KEPT } from "./modes.ts";
import { pairsTable, ratioOf, shuffled, verdictOf } from "./pairs.ts";

/** Rounds of a machine that is up to ten times as slow in one as in another. */
function roundsOf(ratio: number, count = 40): Map<string, number>[] {
  const random = randomOf(3);
  return Array.from({ length: count }, () => {
    const theirs = 100 + random.int(900);
    const noise = 0.98 + random.int(5) / 100;
    return new Map([
      [SAME_WORDS_KEPT, theirs],
      [SAME_WORDS, theirs],
      [NDJSON, theirs * ratio * noise],
    ]);
  });
}

test("an interval holds the median of what the values were drawn from, and is narrower with more of them", () => {
  const random = randomOf(11);
  const draw = (count: number) =>
    medianInterval(
      Array.from({ length: count }, () => random.int(1_001)),
      random.int,
    );
  const few = Array.from({ length: 60 }, () => draw(15));
  const holding = few.filter(({ low, high }) => low <= 500 && high >= 500);
  expect(holding.length).toBeGreaterThanOrEqual(50);
  const [many, some] = [draw(400), draw(15)];
  expect(many.high - many.low).toBeLessThan((some.high - some.low) / 2);
  expect(medianInterval([7, 7, 7], random.int)).toEqual({ median: 7, low: 7, high: 7 });
});

test.each([
  [0.99, "met"],
  [0.9, "missed"],
  [0.95, "open"],
])("a ratio of %f is told from the noise of the machine: the goal is %s", (ratio, verdict) => {
  const interval = ratioOf(roundsOf(ratio), NDJSON, SAME_WORDS);
  expect(interval.median).toBeCloseTo(ratio, 1);
  expect(verdictOf(interval)).toBe(verdict);
});

test("of a machine that was too busy nothing is told, however good its figures look", () => {
  expect(verdictOf({ median: 3.1, low: 0.98, high: 5.2 })).toBe("open");
  expect(verdictOf({ median: 0.5, low: 0.2, high: 0.9 })).toBe("open");
});

test("the table has a line for each place, mode and reference, but for what would be compared with itself", () => {
  const table = pairsTable([{ where: "anywhere", rounds: roundsOf(0.9) }], [SAME_WORDS_KEPT, NDJSON]);
  const rows = table.split("\n").slice(2);
  expect(rows).toHaveLength(3);
  expect(rows[0]).toMatch(/\| +1\.000 \| +1\.000–1\.000 \| +met \| +40 \|$/);
  expect(rows.slice(1).every((row) => row.includes("missed"))).toBe(true);
});

test("an order by chance has all of them, and is not always the same", () => {
  const random = randomOf(5);
  const orders = Array.from({ length: 20 }, () => shuffled(["a", "b", "c"], random.int));
  expect(orders.every((order) => order.toSorted().join("") === "abc")).toBe(true);
  expect(new Set(orders.map((order) => order.join(""))).size).toBeGreaterThan(3);
});

test("app and sidecar are kept apart where there are two CPUs, and the load from both where there are three", () => {
  expect(apart([3])).toBeUndefined();
  expect(apart([0, 1])).toEqual({ core: "0", load: "1", reader: "1" });
  expect(apart([2, 4, 6, 7])).toEqual({ core: "2", load: "4", reader: "6" });
  expect(anywhere([0, 2])).toEqual({ core: "0,2", load: "0,2", reader: "0,2" });
  expect(allowedCpus().length).toBeGreaterThan(0);
});
