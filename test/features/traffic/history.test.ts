import { expect, test } from "vitest";
import { trafficHistoryOf } from "../../../src/features/traffic/history.ts";
import type { TrafficSample } from "../../../src/features/traffic/history-columns.ts";
import { createHistoryRecorder } from "../../../src/features/traffic/recorder.ts";
import { countsOf } from "../../../src/features/traffic/traffic-counts.ts";
import {
  COUNTER_CELLS,
  failureCell,
  failureIndex,
  methodIndex,
  requestCell,
  statusClassIndex,
} from "../../../src/web/traffic/counters.ts";

const NOON = Date.UTC(2026, 0, 1, 12) / 1_000;
const NO_ANSWERS = { count: 0, meanMs: null, p50Ms: null, p95Ms: null, p99Ms: null, waiting: 0 };

/** After so many seconds with ten requests in each, of which one was answered with 404 and two with 502. */
const sampleAt = (second: number, latency: Partial<TrafficSample["latency"]> = {}): TrafficSample => ({
  counts: {
    ...{ requests: second * 10, clientErrors: second, serverErrors: second * 2 },
    ...{ failures: second * 2, coreFailures: second * 2, sidecarFailures: 0 },
  },
  inFlight: second % 4,
  latency: { ...NO_ANSWERS, ...latency },
});

test("rates are of the time between two samples, and without answers no time is claimed", () => {
  const recorder = createHistoryRecorder();
  recorder.record(NOON, 0, sampleAt(0));
  recorder.record(NOON + 1, 1_000, sampleAt(1, { count: 9, meanMs: 4, p50Ms: 3, p95Ms: 8, p99Ms: 9 }));
  // Three seconds passed by the clock that only goes forward.
  recorder.record(NOON + 2, 4_000, sampleAt(4));
  const { points, stepSeconds } = trafficHistoryOf(recorder, 60, NOON + 2);
  expect(stepSeconds).toBe(1);
  expect(points.map(({ time }) => time.slice(11, 19))).toEqual(["12:00:00", "12:00:01", "12:00:02"]);
  expect(points.map(({ requestsPerSecond }) => requestsPerSecond)).toEqual([null, 10, 10]);
  expect(points[1]).toMatchObject({
    ...{ clientErrorsPerSecond: 1, serverErrorsPerSecond: 2, failuresPerSecond: 2 },
    ...{ coreFailuresPerSecond: 2, sidecarFailuresPerSecond: 0, inFlight: 1 },
    ...{ meanMs: 4, p50Ms: 3, p95Ms: 8, p99Ms: 9 },
  });
  expect(points[2]).toMatchObject({ meanMs: null, p50Ms: null, p95Ms: null, p99Ms: null });
});

test("seconds that were passed over have the rates of their time, and nothing else; after a minute of silence not even that", () => {
  const recorder = createHistoryRecorder();
  recorder.record(NOON, 0, sampleAt(0));
  recorder.record(NOON + 3, 3_000, sampleAt(3, { count: 1, p99Ms: 9 }));
  recorder.record(NOON + 103, 103_000, sampleAt(103));
  const { points } = trafficHistoryOf(recorder, 104, NOON + 103);
  expect(
    points.slice(0, 5).map(({ requestsPerSecond: rate, inFlight, p99Ms }) => [rate, inFlight, p99Ms]),
  ).toEqual([
    [null, 0, null],
    [10, null, null],
    [10, null, null],
    [10, 3, 9],
    [null, null, null],
  ]);
  expect(points.at(-1)?.requestsPerSecond).toBe(10);
});

test("rates of a minute come to what was counted in it, however early or late the samples are", () => {
  const recorder = createHistoryRecorder();
  recorder.record(NOON, 0, sampleAt(0));
  recorder.record(NOON + 1, 850, sampleAt(1));
  recorder.record(NOON + 2, 2_300, sampleAt(2));
  recorder.record(NOON + 3, 2_900, sampleAt(3));
  // So late that it is nearly two seconds, and again in a second of which the first has passed already.
  recorder.record(NOON + 4, 4_700, sampleAt(4));
  recorder.record(NOON + 6, 6_050, sampleAt(6));
  const { points } = trafficHistoryOf(recorder, 60, NOON + 6);
  expect(points.slice(1).map(({ requestsPerSecond }) => requestsPerSecond)).toEqual([10, 10, 10, 10, 10, 10]);
});

test("counters that went back and seconds in which nothing was found leave gaps", () => {
  const recorder = createHistoryRecorder();
  const samples = [sampleAt(5), sampleAt(6), sampleAt(2), sampleAt(3), undefined, sampleAt(5), sampleAt(6)];
  for (const [index, sample] of samples.entries()) recorder.record(NOON + index, index * 1_000, sample);
  const { points } = trafficHistoryOf(recorder, 60, NOON + 6);
  expect(points.map(({ requestsPerSecond }) => requestsPerSecond)).toEqual([
    ...[null, 10, null, 10, null, null, 10],
  ]);
});

test("an hour is told in steps of 10 seconds, with the worst second of each", () => {
  const recorder = createHistoryRecorder();
  for (let second = 0; second <= 4_000; second += 1) {
    const p99Ms = second % 10 === 7 ? 900 : 100;
    recorder.record(NOON + second, second * 1_000, sampleAt(second, { count: 1, p99Ms }));
  }
  const { points, stepSeconds } = trafficHistoryOf(recorder, 3_600, NOON + 4_000);
  expect({ stepSeconds, length: points.length }).toEqual({ stepSeconds: 10, length: 360 });
  expect(points.at(-1)).toMatchObject({ p99Ms: 180, p99MsMax: 900, requestsPerSecond: 10, inFlightMax: 3 });
});

test("the counters are summed by what became of the requests, and by whose fault it was", () => {
  const counters = new Float64Array(COUNTER_CELLS);
  const add = (method: string, status: number, count: number) => {
    counters[requestCell(methodIndex(method), statusClassIndex(status), 1)] = count;
  };
  add("GET", 200, 5);
  add("GET", 404, 3);
  add("POST", 502, 2);
  add("BREW", 0, 1);
  const reasons = { "core-reset": 2, "client-gone": 1, "core-busy": 4 };
  for (const [reason, count] of Object.entries(reasons)) counters[failureCell(failureIndex(reason))] = count;
  const counts = countsOf(counters);
  counters.fill(0);
  expect(counts).toEqual({
    ...{ requests: 11, clientErrors: 3, serverErrors: 2 },
    ...{ failures: 7, coreFailures: 2, sidecarFailures: 4 },
  });
});
