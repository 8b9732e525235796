import { expect, test } from "vitest";
import { addEvents } from "../../../../src/features/strace/traces/event-routes.ts";
import { takeSnapshot } from "../../../../src/features/strace/traces/trace-snapshot.ts";
import { keptSummary } from "../../../../src/features/strace/traces/trace-state.ts";
import { featureOf } from "../../../support/feature-of.ts";
import { poll } from "../../../support/poll.ts";
import { serveFeatures } from "../../../support/serve-features.ts";
import { beginScripted } from "./scripted-trace.ts";

const perSecond = (count: number, durationMs: number) => (count * 1_000) / durationMs;

test("what a recorder keeps of longer than its window is told as of that long", async () => {
  await using trace = beginScripted({ windowSeconds: 0.05 });
  const { kept } = trace;
  await trace.tell(200);
  await poll("the window has long passed", () => kept.durationMs > 500);
  const beforeMs = kept.durationMs;
  const { callCount, callsPerSecond, calls } = await kept.summary();
  expect(callCount).toBe(200);
  expect(callsPerSecond).toBeLessThan(perSecond(200, beforeMs) + 1);
  expect(callsPerSecond).toBeGreaterThan(perSecond(200, kept.durationMs + 100));
  expect(calls[0]?.perSecond).toBe(callsPerSecond);
});

test("what a recorder has dropped does not count for how long it lasted, nor for a snapshot of it", async () => {
  await using trace = beginScripted({ windowSeconds: 1 });
  const { kept } = trace;
  const now = Date.now() / 1_000;
  await trace.tell(2_000, now - 60);
  await poll("some time passes", () => kept.durationMs > 500);
  const droppedAtMs = kept.durationMs;
  await trace.tell(4_000, now - 30);
  await trace.tell(6_000, now);
  const count = kept.events.count - kept.events.firstIndex;
  expect(kept.events.firstIndex).toBeGreaterThanOrEqual(2_000);
  const snapshot = takeSnapshot(kept);
  expect(snapshot.durationMs).toBeLessThanOrEqual(kept.durationMs - droppedAtMs);
  expect(snapshot.durationMs).toBeGreaterThan(0);
  expect(await snapshot.summary()).toMatchObject({
    callCount: count,
    callsPerSecond: expect.closeTo(perSecond(count, snapshot.durationMs), 0),
  });
  await using served = await serveFeatures([
    featureOf((table) =>
      addEvents(
        table,
        () => kept,
        async () => undefined,
      ),
    ),
  ]);
  const told = keptSummary.parse(await (await served.get("/traces/recorder/summary")).json());
  expect(told.durationMs).toBeLessThanOrEqual(kept.durationMs - droppedAtMs);
  // It runs on: a millisecond may pass between the two.
  expect(Math.abs((told.callCount * 1_000) / told.callsPerSecond - told.durationMs)).toBeLessThan(5);
});

test("a call that began long before is no reason to tell the others as of that long", async () => {
  await using trace = beginScripted({ windowSeconds: 1 });
  await trace.tell(1, Date.now() / 1_000 - 900);
  await trace.tell(100);
  expect(takeSnapshot(trace.kept).durationMs).toBeLessThan(60_000);
});

test("of a trace that keeps all, a snapshot lasts since its beginning", async () => {
  await using trace = beginScripted();
  await poll("some time passes", () => trace.kept.durationMs > 200);
  await trace.tell(10);
  const snapshot = takeSnapshot(trace.kept);
  expect(snapshot.durationMs).toBeGreaterThan(200);
  expect((await snapshot.summary()).callsPerSecond).toBeCloseTo(perSecond(10, snapshot.durationMs), 0);
});
