import { beforeEach, describe, expect, test } from "vitest";
import { IdleMemory } from "../../../src/forward/core/idle-memory.ts";

let memory: IdleMemory;
beforeEach(() => {
  memory = new IdleMemory();
});

/** Connections were idle and left alone for so long, all together. */
const calm = (forMs: number) => {
  for (let leftMs = forMs; leftMs > 0; leftMs -= 100) memory.keptFor(Math.min(leftMs, 100));
};

test("a core is not trusted before it has left idle connections alone for a second, all together", () => {
  expect(memory.isSafe(0)).toBe(false);
  calm(999);
  expect(memory.isSafe(0)).toBe(false);
  calm(1);
  expect(memory.isSafe(0)).toBe(true);
});

test("no core is trusted with a connection that has been idle for a second", () => {
  calm(10_000);
  expect(memory.isSafe(999)).toBe(true);
  expect(memory.isSafe(1_000)).toBe(false);
});

test("one long idle connection is not taken for many short ones", () => {
  memory.keptFor(60_000);
  memory.closedAfter(1);
  memory.keptFor(60_000);
  expect(memory.isSafe(0)).toBe(true);
  memory.closedAfter(1);
  memory.keptFor(60_000);
  expect(memory.isSafe(0)).toBe(false);
});

describe("a core that closes an idle connection", () => {
  test("early is not trusted for a moment: it may only have been restarted", () => {
    calm(5_000);
    for (let connection = 0; connection < 50; connection += 1) memory.closedAfter(10);
    expect(memory.isSafe(0)).toBe(false);
    calm(2_000);
    expect(memory.isSafe(0)).toBe(true);
  });

  test("early again and again is trusted ever less", () => {
    for (const neededMs of [1_000, 2_000, 4_000, 8_000, 16_000]) {
      calm(neededMs - 1);
      expect(memory.isSafe(0), `${neededMs} ms`).toBe(false);
      calm(1);
      expect(memory.isSafe(0), `${neededMs} ms`).toBe(true);
      memory.closedAfter(10);
    }
  });

  test("early after it was trusted for long is trusted again as at first", () => {
    calm(1_000);
    memory.closedAfter(10);
    calm(250_000);
    memory.closedAfter(10);
    calm(1_000);
    expect(memory.isSafe(0)).toBe(true);
  });

  test("late does what all do", () => {
    calm(1_000);
    memory.closedAfter(2_000);
    expect(memory.isSafe(0)).toBe(true);
  });
});
