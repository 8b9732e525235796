import { expect, test } from "vitest";
import { arrange, type Process, type Wanted } from "../../src/dashboard/views/processes/arrange.ts";

const process = (pid: number, parentPid: number, part: Partial<Process> = {}): Process => ({
  ...{ pid, parentPid, startTime: "2026-01-01T00:00:00Z", name: `p${pid}`, uid: 0, user: "root" },
  ...{ state: "sleeping", stateLetter: "S", commandLine: [`/bin/p${pid}`], executable: null, threads: 1 },
  ...{ rssBytes: pid, cpuTimeNs: 0, cpuPercentSinceStart: 0, cpuPercent: 0, depth: 0, isCore: true },
  ...{ virtualBytes: 0, swapBytes: 0, minorFaults: 0, majorFaults: 0, io: null, ioRates: null },
  ...{ openFiles: 0, openFilesLimit: null, openFilesRatio: null, mainThreadSwitches: null },
  ...{ isMain: false, isSidecar: false, isKernelThread: false, unreadable: [], ...part },
});

const shown = (all: readonly Process[], wanted: Partial<Wanted> = {}) =>
  arrange(all, { text: "", order: "tree", scope: "all", ...wanted }).map(
    (each) => `${" ".repeat(each.depth)}${each.process.pid}`,
  );

test("a tree has each process below its parent, whatever the order of the answer", () => {
  const all = [process(3, 2), process(2, 1), process(1, 0), process(4, 1), process(9, 8)];
  expect(shown(all)).toEqual(["1", " 2", "  3", " 4", "9"]);
});

test("what the filter leaves out is left out of the tree: a process is below its nearest ancestor that is shown", () => {
  const all = [process(1, 0, { name: "nginx" }), process(2, 1), process(3, 2, { name: "nginx" })];
  expect(shown(all, { text: "NGINX" })).toEqual(["1", " 3"]);
  expect(shown(all, { text: "nginx 3" })).toEqual(["3"]);
  expect(shown(all, { text: "/bin/p2" })).toEqual(["2"]);
});

test("only the app's are shown unless all are wanted, and the kernel's threads never", () => {
  const all = [
    process(1, 0, { isCore: false }),
    process(2, 1),
    process(3, 0, { isCore: null, isKernelThread: true }),
  ];
  expect(shown(all, { scope: "app" })).toEqual(["2"]);
  expect(shown(all)).toEqual(["1", " 2"]);
});

test("what is sorted has no tree, and what is not known comes last", () => {
  const all = [
    process(1, 0, { cpuPercent: null }),
    process(2, 1, { cpuPercent: 5 }),
    process(3, 1, { cpuPercent: 50 }),
  ];
  expect(shown(all, { order: "cpu" })).toEqual(["3", "2", "1"]);
  expect(shown(all, { order: "memory" })).toEqual(["3", "2", "1"]);
});

test("processes that seem to be each other's parents, and a chain of ten thousand, are shown all the same", () => {
  expect(shown([process(1, 2), process(2, 1)])).toEqual(["1", "2"]);
  const chain = Array.from({ length: 10_000 }, (_, index) => process(index + 1, index));
  expect(shown(chain)).toHaveLength(10_000);
});
