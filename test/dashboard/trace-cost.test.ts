import { expect, test } from "vitest";
import type { Answers } from "../../src/dashboard/api/api-types.ts";
import { type Measured, sayCost } from "../../src/dashboard/views/trace/cost-words.ts";
import { cpuShiftOf, type Latency } from "../../src/dashboard/views/trace/latency.ts";

type ResourcePoint = Answers["GET /resources/history"]["points"][number];

const NOTHING: Latency = { requests: 0, perSecond: 0, p50Ms: null, p95Ms: null };
const UNCOUNTED: Latency = { requests: null, perSecond: null, p50Ms: null, p95Ms: null };
const answering = (p50Ms: number, perSecond: number, requests = 600): Latency => ({
  ...{ requests, perSecond, p50Ms, p95Ms: 2 * p50Ms },
});

/** What is said of a trace that runs, of an app that answers as much as before, with as much CPU. */
const said = (before: Latency, during: Latency, rest: Partial<Measured> = {}) =>
  sayCost({
    ...{ shift: { secondsBefore: 60, before, during }, cpu: { before: 0.5, during: 0.52 }, isRunning: true },
    ...rest,
  }).join(" ");

test("what a trace costs is said with the figures of before and now, and how much they differ", () => {
  expect(said(answering(2, 10), answering(3, 9.5))).toBe(
    "Half of the app’s answers take up to 3 ms since the trace began, against 2 ms in the 60 s before: 50 % longer. It answers 9.5 requests a second, against 10. It uses 0.52 CPU, against 0.5: about the same.",
  );
  expect(said(answering(2, 10), answering(1, 10))).toContain("50 % shorter.");
  expect(said(answering(2, 10), answering(2.1, 10))).toContain("about the same.");
  expect(said(answering(2, 10), answering(20, 10))).toContain("10 times as long.");
});

test("of a trace that is over it is said in the past", () => {
  expect(said(answering(2, 10), answering(3, 9), { isRunning: false })).toMatch(
    /^Half of the app’s answers took up to 3 ms while it ran, .* It answered 9 requests .* It used 0\.52 CPU/,
  );
});

test("what can't be said is said so: no traffic, none before, none counted yet, too little", () => {
  expect(said(answering(2, 10), NOTHING)).toMatch(
    /^Nothing was forwarded to the app since the trace began, so what its clients feel can’t be told\. Send it requests\. It uses/,
  );
  expect(said(NOTHING, answering(3, 10))).toMatch(
    /^Half of .* take up to 3 ms since the trace began; nothing was forwarded to it in the 60 s before, so there is nothing to compare/,
  );
  expect(said(answering(2, 10), UNCOUNTED)).toBe("The first whole second of it is not over yet.");
  expect(said(answering(2, 10), UNCOUNTED, { isRunning: false })).toBe(
    "It was over within a second: too short to be measured.",
  );
  expect(said(answering(2, 10), answering(3, 1, 7))).toContain("That is of 7 answers: little to go by.");
  expect(said(answering(2, 10, 1), answering(3, 1))).toContain("That is of one answer: little to go by.");
});

test("what is switched off or not known is not taken for nothing", () => {
  expect(said(NOTHING, NOTHING, { shift: undefined })).toMatch(
    /^How the app answers is not measured here \(SIDECAR_TRAFFIC_ENABLED=true\)\. It uses/,
  );
  const rest = { cpu: undefined };
  expect(said(answering(2, 10), answering(2, 10), rest)).toContain("SIDECAR_RESOURCES_ENABLED=true");
  const unknown = { cpu: { before: null, during: null } };
  expect(said(answering(2, 10), answering(2, 10), unknown)).toContain("Its CPU time is not known.");
  const first = { cpu: { before: null, during: 0.1 } };
  expect(said(answering(2, 10), answering(2, 10), first)).toContain(
    "0.1 CPU; what it used before is not known.",
  );
});

test("the CPU time before a trace and of the trace are told apart, and what is not known counts for neither", () => {
  const START = Date.parse("2026-03-01T10:00:00Z");
  const point = (offset: number, usedCpus: number | null): ResourcePoint => ({
    ...{ usedCpus, usedCpusMax: usedCpus, cpuRatio: null, throttledRatio: null, memoryBytes: null },
    ...{ workingSetBytes: null, workingSetBytesMax: null, memoryRatio: null, pids: null },
    ...{ readBytesPerSecond: null, writeBytesPerSecond: null },
    ...{ receiveBytesPerSecond: null, transmitBytesPerSecond: null },
    time: new Date(START + offset * 1_000).toISOString(),
  });
  const points = [
    point(-90, 9),
    point(-2, 1),
    point(-1, 2),
    point(0, 4),
    point(1, null),
    point(2, 5),
    point(9, 9),
  ];
  const trace = { startedAt: new Date(START).toISOString(), durationMs: 5_000, state: "ended" as const };
  expect(cpuShiftOf({ points, stepSeconds: 1 }, trace)).toEqual({ before: 1.5, during: 4.5 });
  expect(cpuShiftOf({ points: [], stepSeconds: 1 }, trace)).toEqual({ before: null, during: null });
});
