import { expect, test } from "vitest";
import { resourceMetrics } from "../../../src/features/resources/resource-metrics.ts";
import { type ResourceReport, resourceReport } from "../../../src/features/resources/resource-schema.ts";
import { createResources } from "../../../src/features/resources/resources.ts";
import { createLog } from "../../../src/web/log.ts";
import { writeMetrics } from "../../../src/web/metrics/write-metrics.ts";
import { startIdle } from "../../linux/target-process.ts";

const effective = (value: number | "unlimited") => ({ value, from: "cgroup" }) as const;
const stall = { avg10Percent: 0, avg60Percent: 0, avg300Percent: 0, totalNs: 2_500_000_000 };
const REPORT: ResourceReport = resourceReport.parse({
  ...{ time: "2026-01-01T00:00:00.000Z", process: null, reason: null, remedy: null, cgroup: null },
  cpu: {
    ...{ usageNs: 3e9, userNs: 2e9, systemNs: null, quotaNs: 1e8, periodNs: 1e8, weight: 100, shares: null },
    throttling: { periods: 7, throttledPeriods: 2, throttledNs: 5e8 },
    ...{ limitCpus: effective(1.5), usedCpus: null, usedRatio: null },
  },
  memory: {
    ...{ currentBytes: 10, workingSetBytes: 8, peakBytes: null, anonBytes: 5, fileBytes: 3, kernelBytes: 1 },
    ...{ swapBytes: 0, limitBytes: "unlimited", swapLimitBytes: null, usedRatio: null },
    effectiveLimitBytes: effective("unlimited"),
    events: { high: 0, max: null, oom: 1, oomKill: 1 },
  },
  pids: { current: 3, limit: 100, effectiveLimit: effective(100), usedRatio: 0.03, limitHits: null },
  io: [{ device: "8:0", name: null, readBytes: 1, writeBytes: 2, reads: 3, writes: 4 }],
  pressure: { cpu: { of: "host", some: stall, full: null }, memory: null, io: null },
  ...{ network: null, fileSystems: null, lastSecond: null, unreadable: [] },
});

test("figures come in base units, and what is null or without a limit is left out", () => {
  const lines = writeMetrics(resourceMetrics(REPORT), "openmetrics").split("\n");
  expect(lines.filter((line) => line !== "" && !line.startsWith("#"))).toEqual([
    'tickbird_core_cgroup_cpu_seconds_total{mode="user"} 2',
    "tickbird_core_cgroup_cpu_usage_seconds_total 3",
    "tickbird_core_cgroup_cpu_limit_cpus 1.5",
    "tickbird_core_cgroup_cpu_periods_total 7",
    "tickbird_core_cgroup_cpu_throttled_periods_total 2",
    "tickbird_core_cgroup_cpu_throttled_seconds_total 0.5",
    "tickbird_core_cgroup_memory_working_set_bytes 8",
    'tickbird_core_cgroup_memory_usage_bytes{kind="anon"} 5',
    'tickbird_core_cgroup_memory_usage_bytes{kind="file"} 3',
    'tickbird_core_cgroup_memory_usage_bytes{kind="kernel"} 1',
    "tickbird_core_cgroup_memory_bytes 10",
    "tickbird_core_cgroup_swap_bytes 0",
    'tickbird_core_cgroup_memory_events_total{event="high"} 0',
    'tickbird_core_cgroup_memory_events_total{event="oom"} 1',
    'tickbird_core_cgroup_memory_events_total{event="oom_kill"} 1',
    "tickbird_core_cgroup_tasks 3",
    "tickbird_core_cgroup_tasks_limit 100",
    'tickbird_core_cgroup_io_bytes_total{device="8:0",operation="read"} 1',
    'tickbird_core_cgroup_io_bytes_total{device="8:0",operation="write"} 2',
    'tickbird_core_cgroup_io_operations_total{device="8:0",operation="read"} 3',
    'tickbird_core_cgroup_io_operations_total{device="8:0",operation="write"} 4',
    'tickbird_core_cgroup_pressure_stalled_seconds_total{resource="cpu",of="host",kind="some"} 2.5',
  ]);
});

test("a process that is there has figures, and one that is not known has none", async () => {
  await using target = await startIdle();
  const log = createLog({ level: "silent", access: false });
  const found = { pid: target.pid, startTime: "2026-01-01T00:00:00.000Z", foundBy: "the test says so" };
  const known = createResources(
    { enabled: true },
    { coreProcess: { find: async () => ({ kind: "found", ...found }) }, log },
  );
  expect(writeMetrics((await known.metrics?.()) ?? [], "prometheus")).toMatch(
    /^tickbird_core_cgroup_(cpu_usage_seconds_total|pressure_stalled_seconds_total)[ {]/m,
  );
  const unknown = createResources(
    { enabled: true },
    { coreProcess: { find: async () => ({ kind: "missing", reason: "No.", remedy: "None." }) }, log },
  );
  expect(writeMetrics((await unknown.metrics?.()) ?? [], "prometheus")).toBe("");
});
