import { expect, test } from "vitest";
import { createSampleRing } from "../../src/base/sample-ring.ts";
import { createTieredSamples } from "../../src/base/tiered-samples.ts";

const column = (rows: readonly Float64Array[], index = 0) => rows.map((row) => row[index]);

test("a ring keeps the newest rows, and tells which slot the first of them is of", () => {
  const ring = createSampleRing(3, 2);
  expect(ring.read(0).rows).toEqual([]);
  for (const slot of [10, 11, 12, 13]) ring.put(slot, [slot, -slot]);
  const { firstSlot, rows } = ring.read(0);
  expect(firstSlot).toBe(11);
  expect(rows.map((row) => [...row])).toEqual([
    [11, -11],
    [12, -12],
    [13, -13],
  ]);
  expect(ring.read(13)).toMatchObject({ firstSlot: 13 });
  expect(column(ring.read(13).rows)).toEqual([13]);
  expect(ring.read(14).rows).toEqual([]);
});

test("slots that were passed over are not known, however many", () => {
  const ring = createSampleRing(4, 1);
  ring.put(1, [1]);
  ring.put(4, [4]);
  expect(column(ring.read(0).rows)).toEqual([1, Number.NaN, Number.NaN, 4]);
  ring.put(1_000_000_000, [9]);
  expect(ring.read(0).firstSlot).toBe(999_999_997);
  expect(column(ring.read(0).rows)).toEqual([Number.NaN, Number.NaN, Number.NaN, 9]);
});

test("where the clock was set back the rows before stay, in their order", () => {
  const ring = createSampleRing(4, 1);
  ring.put(100, [1]);
  ring.put(101, [2]);
  ring.put(50, [3]);
  ring.put(51, [4]);
  expect(ring.read(0)).toMatchObject({ firstSlot: 48 });
  expect(column(ring.read(0).rows)).toEqual([1, 2, 3, 4]);
});

test("a longer interval is the mean or the highest of what is known of its seconds", () => {
  const samples = createTieredSamples(
    ["mean", "max"],
    [
      { stepSeconds: 1, capacity: 100 },
      { stepSeconds: 10, capacity: 10 },
    ],
  );
  for (let second = 20; second < 50; second++) {
    const isKnown = second !== 25 && second < 40;
    const value = isKnown ? second : Number.NaN;
    samples.add(second, [value, -value]);
  }
  expect(samples.read(0, 0).rows).toHaveLength(30);
  const { firstSecond, rows } = samples.read(1, 0);
  // The interval from 40 is under way.
  expect(firstSecond).toBe(20);
  expect(column(rows)).toEqual([(20 + 21 + 22 + 23 + 24 + 26 + 27 + 28 + 29) / 9, 34.5]);
  expect(column(rows, 1)).toEqual([-20, -30]);
  samples.add(50, [1, 1]);
  expect(column(samples.read(1, 40).rows)).toEqual([Number.NaN]);
});
