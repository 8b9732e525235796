import { expect, test } from "vitest";
import type { Answers } from "../../src/dashboard/api/api-types.ts";
import { shiftOf, windowFor } from "../../src/dashboard/views/trace/latency.ts";

type Point = Answers["GET /traffic/history"]["points"][number];

const START = Date.parse("2026-03-01T10:00:00.500Z");
const startedAt = new Date(START).toISOString();

/** A second of the history, by its distance from the second in which the trace began. */
function second(offset: number, figures: Partial<Point> = {}): Point {
  return {
    ...{ requestsPerSecond: 1, requestsPerSecondMax: 1, clientErrorsPerSecond: 0, serverErrorsPerSecond: 0 },
    ...{ failuresPerSecond: 0, coreFailuresPerSecond: 0, sidecarFailuresPerSecond: 0, meanMs: 1 },
    ...{ p50Ms: 1, p95Ms: 2, p99Ms: 3, p99MsMax: 3, inFlight: 0, inFlightMax: 0, waiting: 0 },
    time: new Date(Math.floor(START / 1_000) * 1_000 + offset * 1_000).toISOString(),
    ...figures,
  };
}

test("the app before a trace and while it runs are told apart, by the requests of each second", () => {
  const points = [
    second(-80, { p50Ms: 500 }),
    second(-2, { requestsPerSecond: 3, p50Ms: 10, p95Ms: 20 }),
    second(-1, { p50Ms: 30, p95Ms: 60 }),
    // The trace began in its midst: it is of neither.
    second(0, { requestsPerSecond: 1_000, p50Ms: 9_000 }),
    second(1, { p50Ms: 40, p95Ms: 80 }),
    second(2, { requestsPerSecond: 0, p50Ms: null, p95Ms: null }),
  ];
  const trace = { startedAt, durationMs: 10_000, state: "running" as const };
  expect(shiftOf({ points, stepSeconds: 1 }, trace)).toEqual({
    secondsBefore: 60,
    before: { requests: 4, perSecond: 2, p50Ms: 15, p95Ms: 30 },
    during: { requests: 1, perSecond: 0.5, p50Ms: 40, p95Ms: 80 },
  });
});

test("what came after a trace is not held against it, and what nothing is known of is null", () => {
  const points = [second(1, { p50Ms: 7 }), second(2, { p50Ms: 9_000 })];
  const trace = { startedAt, durationMs: 2_000, state: "ended" as const };
  expect(shiftOf({ points, stepSeconds: 1 }, trace)).toMatchObject({
    before: { requests: null, p50Ms: null, p95Ms: null },
    during: { requests: 1, p50Ms: 7 },
  });
});

test("a time in which nothing was asked is told from one of which nothing is known", () => {
  const trace = { startedAt, durationMs: 10_000, state: "running" as const };
  const idle = [second(1, { requestsPerSecond: 0, p50Ms: null, p95Ms: null })];
  expect(shiftOf({ points: idle, stepSeconds: 1 }, trace).during).toMatchObject({ requests: 0, p50Ms: null });
  const unknown = [second(1, { requestsPerSecond: null, p50Ms: null, p95Ms: null })];
  expect(shiftOf({ points: unknown, stepSeconds: 1 }, trace).during.requests).toBeNull();
});

test("the finest history is asked for that reaches back to the minutes before a trace", () => {
  const after = (seconds: number) => windowFor(startedAt, START + seconds * 1_000);
  expect([0, 240, 241, 3_540, 3_541, 86_100, 86_101].map(after)).toEqual([
    ...["5m", "5m", "1h", "1h", "24h", "24h", undefined],
  ]);
});
