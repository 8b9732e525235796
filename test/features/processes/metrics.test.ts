import { describe, expect, test } from "vitest";
import {
  createProcessGroups,
  MAX_GROUPS,
  type ProcessFigures,
} from "../../../src/features/processes/process-groups.ts";
import { createProcesses } from "../../../src/features/processes/processes.ts";
import { readStat } from "../../../src/linux/proc.ts";
import type { ProcStat } from "../../../src/linux/proc-stat.ts";
import { loadSettings } from "../../../src/settings/load.ts";
import { writeMetrics } from "../../../src/web/metrics/write-metrics.ts";
import { startScript } from "../../linux/target-process.ts";
import { poll } from "../../support/poll.ts";
import { coreOf, NO_CORE } from "./support.ts";

describe("groups of processes", () => {
  const stat: ProcStat = {
    ...{ pid: 1, comm: "app", stateLetter: "S", parentPid: 0, userTicks: 10, systemTicks: 4, threads: 2 },
    ...{ startTicks: 100, isKernelThread: false, minorFaults: 0, majorFaults: 0, nice: 0, lastCpu: 0 },
  };
  const figures = (more: Partial<ProcStat>, rest: Partial<ProcessFigures> = {}): ProcessFigures => ({
    ...{ stat: { ...stat, ...more }, residentBytes: 1_000, openFiles: 5, maxFiles: 10 },
    ...rest,
  });

  test("sum up what their processes use; a part that can't be read takes the sum away", () => {
    const groups = createProcessGroups();
    expect(groups([figures({}), figures({ pid: 2 }, { openFiles: 8 })])).toEqual([
      {
        ...{ name: "app", processes: 2, threads: 4, residentBytes: 2_000, openFiles: 13 },
        ...{ worstFilesRatio: 0.8, userTicks: 20, systemTicks: 8 },
      },
    ]);
    const [group] = groups([figures({}), figures({ pid: 2 }, { openFiles: null, residentBytes: null })]);
    expect(group).toMatchObject({ openFiles: null, residentBytes: null, worstFilesRatio: 0.5, threads: 4 });
  });

  test("keep what ended processes have used, and don't count the present ones twice", () => {
    const groups = createProcessGroups();
    groups([figures({}), figures({ pid: 2, userTicks: 50 })]);
    const [group] = groups([figures({ userTicks: 13 })]);
    expect(group).toMatchObject({ processes: 1, userTicks: 63, systemTicks: 8 });
    // Another one under the same pid.
    expect(groups([figures({ startTicks: 200, userTicks: 1 })])[0]).toMatchObject({ userTicks: 64 });
    expect(groups([])[0]).toMatchObject({ processes: 0, userTicks: 64, openFiles: 0, worstFilesRatio: null });
  });

  test("are bounded: who comes with one name too many is among the others, for good", () => {
    const groups = createProcessGroups();
    const many = Array.from({ length: MAX_GROUPS + 10 }, (_, index) =>
      figures({ pid: index + 1, comm: `app-${index}` }),
    );
    const found = groups(many);
    expect(found).toHaveLength(MAX_GROUPS + 1);
    expect(found.at(-1)).toMatchObject({ name: "other", processes: 10, userTicks: 100 });
    expect(groups(many.slice(-1)).at(-1)).toMatchObject({ name: "other", processes: 1, userTicks: 100 });
  });
});

test("the app's main process and those below it are told of as the kernel tells of them", async () => {
  await using target = await startScript("sleep 300 & sleep 300 & while :; do :; done");
  const { settings } = loadSettings({ flags: { core: "http://127.0.0.1:9" } });
  const feature = createProcesses(settings.processes, { coreProcess: { find: async () => coreOf(target) } });
  const text = await poll("its CPU time, and those below it", async () => {
    const metrics = writeMetrics((await feature.metrics?.()) ?? [], "openmetrics");
    return /cpu_seconds_total\{name="sh",mode="user"\} 0\.[1-9]/.test(metrics) && metrics;
  });
  const { userTicks = 0, startTicks = 0 } = (await readStat(target.pid)) ?? {};
  const value = (series: string) =>
    Number(
      text
        .split("\n")
        .find((line) => line.startsWith(`${series} `))
        ?.split(" ")[1],
    );
  expect(value('tickbird_core_main_cpu_seconds_total{mode="user"}')).toBeGreaterThan(0);
  expect(value('tickbird_core_main_cpu_seconds_total{mode="user"}')).toBeLessThanOrEqual(userTicks / 100);
  expect(value('tickbird_core_processes{name="sleep"}')).toBe(2);
  expect(value('tickbird_core_processes{name="sh"}')).toBe(1);
  expect(value("tickbird_core_main_threads")).toBe(1);
  expect(value("tickbird_core_main_resident_memory_bytes")).toBeGreaterThan(100_000);
  expect(value("tickbird_core_main_open_fds")).toBeLessThanOrEqual(value("tickbird_core_main_max_fds"));
  expect(startTicks).toBeGreaterThan(0);
  expect(Math.abs(value("tickbird_core_main_start_time_seconds") - Date.now() / 1_000)).toBeLessThan(60);
});

test("without a known main process there are no metrics of it", async () => {
  const { settings } = loadSettings({ flags: { core: "http://127.0.0.1:9" } });
  const feature = createProcesses(settings.processes, { coreProcess: { find: async () => NO_CORE } });
  expect(await feature.metrics?.()).toEqual([]);
});
