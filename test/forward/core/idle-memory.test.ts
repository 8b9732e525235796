import { beforeEach, describe, expect, test } from "vitest";
import { IdleMemory } from "../../../src/forward/core/idle-memory.ts";

let memory: IdleMemory;
let nowMs: number;
beforeEach(() => {
  memory = new IdleMemory();
  nowMs = 0;
});

/** Connections were idle and left alone for so long, all together: one at a time, or several at once. */
const calm = (forMs: number, atOnce = 1) => {
  for (let leftMs = forMs; leftMs > 0; leftMs -= 100) memory.keptFor(Math.min(leftMs, 100));
  nowMs += forMs / atOnce;
};
const closedAfter = (idleMs: number) => memory.closedAfter(idleMs, nowMs);
const isSafe = (idleMs: number) => memory.isSafe(idleMs, nowMs);

test("a core is not trusted before it has left idle connections alone for a second, all together", () => {
  expect(isSafe(0)).toBe(false);
  calm(999);
  expect(isSafe(0)).toBe(false);
  calm(1);
  expect(isSafe(0)).toBe(true);
});

test("no core is trusted with a connection that has been idle for a second", () => {
  calm(10_000);
  expect(isSafe(999)).toBe(true);
  expect(isSafe(1_000)).toBe(false);
});

test("one long idle connection is not taken for many short ones", () => {
  memory.keptFor(60_000);
  closedAfter(1);
  memory.keptFor(60_000);
  nowMs += 60_000;
  expect(isSafe(0)).toBe(true);
  closedAfter(1);
  memory.keptFor(60_000);
  nowMs += 60_000;
  expect(isSafe(0)).toBe(false);
});

describe("a core that closes an idle connection", () => {
  test("early is not trusted for a moment: it may only have been restarted", () => {
    calm(5_000);
    for (let connection = 0; connection < 50; connection += 1) closedAfter(10);
    expect(isSafe(0)).toBe(false);
    calm(2_000);
    expect(isSafe(0)).toBe(true);
  });

  test("early again and again is trusted ever less", () => {
    for (const neededMs of [1_000, 2_000, 4_000, 8_000, 16_000]) {
      calm(neededMs - 1);
      expect(isSafe(0), `${neededMs} ms`).toBe(false);
      calm(1);
      expect(isSafe(0), `${neededMs} ms`).toBe(true);
      closedAfter(10);
    }
  });

  test("early after it was trusted for long is trusted again as at first", () => {
    calm(1_000);
    closedAfter(10);
    calm(250_000);
    closedAfter(10);
    calm(1_000);
    expect(isSafe(0)).toBe(true);
  });

  test("early is not trusted because it stands still for a moment, with many connections idle in it", () => {
    closedAfter(10);
    calm(5_000, 50);
    expect(isSafe(0)).toBe(false);
    nowMs += 899;
    expect(isSafe(0)).toBe(false);
    nowMs += 1;
    expect(isSafe(0)).toBe(true);
  });

  test("early is trusted after ten seconds by the clock at most, however often it has deceived", () => {
    for (const neededMs of [1_000, 2_000, 4_000, 8_000, 16_000]) {
      calm(neededMs);
      closedAfter(10);
    }
    calm(32_000, 4);
    nowMs += 1_999;
    expect(isSafe(0)).toBe(false);
    nowMs += 1;
    expect(isSafe(0)).toBe(true);
  });

  test("late does what all do", () => {
    calm(1_000);
    closedAfter(2_000);
    expect(isSafe(0)).toBe(true);
  });
});
