import { expect, test } from "vitest";
import { readCpu } from "../../../src/linux/cgroup/cpu.ts";
import { readIo } from "../../../src/linux/cgroup/io.ts";
import type { Cgroup, Controller, Place } from "../../../src/linux/cgroup/locate.ts";
import { readMemory } from "../../../src/linux/cgroup/memory.ts";
import { createCgroupReader, createNotes } from "../../../src/linux/cgroup/notes.ts";
import { readPids } from "../../../src/linux/cgroup/pids.ts";
import { readPressure } from "../../../src/linux/cgroup/pressure.ts";
import { VERSION_1, VERSION_2, writeTree } from "./cgroup-tree.ts";

const obstacle = { reason: "it may not be looked into", remedy: "cap_add: [SYS_PTRACE]" };
const ALL = ["cpu", "cpuacct", "memory", "pids", "blkio", "pressure"] as const;

const cgroupOf = (version: Cgroup["version"], places: readonly (readonly [Controller, Place])[]): Cgroup => ({
  ...{ version, path: "/docker/a", places: new Map(places), seenThrough: "core", obstacle },
});

async function readAll(cgroup: Cgroup) {
  const notes = createNotes();
  const reader = createCgroupReader(cgroup, notes);
  const figures = {
    cpu: await readCpu(reader, process.pid),
    memory: await readMemory(reader),
    pids: await readPids(reader),
    io: await readIo(reader),
    pressure: await readPressure(reader),
  };
  return { figures, notes: notes.list };
}

/** The paths of all fields that are null. */
function nulls(value: unknown, path = ""): string[] {
  if (value === null) return [path];
  if (typeof value !== "object") return [];
  return Object.entries(value).flatMap(([name, part]) => nulls(part, path === "" ? name : `${path}.${name}`));
}

test("version 2: every figure is read, with its unit", async () => {
  const root = await writeTree(VERSION_2);
  const place = { version: 2, folders: [root] } as const;
  const { figures, notes } = await readAll(
    cgroupOf(
      "v2",
      ALL.map((each) => [each, place]),
    ),
  );
  expect(figures.cpu).toMatchObject({
    ...{ usageNs: 154_641_000, userNs: 106_040_000, systemNs: 48_601_000, weight: 100, shares: null },
    ...{ quotaNs: 150_000_000, periodNs: 100_000_000 },
    throttling: { periods: 130, throttledPeriods: 12, throttledNs: 4_500_000 },
  });
  expect(figures.memory).toEqual({
    ...{ currentBytes: 104_857_600, workingSetBytes: 73_400_320, peakBytes: 120_000_000 },
    ...{ anonBytes: 41_943_040, fileBytes: 52_428_800, kernelBytes: 8_388_608 },
    ...{ swapBytes: 4_096, limitBytes: 134_217_728, swapLimitBytes: "unlimited" },
    effectiveLimitBytes: { value: 134_217_728, from: "cgroup" },
    events: { high: 7, max: 31, oom: 2, oomKill: 1 },
  });
  expect(figures.pids).toEqual({
    ...{ current: 17, limit: 50, effectiveLimit: { value: 50, from: "cgroup" }, limitHits: 3 },
  });
  expect(figures.io).toMatchObject([{ device: "254:0", readBytes: 4_096, writeBytes: 8_192 }]);
  expect(figures.pressure.cpu).toMatchObject({
    of: "cgroup",
    some: { avg10Percent: 12.5, totalNs: 1_000_000 },
  });
  expect(notes.map(({ field }) => field)).toEqual(["cpu.shares"]);
});

test("version 2: the limit of a cgroup above counts where it is lower", async () => {
  const root = await writeTree({
    ...{ "cpu.max": "50000 100000\n", "memory.max": "1048576\n", "pids.max": "9\n" },
    ...Object.fromEntries(Object.entries(VERSION_2).map(([name, text]) => [`above/own/${name}`, text])),
    ...{ "above/cpu.max": "max 100000\n", "above/memory.max": "2097152\n" },
  });
  const place = { version: 2, folders: [`${root}/above/own`, `${root}/above`, root] } as const;
  const { figures } = await readAll(
    cgroupOf(
      "v2",
      ALL.map((each) => [each, place]),
    ),
  );
  expect(figures.cpu.limitCpus).toEqual({ value: 0.5, from: "ancestor" });
  expect(figures.memory).toMatchObject({
    ...{ limitBytes: 134_217_728, effectiveLimitBytes: { value: 1_048_576, from: "ancestor" } },
  });
  expect(figures.pids.effectiveLimit).toEqual({ value: 9, from: "ancestor" });
});

test("version 2: the root cgroup, and older kernels, have fewer files: null with a reason and a remedy each", async () => {
  const root = await writeTree({ "cpu.stat": "usage_usec 5\nuser_usec 3\nsystem_usec 2\n" });
  const place = { version: 2, folders: [root] } as const;
  const { figures, notes } = await readAll(
    cgroupOf(
      "v2",
      ALL.map((each) => [each, place]),
    ),
  );
  expect(figures.cpu.usageNs).toBe(5_000);
  expect(figures.memory.currentBytes).toBeNull();
  expect(notes.find(({ field }) => field === "memory.peakBytes")?.remedy).toContain("Linux 5.19");
  expectEveryNullExplained(figures, notes);
});

test("version 1: every figure that it has is read, the others say that it has none", async () => {
  const root = await writeTree(VERSION_1);
  const { figures, notes } = await readAll(version1(root, "v1"));
  expect(figures.cpu).toMatchObject({
    ...{ usageNs: 171_627_968, userNs: 110_000_000, systemNs: 60_000_000, weight: null, shares: 1_024 },
    ...{ quotaNs: 50_000_000, periodNs: 100_000_000, limitCpus: { value: 0.5, from: "cgroup" } },
    throttling: { periods: 11, throttledPeriods: 4, throttledNs: 171_627_968 },
  });
  expect(figures.memory).toEqual({
    ...{ currentBytes: 2_899_968, workingSetBytes: 2_195_456, peakBytes: 5_816_320 },
    ...{ anonBytes: 98_304, fileBytes: 2_256_896, kernelBytes: 307_200, swapBytes: 8_192 },
    ...{ limitBytes: 67_108_864, swapLimitBytes: 67_108_864 },
    // The kernel itself tells the lowest of those above, seen or not.
    effectiveLimitBytes: { value: 33_554_432, from: "ancestor" },
    events: { high: null, max: 9, oom: null, oomKill: 2 },
  });
  expect(figures.io).toMatchObject([{ device: "254:0", readBytes: 4_096, writeBytes: 0, reads: 1 }]);
  expect(figures.pressure.cpu?.of ?? "host").toBe("host");
  expectEveryNullExplained(figures, notes);
});

test("a hybrid: version 1 has the controllers, version 2 the pressure", async () => {
  const root = await writeTree(VERSION_1);
  const unified = await writeTree(VERSION_2);
  const { places } = version1(root, "hybrid");
  const { figures } = await readAll(
    cgroupOf("hybrid", [...places, ["pressure", { version: 2, folders: [unified] }]]),
  );
  expect(figures.cpu.shares).toBe(1_024);
  expect(figures.pressure.cpu).toMatchObject({ of: "cgroup", full: { avg10Percent: 1 } });
});

test.each(["v1", "v2"] as const)(
  "a cgroup of %s that can't be looked into has no zero: all is null",
  async (version) => {
    const { figures, notes } = await readAll(cgroupOf(version, []));
    const { pressure: _, ...rest } = figures;
    expect(Object.values(rest.cpu).filter((value) => typeof value === "number")).toEqual([]);
    expect(Object.values(rest.memory).filter((value) => typeof value === "number")).toEqual([]);
    expect(rest.io).toBeNull();
    expect(notes.find(({ field }) => field === "memory.currentBytes")).toMatchObject(obstacle);
    expect(notes.find(({ field }) => field === "cpu.throttling.periods")).toMatchObject(obstacle);
    expectEveryNullExplained(figures, notes);
  },
);

function version1(root: string, version: Cgroup["version"]): Cgroup {
  const controllers = ALL.filter((each) => each !== "pressure");
  return cgroupOf(
    version,
    controllers.map((each) => [each, { version: 1, folders: [`${root}/${each}`] }]),
  );
}

function expectEveryNullExplained(
  figures: object,
  notes: readonly { field: string; reason: string }[],
): void {
  // A kernel without pressure in full for the CPU of the host says nothing of it.
  const unexplained = nulls(figures).filter(
    (path) =>
      !path.startsWith("pressure.") && !/^io\.\d/.test(path) && notes.every(({ field }) => field !== path),
  );
  expect(unexplained).toEqual([]);
  expect(notes.every(({ reason }) => reason.length > 10)).toBe(true);
}
