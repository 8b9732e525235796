import { expect, test } from "vitest";
import { nowMs, wallMs } from "../../src/base/clock.ts";

test("the time of day that is told for a time just past is never ahead, and hardly behind", () => {
  const untilMs = performance.now() + 1_500;
  let asked = 0;
  while (performance.now() < untilMs) {
    const before = Date.now();
    const told = wallMs(nowMs());
    expect(told).toBeGreaterThanOrEqual(before - 2);
    // Ahead only where the clock is being slowed down.
    expect(told).toBeLessThanOrEqual(Date.now() + 1);
    expect(Number.isInteger(told)).toBe(true);
    asked += 1;
  }
  expect(asked).toBeGreaterThan(1_000);
});
