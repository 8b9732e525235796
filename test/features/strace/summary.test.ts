import { describe, expect, test } from "vitest";
import { createHistogram } from "../../../src/features/strace/duration-histogram.ts";
import { createSummariser } from "../../../src/features/strace/summarise.ts";
import { summaryReport } from "../../../src/features/strace/summary-schema.ts";
import { createTopTable } from "../../../src/features/strace/top-table.ts";
import { startBusy, startScript } from "../../linux/target-process.ts";
import { isMissing } from "../../support/needs.ts";
import { randomOf, seedOr } from "../../support/random.ts";
import { recordedTrace } from "../../support/recorded-traces.ts";
import { parse } from "./events/parse.ts";
import { accept, isFree, serveStrace } from "./serve-strace.ts";

test("quantiles are never too short, and at most 7 % too long, over six orders of magnitude", () => {
  const random = randomOf(seedOr(11));
  const durations = Array.from(
    { length: 5_000 },
    () => Math.floor(10 ** (random.int(6_000) / 1_000)) * 1_000,
  );
  const histogram = createHistogram();
  for (const duration of durations) histogram.add(duration);
  const sorted = durations.toSorted((a, b) => a - b);
  for (const share of [0.001, 0.25, 0.5, 0.95, 0.99, 1]) {
    const exact = sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
    expect(histogram.quantileNs(share)).toBeGreaterThanOrEqual(exact);
    expect(histogram.quantileNs(share)).toBeLessThanOrEqual(exact * 1.07);
  }
  expect(createHistogram().quantileNs(0.5)).toBe(0);
});

test("what is frequent stays in a table of a fixed size, however much else comes", () => {
  const table = createTopTable(10);
  for (let index = 0; index < 1_000; index += 1) {
    table.add(`rare ${index}`, 1);
    if (index % 2 === 0) table.add("frequent", 10);
  }
  const [first, ...others] = table.top(99);
  expect(first).toMatchObject({ key: "frequent" });
  expect((first?.count ?? 0) - (first?.overcount ?? 0)).toBeLessThanOrEqual(500);
  expect(first?.count).toBeGreaterThanOrEqual(500);
  expect(others).toHaveLength(9);
});

test("a recorded trace comes to what a count of its events says", () => {
  const { events } = parse(recordedTrace("6.1", "nginx").lines);
  const summariser = createSummariser();
  for (const event of events) summariser.add(event);
  const summary = summariser.summary(2_000);
  const calls = events.filter((event) => event.type === "call");
  expect(summary.callCount).toBe(calls.length);
  expect(summary.callsPerSecond).toBe(calls.length / 2);
  for (const { call, count, errors, totalNs, maxNs, p50Ns } of summary.calls) {
    const own = calls.filter((each) => each.call === call);
    const durations = own.map(({ durationNs }) => durationNs ?? 0);
    expect(count).toBe(own.length);
    expect(totalNs).toBe(durations.reduce((sum, each) => sum + each, 0));
    expect(maxNs).toBe(Math.max(...durations));
    expect(p50Ns).toBeLessThanOrEqual(maxNs);
    const failed = own.filter(({ errno }) => errno !== null).length;
    expect(Object.values(errors).reduce((sum, each) => sum + each, 0)).toBe(failed);
  }
  expect(summary.slowest).toHaveLength(10);
  expect(summary.files.map(({ path }) => path)).toContain("/usr/share/nginx/html/1");
  expect(summary.peers[0]?.peer).toMatch(/^TCP 127\.0\.0\.1:\d+$/);
});

test("calls are counted by process, and a process has the name of the program that it executes", () => {
  const { events } = parse([
    "7     1700000000.000001 getpid() = 7 <0.000001>",
    '8     1700000000.000002 execve("/usr/bin/a-program-of-a-long-name", ["x"], 0x7f /* 3 vars */) = 0 <0.000300>',
    "8     1700000000.000003 getpid() = 8 <0.000001>",
    '9     1700000000.000004 execve("/not/there", ["x"], 0x7f /* 3 vars */) = -1 ENOENT (No such file or directory) <0.000010>',
  ]);
  const summariser = createSummariser((pid) => (pid === 7 ? "shell" : undefined));
  for (const event of events) summariser.add(event.type === "call" ? { ...event, pid: event.tid } : event);
  expect(summariser.summary(1_000).processes).toEqual([
    { pid: 8, name: "a-program-of-a-", count: 2, overcount: 0, totalNs: 301_000 },
    { pid: 7, name: "shell", count: 1, overcount: 0, totalNs: 1_000 },
    { pid: 9, name: null, count: 1, overcount: 0, totalNs: 10_000 },
  ]);
});

describe.skipIf(isMissing("ptrace"))("GET /strace/{pid}/summary", () => {
  const asJson = accept("application/json");

  test("says how often and how long, after the time asked for, and lets the process go", async () => {
    await using target = await startBusy();
    await using served = await serveStrace();
    const response = await served.get(`/strace/${target.pid}/summary?duration=0.4`, asJson);
    const report = summaryReport.strict().parse(await response.json());
    expect(report).toMatchObject({ endReason: "time-limit", unparsed: 0, process: { pid: target.pid } });
    expect(report.calls.map(({ call }) => call).toSorted()).toEqual(["read", "write"]);
    expect(report.callCount).toBeGreaterThan(10);
    for (const { p50Ns, p95Ns, p99Ns, maxNs, perSecond } of report.calls) {
      expect(p50Ns <= p95Ns && p95Ns <= p99Ns && p99Ns <= maxNs && perSecond > 0).toBe(true);
    }
    expect(report.processes).toMatchObject([{ pid: target.pid, name: "dd", count: report.callCount }]);
    expect(report.files.map(({ path }) => path).toSorted()).toEqual(["/dev/null", "/dev/zero"]);
    expect(await isFree(target.pid)).toBe(true);
  });

  test("counts failures by their error, and takes the options of a trace", async () => {
    await using target = await startScript("while :; do [ -e /none ]; done");
    await using served = await serveStrace();
    const path = `/strace/${target.pid}/summary?duration=0.3&syscalls=file`;
    const report = summaryReport.strict().parse(await (await served.get(path, asJson)).json());
    expect(report.calls).toHaveLength(1);
    // The one that is under way at the end has no error yet.
    const { count = 0, errors } = report.calls[0] ?? {};
    expect(Object.keys(errors ?? {})).toEqual(["ENOENT"]);
    expect(count - (errors?.["ENOENT"] ?? 0)).toBeLessThanOrEqual(1);
    expect(report.files).toMatchObject([{ path: "/none", overcount: 0 }]);
  });

  test("is JSON only, and refuses what a trace refuses", async () => {
    await using served = await serveStrace();
    expect((await served.get("/strace/1/summary", accept("text/event-stream"))).status).toBe(406);
    expect((await served.get("/strace/1/summary?duration=11", asJson)).status).toBe(400);
    expect((await served.get("/strace/1/summary?raw=true", asJson)).status).toBe(400);
    expect((await served.get("/strace/4194303/summary", asJson)).status).toBe(404);
  });
});
