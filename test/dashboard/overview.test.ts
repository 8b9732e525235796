import { expect, test } from "vitest";
import { learnServerTime, serverNow } from "../../src/dashboard/api/server-clock.ts";
import type {
  Check,
  Health,
  Resources,
  Situation,
  TrafficPoint,
} from "../../src/dashboard/views/overview/answers.ts";
import { findingsOf, verdictOf } from "../../src/dashboard/views/overview/findings.ts";
import { type Grounds, gapsOf, groundOf, isLooked } from "../../src/dashboard/views/overview/gaps.ts";
import { restartsOf } from "../../src/dashboard/views/overview/resource-findings.ts";
import {
  appendTail,
  columnOf,
  courseOf,
  joined,
  MAX_TAIL,
} from "../../src/dashboard/views/overview/series.ts";

const NOON = Date.UTC(2026, 0, 1, 12) / 1_000;
const timeAt = (second: number) => new Date((NOON + second) * 1_000).toISOString();

const check = (name: string, more: Partial<Check> = {}): Check => ({
  ...{ name, status: "pass", since: timeAt(0), detail: "It is well.", affectsReadiness: true },
  ...{ consecutiveFailures: 0, lastRunAt: timeAt(0), durationMs: 1, figures: {} },
  ...more,
});
const health = (...checks: Check[]): Health => ({ status: "pass", since: timeAt(0), ready: true, checks });
const DOWN = check("core-tcp", {
  ...{ status: "fail", detail: "Nothing listens.", consecutiveFailures: 9, remedy: "core.url" },
});

const point = (second: number, more: Partial<TrafficPoint> = {}): TrafficPoint => ({
  ...{ time: timeAt(second), requestsPerSecond: 10, requestsPerSecondMax: 10, clientErrorsPerSecond: 0 },
  ...{
    serverErrorsPerSecond: 0,
    failuresPerSecond: 0,
    coreFailuresPerSecond: 0,
    sidecarFailuresPerSecond: 0,
  },
  ...{ meanMs: 5, p50Ms: 4, p95Ms: 9, p99Ms: 12, p99MsMax: 12, inFlight: 1, inFlightMax: 1, waiting: 0 },
  ...more,
});
const minute = (more: Partial<TrafficPoint> = {}) =>
  Array.from({ length: 60 }, (_, second) => point(second, more));

const RESOURCES: Resources = {
  ...{ time: timeAt(0), process: { pid: 7, startTime: timeAt(0), foundBy: "…" }, reason: null, remedy: null },
  ...{ cgroup: null, cpu: null, memory: null, pids: null, io: null, pressure: null, network: null },
  ...{ fileSystems: null, lastSecond: null, unreadable: [] },
};

/** A main process that has almost all files open that it may. */
const FULL: NonNullable<Situation["process"]> = {
  ...{ pid: 7, startTime: timeAt(0), name: "app", parentPid: 1, uid: 0, user: "root", state: "running" },
  ...{ stateLetter: "R", commandLine: [], executable: null, threads: 1, rssBytes: 1, cpuTimeNs: 1 },
  ...{ cpuPercentSinceStart: 1, cpuPercent: 1, depth: 1, isCore: true, virtualBytes: 1, swapBytes: 0 },
  ...{ minorFaults: 0, majorFaults: 0, io: null, ioRates: null, mainThreadSwitches: null, isMain: true },
  ...{ openFiles: 99_000, openFilesLimit: 100_000, openFilesRatio: 0.99, isSidecar: false },
  ...{ isKernelThread: false, unreadable: [], ancestors: [], children: [], namespaces: {} },
  ...{ intervalMs: 100, tracer: null, limits: null, signals: [] },
};
const ids = (situation: Situation) => findingsOf(situation).map(({ id, tone }) => `${tone} ${id}`);

test("when all is well, or nothing is known, no finding is made", () => {
  expect(ids({})).toEqual([]);
  expect(ids({ health: health(check("core-tcp")), traffic: minute(), resources: RESOURCES })).toEqual([]);
});

test("that all is well is said only where nothing is unknown; else what is not known, and why", () => {
  const whole = {
    health: groundOf(true, health(check("core-tcp")), undefined),
    resources: groundOf(true, RESOURCES, undefined),
    traffic: groundOf(true, minute(), undefined),
  };
  expect(gapsOf(whole)).toEqual([]);
  expect(verdictOf([], gapsOf(whole))).toBe("All is well");

  const gapsWith = (more: Partial<Grounds>) => gapsOf({ ...whole, ...more });
  for (const subject of ["health", "resources", "traffic"] as const) {
    const off = gapsWith({ [subject]: groundOf(false, undefined, undefined) });
    expect(off).toEqual([expect.stringContaining(`SIDECAR_${subject.toUpperCase()}_ENABLED=true`)]);
    expect(verdictOf([], off)).toBe("Nothing is known to be wrong");
    const refused = groundOf<never>(true, undefined, new Error("No right."));
    expect(gapsWith({ [subject]: refused })).toEqual([expect.stringMatching(/^Not known: .*No right\.$/)]);
  }
  const early = health(check("core-http", { status: null }), check("core-tcp"));
  expect(gapsWith({ health: groundOf(true, early, undefined) })).toEqual([
    "Not known yet: what core-http will find; it has not run yet.",
  ]);
  const unreadable = [
    { field: "pids.current", reason: "No file.", remedy: null },
    { field: "pids.limit", reason: "None either.", remedy: null },
    { field: "memory.swapBytes", reason: "No swap.", remedy: null },
  ];
  const blind = { ...RESOURCES, unreadable };
  expect(gapsWith({ resources: groundOf(true, blind, undefined) })).toEqual([
    "Not all is known of the app's processes and threads, memory: No file.",
  ]);
});

test("it has been looked only when each subject has answered, was refused, or is switched off", () => {
  const off = groundOf<never>(false, undefined, undefined);
  const awaited = groundOf<never>(true, undefined, undefined);
  const failed = groundOf<never>(true, undefined, new Error("No right."));
  expect(isLooked({ health: off, resources: failed, traffic: off })).toBe(true);
  expect(isLooked({ health: off, resources: awaited, traffic: off })).toBe(false);
  expect(gapsOf({ health: off, resources: awaited, traffic: off })).toContain(
    "Not known yet: how much the app uses of what it may.",
  );
});

test("an app that can't be reached is said once, first, with what to do", () => {
  const http = check("core-http", { status: "fail", consecutiveFailures: 9 });
  const found = findingsOf({ health: health(http, DOWN, check("disk", { status: "warn" })) });
  expect(found.map(({ id }) => id)).toEqual(["check-core-tcp", "check-disk"]);
  expect(found[0]).toMatchObject({
    ...{ tone: "bad", title: "The app can't be reached", detail: "Nothing listens.", remedy: "core.url" },
    advice: expect.stringContaining("container"),
  });
  expect(verdictOf(found, [])).toBe("Something is wrong");
});

test("a check that has begun to fail is told before it counts", () => {
  const found = findingsOf({ health: health(check("core-http", { consecutiveFailures: 2 })) });
  expect(found).toMatchObject([{ tone: "fair", title: "A check has failed 2 times in a row: core-http" }]);
});

test("errors of the app, failures of the app and of the sidecar are kept apart", () => {
  expect(ids({ traffic: minute({ serverErrorsPerSecond: 1 }) })).toEqual(["bad server-errors"]);
  expect(ids({ traffic: [...minute(), point(60, { serverErrorsPerSecond: 1 })] })).toEqual([
    "fair server-errors",
  ]);
  const failed = { serverErrorsPerSecond: 2, failuresPerSecond: 2 };
  expect(ids({ traffic: minute({ ...failed, coreFailuresPerSecond: 2 }) })).toEqual(["bad core-failures"]);
  expect(ids({ traffic: minute({ ...failed, sidecarFailuresPerSecond: 2 }) })).toEqual([
    "bad sidecar-failures",
  ]);
  // That clients go is theirs.
  expect(ids({ traffic: minute({ failuresPerSecond: 5 }) })).toEqual([]);
});

test("an app that takes requests and answers none is told, one that is idle is not", () => {
  const silent = { p50Ms: null, p95Ms: null, p99Ms: null, meanMs: null, requestsPerSecond: 0 };
  expect(ids({ traffic: minute({ ...silent, waiting: 3 }) })).toEqual(["bad hanging"]);
  // One alone may be a long poll.
  expect(ids({ traffic: minute({ ...silent, waiting: 1 }) })).toEqual(["fair waiting"]);
  expect(ids({ traffic: minute(silent) })).toEqual([]);
  expect(ids({ traffic: minute({ ...silent, waiting: 3 }).slice(0, 5) })).toEqual([]);
});

test("memory near its limit is told with the figure and a line that mends it, unless it is the machine's", () => {
  const withMemory = (ratio: number, from: "cgroup" | "machine"): Resources => ({
    ...RESOURCES,
    memory: {
      ...{
        currentBytes: 0,
        workingSetBytes: ratio * 1_073_741_824,
        peakBytes: 0,
        anonBytes: 0,
        fileBytes: 0,
      },
      ...{ kernelBytes: 0, swapBytes: 0, limitBytes: 1_073_741_824, swapLimitBytes: null },
      ...{ effectiveLimitBytes: { value: 1_073_741_824, from }, usedRatio: ratio },
      events: { high: 0, max: 0, oom: 0, oomKill: 0 },
    },
  });
  expect(ids({ resources: withMemory(0.5, "cgroup") })).toEqual([]);
  const [near] = findingsOf({ resources: withMemory(0.85, "cgroup") });
  expect(near).toMatchObject({
    tone: "fair",
    title: "The app's memory is 85 % full",
    remedy: "mem_limit: 2048m",
  });
  expect(findingsOf({ resources: withMemory(0.97, "machine") })[0]).toMatchObject({
    tone: "bad",
    remedy: undefined,
  });
});

test("without the app's process the reason and its remedy are told", () => {
  const resources = {
    ...RESOURCES,
    process: null,
    reason: "It is not shared.",
    remedy: 'pid: "service:core"',
  };
  expect(findingsOf({ resources })).toMatchObject([
    { id: "no-process", detail: "It is not shared.", remedy: 'pid: "service:core"' },
  ]);
});

test("a restart is one only where a process was known before, and news for a quarter of an hour", () => {
  const nothing = { ...Object.fromEntries([]), pids: null, workingSetBytes: null, usedCpus: null };
  const known = (second: number) => ({ ...REST, ...nothing, time: timeAt(second), pids: 3 });
  const start = (second: number) => ({ time: timeAt(second), pid: second, startTime: timeAt(second) });
  const points = [{ ...REST, ...nothing, time: timeAt(0) }, known(10), known(20), known(30)];
  expect(restartsOf([start(10)], points)).toEqual([]);
  expect(restartsOf([start(10), start(20)], points).map(({ pid }) => pid)).toEqual([20]);
  expect(restartsOf([start(10), start(20)], [...points, known(1_000)])).toEqual([]);
});

const REST = {
  ...{ usedCpusMax: null, cpuRatio: null, throttledRatio: null, memoryBytes: null, workingSetBytesMax: null },
  ...{ memoryRatio: null, readBytesPerSecond: null, writeBytesPerSecond: null },
  ...{ receiveBytesPerSecond: null, transmitBytesPerSecond: null },
};

test("seconds that come again are there once, and what was missed in between is a gap in the course", () => {
  const at = (second: number) => ({ time: timeAt(second), value: second });
  const tail = appendTail([at(1), at(2)], [at(2), at(3)]);
  expect(tail.map(({ value }) => value)).toEqual([1, 2, 3]);
  const many = appendTail(
    [],
    Array.from({ length: MAX_TAIL + 5 }, (_, second) => at(second)),
  );
  expect(many).toHaveLength(MAX_TAIL);
  const course = courseOf([...tail, at(40)], 10, 3_600);
  expect(course.seconds).toEqual([NOON + 40 - 3_600, NOON + 1, NOON + 2, NOON + 3, NOON + 4, NOON + 40]);
  expect(columnOf(course, ({ value }) => value)).toEqual([null, 1, 2, 3, null, 40]);
});

test("the coarse points end where the single seconds begin", () => {
  const at = (second: number) => ({ time: timeAt(second) });
  const base = [at(0), at(10), at(20), at(30)];
  expect(joined(base, [at(25), at(26)], 10)).toEqual([at(0), at(10), at(25), at(26)]);
  expect(joined(base, [], 10)).toBe(base);
});

test("open files near their limit are told with a limit that is twice as high, not with a lower one", () => {
  const [found] = findingsOf({ resources: RESOURCES, process: FULL });
  expect(found).toMatchObject({ id: "open-files", tone: "bad", remedy: "ulimits: {nofile: 200000}" });
});

test("a moment of the sidecar is told by the sidecar's clock, where this machine's is wrong", () => {
  const here = Date.UTC(2026, 0, 1, 12);
  learnServerTime(new Date(here + 600_000).toUTCString(), here);
  expect(Math.abs(serverNow(here) - here - 600_000)).toBeLessThanOrEqual(1_000);
  // A second more or less is the header's grain: what counts up does not jump.
  const before = serverNow(here);
  learnServerTime(new Date(here + 601_000).toUTCString(), here);
  learnServerTime(null, here);
  expect(serverNow(here)).toBe(before);
  learnServerTime(new Date(here).toUTCString(), here);
  expect(serverNow(here)).toBe(here);
});

test("that the app used all its CPU is told while it is there, and not of one that is gone", () => {
  const nothing = { pids: null, workingSetBytes: null, usedCpus: null };
  const busy = { ...REST, ...nothing, time: timeAt(0), cpuRatio: 1, throttledRatio: 0.5 };
  const course = Array.from({ length: 60 }, () => busy);
  const cpu = {
    ...{ usedCpus: 1, usedRatio: 1, usageNs: 1, userNs: 1, systemNs: 0, quotaNs: 1e8, periodNs: 1e8 },
    ...{ weight: null, shares: null, limitCpus: { value: 1, from: "cgroup" as const } },
    throttling: { periods: 1, throttledPeriods: 1, throttledNs: 1 },
  } as const;
  expect(ids({ resources: RESOURCES, course })).toEqual([]);
  expect(findingsOf({ resources: { ...RESOURCES, cpu }, course })).toMatchObject([
    { id: "cpu", remedy: 'cpus: "2"' },
    { id: "throttled", remedy: 'cpus: "2"' },
  ]);
});
