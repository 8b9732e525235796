import { expect, test } from "vitest";
import type { Trace } from "../../src/dashboard/api/api-types.ts";
import { ranDuring } from "../../src/dashboard/ui/trace-time.ts";
import { endWords, otherWarnings } from "../../src/dashboard/views/trace/end-words.ts";
import { choicesOf } from "../../src/dashboard/views/trace/process-choices.ts";
import { bodyOf, wantedOf } from "../../src/dashboard/views/trace/wanted-trace.ts";
import { verdictWords } from "../../src/features/strace/governor/limits.ts";
import { VERDICTS } from "../../src/features/strace/governor/verdict.ts";
import { traceRequest } from "../../src/features/strace/traces/trace-request.ts";

const ended = (endReason: Trace["endReason"], warnings: readonly string[] = []) =>
  endWords({ state: "ended", endReason, kind: "trace", warnings });

test("whatever the governor ends a trace for is explained, with what to do, and that the app runs on", () => {
  for (const verdict of VERDICTS) {
    const words = ended(verdict);
    expect(words?.says, verdict).toMatch(/\.$/);
    if (verdict === "time-limit" || verdict === "byte-limit") continue;
    expect(words?.isSparing, verdict).toBe(true);
    expect(words?.says, verdict).toContain("The app runs on");
    expect(words?.advice, verdict).not.toBe("");
  }
});

test("the sidecar's own account of the end, with the figures of the settings, is told instead, and once", () => {
  const limits = {
    ...{ dir: "/dev/shm", durationMs: 1, maxBytes: 1, maxFrozenMs: 300, minFreePercent: 10 },
    ...{ maxThrottledPercent: 50, maxCpuPercent: 20, maxLatencyMs: 5_000, maxCoreThrottledPercent: 100 },
  };
  const warnings = [
    "Sockets lack an address.",
    `The trace was ended: ${verdictWords("cpu-budget", limits)}.`,
  ];
  expect(ended("cpu-budget", warnings)?.says).toContain("strace took more than 20 % of a CPU");
  expect(otherWarnings(warnings)).toEqual(["Sockets lack an address."]);
});

test("while it runs nothing is said of an end, and what failed is told as that", () => {
  expect(endWords({ state: "running", endReason: null, kind: "trace", warnings: [] })).toBeUndefined();
  expect(endWords({ state: "failed", endReason: null, kind: "trace", warnings: [] })?.says).toContain(
    "failed",
  );
  expect(endWords({ state: "ended", endReason: null, kind: "snapshot", warnings: [] })?.says).toContain(
    "snapshot",
  );
  expect(ended("process-exited")).toMatchObject({ isSparing: false, advice: "" });
});

test("the form becomes a request that the API takes, and what is empty is left to the sidecar", () => {
  const first = wantedOf(new URLSearchParams());
  expect(traceRequest.parse(bodyOf(first))).toMatchObject({
    process: "main",
    duration: 30,
    descendants: true,
  });
  expect(bodyOf({ ...first, seconds: " " })).toEqual({ process: "main", descendants: true });
  expect(wantedOf(new URLSearchParams("pid=12")).process).toBe("12");
  expect(wantedOf(new URLSearchParams("pid=main;rm")).process).toBe("main");
  const full = bodyOf({
    ...{ process: "12", withDescendants: false, seconds: "2.5", classes: ["network"], calls: "openat, read" },
    ...{ paths: "/a, /b\n/c", onlyErrors: true, minMs: "10", engine: "auto", stringLimit: "64" },
    onlyMainThread: true,
  });
  expect(traceRequest.parse(full)).toMatchObject({
    ...{ process: 12, follow: false, duration: 2.5, syscalls: "network,openat,read", paths: "/a,/b,/c" },
    ...{ errors: "only", minDuration: 0.01, engine: "auto", stringLimit: 64 },
  });
});

test("of thousands of processes the form lists the first of each group, and says how many it leaves out", () => {
  const process = (pid: number, part: object = {}) => ({
    ...{ pid, name: `p${pid}`, isCore: true, isSidecar: false, isKernelThread: false, ...part },
  });
  const all = [
    process(1, { isSidecar: true, isCore: false }),
    process(2, { isKernelThread: true, isCore: false }),
    ...Array.from({ length: 3_000 }, (_, index) => process(10 + index)),
    ...Array.from({ length: 150 }, (_, index) =>
      process(5_000 + index, { isCore: index % 2 === 0 ? null : false }),
    ),
  ];
  const { app, others, omitted } = choicesOf(all);
  expect([app[0]?.pid, app.length, others[0]?.pid, others.length]).toEqual([10, 100, 5_000, 100]);
  expect(omitted).toBe(2_950);
  expect(choicesOf(all.slice(0, 4))).toMatchObject({ omitted: 0, others: [] });
});

test("a trace ran during a time where the two touch, and one that runs has gone on since it was told", () => {
  const trace = { startedAt: "2026-03-01T10:00:00.000Z", durationMs: 1_000 };
  const start = Date.parse(trace.startedAt);
  const during = (state: Trace["state"], from: number, to: number) =>
    ranDuring({ ...trace, state }, start + from, start + to);
  expect([during("ended", -5, -1), during("ended", -5, 0), during("ended", 200, 300)]).toEqual([
    false,
    true,
    true,
  ]);
  expect([during("ended", 1_000, 2_000), during("ended", 1_001, 2_000)]).toEqual([true, false]);
  expect([during("running", 1_001, 2_000), during("running", -5, -1)]).toEqual([true, false]);
});
