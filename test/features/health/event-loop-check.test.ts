import { expect, test } from "vitest";
import type { CheckResult } from "../../../src/features/feature.ts";
import { eventLoopCheck } from "../../../src/features/health/event-loop-check.ts";
import { poll } from "../../support/poll.ts";

const never = new AbortController().signal;
const p99Of = (result: CheckResult) => result.figures?.["p99Ms"];

function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test("it claims nothing before it has measured", async () => {
  using check = eventLoopCheck(1);

  expect(await check.run(never)).toMatchObject({ status: "pass", figures: { p99Ms: null, maxMs: null } });
});

test("it warns of an event loop that was blocked, and forgets it with the next run", async () => {
  using check = eventLoopCheck(100);
  await check.run(never);
  // The first tick after a reset only begins the measuring.
  await poll("it measures", async () => typeof p99Of(await check.run(never)) === "number");
  const blocked = await poll("a block is seen", async () => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    block(300);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const result = await check.run(never);
    return result.status === "warn" && result;
  });

  expect(Number(p99Of(blocked))).toBeGreaterThan(200);
  expect(Number(p99Of(blocked))).toBeLessThan(100_000);
  expect(blocked.remedy).toContain("SIDECAR_HEALTH_EVENT_LOOP_DELAY_MS");
  await poll("the next runs are well again", async () => {
    const result = await check.run(never);
    return p99Of(result) !== null && result.status === "pass";
  });
});
