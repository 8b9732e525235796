import { mkdtemp, rm } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import {
  type ProcessList,
  processDetail,
  processList,
} from "../../../src/features/processes/process-schema.ts";
import { topReport } from "../../../src/features/processes/top-schema.ts";
import { readStat } from "../../../src/linux/proc.ts";
import {
  startBusy,
  startIdle,
  startNode,
  startScript,
  startTarget,
  startZombie,
} from "../../linux/target-process.ts";
import { poll } from "../../support/poll.ts";
import type { ServedFeatures } from "../../support/serve-features.ts";
import { asking, coreOf, serveProcesses } from "./support.ts";

const listOf = async (served: ServedFeatures, query = ""): Promise<ProcessList> =>
  processList.strict().parse(await (await served.get(`/processes${query}`)).json());
const pidsOf = ({ processes }: ProcessList) => processes.map(({ pid }) => pid);

test("CPU use is measured over the interval that was asked for, and sorted by", async () => {
  await using busy = await startBusy();
  await using idle = await startIdle();
  await using served = await serveProcesses(coreOf(busy));
  const list = await listOf(served, "?interval=0.5&sort=cpu");
  expect(list.intervalMs).toBeGreaterThanOrEqual(490);
  const at = (pid: number) => list.processes.find((each) => each.pid === pid);
  expect(at(busy.pid)?.cpuPercent).toBeGreaterThan(0);
  expect(at(idle.pid)?.cpuPercent).toBe(0);
  const percents = list.processes.map(({ cpuPercent }) => cpuPercent ?? -1);
  expect(percents).toEqual(percents.toSorted((a, b) => b - a));
  const ascending = await listOf(served, "?interval=0.1&sort=rss&order=asc");
  const sizes = ascending.processes.flatMap(({ rssBytes }) => (rssBytes === null ? [] : [rssBytes]));
  expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
  // Whose value is not known comes last, in either order.
  const first = ascending.processes.findIndex(({ rssBytes }) => rssBytes === null);
  expect(ascending.processes.slice(first === -1 ? Number.POSITIVE_INFINITY : first)).toSatisfy(
    (rest: ProcessList["processes"]) => rest.every(({ rssBytes }) => rssBytes === null),
  );
});

test("memory, I/O, descriptors, faults and switches are the kernel's", async () => {
  await using target = await startNode(
    "import { openSync, writeFileSync } from 'node:fs'; for (let n = 0; n < 20; n++) openSync('/dev/null'); writeFileSync('/dev/null', Buffer.alloc(100000)); console.log('ready'); setInterval(() => {}, 1000)",
  );
  await target.line();
  await using served = await serveProcesses(coreOf(target));
  const list = await listOf(served, "?interval=0.1&pss=true");
  const listed = list.processes.find(({ pid }) => pid === target.pid);
  expect(listed?.pssBytes).toBeGreaterThan(0);
  expect(listed?.pssBytes).toBeLessThanOrEqual(listed?.rssBytes ?? 0);
  expect(listed?.virtualBytes).toBeGreaterThan(listed?.rssBytes ?? Number.NaN);
  expect(listed?.io?.writeCallBytes).toBeGreaterThanOrEqual(100_000);
  expect(listed?.openFiles).toBeGreaterThanOrEqual(23);
  expect(listed?.openFilesLimit).toBeGreaterThan(0);
  expect(listed?.openFilesRatio).toBeGreaterThan(0);
  expect(listed?.minorFaults).toBeGreaterThan(0);
  expect(listed?.mainThreadSwitches?.voluntary).toBeGreaterThan(0);
  expect(listed).toMatchObject({ swapBytes: expect.any(Number), isCore: true });
  // The kernel walks all page tables for it: only where it is asked for.
  expect((await listOf(served)).processes.every((each) => !("pssBytes" in each))).toBe(true);
  const detail = await (await served.get(`/processes/${target.pid}?interval=0.1`)).json();
  expect(processDetail.strict().parse(detail).pssBytes).toBeGreaterThan(0);
});

test("reading and writing is measured over the interval, sorted by, and shown in every form", async () => {
  await using busy = await startScript(
    "while :; do dd if=/dev/zero of=/dev/null bs=64k count=2000; done 2>&-",
  );
  await using idle = await startIdle();
  await using served = await serveProcesses(coreOf(busy));
  const dd = await poll("dd is seen to read and write", async () => {
    const list = await listOf(served, "?interval=0.5&sort=readops");
    const known = list.processes.flatMap(({ ioRates }) => ioRates?.readCallsPerSecond ?? []);
    expect(known).toEqual(known.toSorted((a, b) => b - a));
    expect(list.processes.find(({ pid }) => pid === idle.pid)?.ioRates).toEqual({
      ...{ readBytesPerSecond: 0, writeBytesPerSecond: 0, readCallBytesPerSecond: 0 },
      ...{ writeCallBytesPerSecond: 0, readCallsPerSecond: 0, writeCallsPerSecond: 0 },
    });
    return list.processes.find(
      ({ pid, ioRates }) => pid === busy.pid && (ioRates?.writeCallsPerSecond ?? 0) > 100,
    );
  });
  // So many bytes as it says there are calls of 64 KiB, but for those that load the program.
  const { writeCallsPerSecond = 0, writeCallBytesPerSecond = 0 } = dd.ioRates ?? {};
  expect(writeCallBytesPerSecond / writeCallsPerSecond / 65_536).toBeCloseTo(1, 1);
  for (const key of ["readrate", "writerate", "writeops"]) {
    expect((await listOf(served, `?interval=0.1&sort=${key}`)).processes.length).toBeGreaterThan(1);
  }
  const top = await (await served.get("/processes/top?interval=0.1&sort=writeops")).text();
  expect(top).toMatch(/^ *PID .* READ\/S +WRITE\/S +CALLS\/S /m);
  const page = await (await served.get("/processes?interval=0.1", asking("text/html"))).text();
  expect(page).toContain('<a href="processes?sort=writerate">WRITE/S</a>');
  const path = `/processes/${busy.pid}?interval=0.1`;
  expect(await (await served.get(path, asking("text/plain"))).text()).toMatch(
    /^storage now +\d[\d.]* bytes\/s read, [\d.]+ written$/m,
  );
});

test("of writing to storage the rate is told as well", async () => {
  const folder = await mkdtemp("/var/tmp/tickbird-rates-");
  onTestFinished(() => rm(folder, { recursive: true }));
  await using busy = await startNode(
    `import { writeFileSync } from 'node:fs'; setInterval(() => writeFileSync('${folder}/data', Buffer.alloc(65536)), 5)`,
  );
  await using served = await serveProcesses(coreOf(busy));
  await poll("it is seen to write", async () => {
    const list = await listOf(served, "?interval=0.3&sort=writerate");
    const { ioRates } = list.processes.find(({ pid }) => pid === busy.pid) ?? {};
    return (ioRates?.writeBytesPerSecond ?? 0) >= 65_536;
  });
});

test("the app's processes are the main one and those below it, not the sidecar's own", async () => {
  await using core = await startScript("sleep 300 & sleep 300 & wait");
  await using other = await startIdle();
  await using served = await serveProcesses(coreOf(core));
  const list = await poll("its children run", async () => {
    const now = await listOf(served, "?interval=0.1");
    return now.processes.filter(({ parentPid }) => parentPid === core.pid).length === 2 && now;
  });
  const isCore = new Map(list.processes.map((each) => [each.pid, each.isCore]));
  expect(isCore.get(core.pid)).toBe(true);
  expect(isCore.get(other.pid)).toBe(false);
  expect(isCore.get(process.pid)).toBe(false);
  for (const each of list.processes.filter(({ parentPid }) => parentPid === core.pid)) {
    expect(each).toMatchObject({
      isCore: true,
      depth: (list.processes.find(({ pid }) => pid === core.pid)?.depth ?? 0) + 1,
    });
  }
  await using unknown = await serveProcesses();
  expect((await listOf(unknown, "?interval=0.1")).processes.every((each) => each.isCore === null)).toBe(true);
});

test("as a tree each process stands below its parent, and the text draws it", async () => {
  await using target = await startScript("sh -c 'sleep 301 & wait' & wait");
  await using served = await serveProcesses();
  const text = await poll("its grandchild runs", async () => {
    const now = await (await served.get("/processes?tree=true&interval=0.1", asking("text/plain"))).text();
    return now.includes("sleep 301\n") && now;
  });
  const rows = text.split("\n");
  const parent = rows.findIndex((row) => new RegExp(`^ *${target.pid} `).test(row));
  const [first = "", second = "", third = ""] = rows.slice(parent);
  const column = rows.find((row) => row.includes("COMMAND"))?.indexOf("COMMAND") ?? 0;
  const indent = (row: string) => row.slice(column).search(/[^ \\_]/);
  expect(second.slice(column)).toMatch(/\\_ sh -c/);
  expect(third.slice(column)).toMatch(/\\_ sleep 301$/);
  expect(indent(second)).toBeGreaterThan(indent(first));
  expect(indent(third)).toBe(indent(second) + 3);
  const list = await listOf(served, "?tree=true&interval=0.1");
  const position = new Map(pidsOf(list).map((pid, index) => [pid, index]));
  for (const { pid, parentPid } of list.processes) {
    const above = position.get(parentPid);
    if (above !== undefined) expect(above).toBeLessThan(position.get(pid) ?? -1);
  }
});

test("filters keep what has the name, the state or the user", async () => {
  await using zombie = await startZombie();
  await using nobody = await startTarget(["sleep", "300"], process.getuid?.() === 0 ? { uid: 65_534 } : {});
  await using served = await serveProcesses();
  const named = await listOf(served, "?name=SLEEP&interval=0.1");
  expect(pidsOf(named)).toEqual(expect.arrayContaining([zombie.pid, nobody.pid]));
  expect(pidsOf(named)).not.toContain(process.pid);
  for (const state of ["Z", "zombie", "R,zombie"]) {
    expect(pidsOf(await listOf(served, `?state=${state}&interval=0.1`))).toContain(zombie.zombie);
  }
  expect(pidsOf(await listOf(served, "?state=zombie&interval=0.1"))).not.toContain(zombie.pid);
  const uid = (await listOf(served, "?name=sleep&interval=0.1")).processes.find(
    ({ pid }) => pid === nobody.pid,
  );
  for (const user of [String(uid?.uid), uid?.user ?? String(uid?.uid)]) {
    const list = await listOf(served, `?user=${user}&interval=0.1`);
    expect(pidsOf(list)).toContain(nobody.pid);
    expect(list.processes.every((each) => each.uid === uid?.uid)).toBe(true);
  }
});

test("what is beyond a limit is refused, with the limit in the answer", async () => {
  await using served = await serveProcesses();
  const long = "x".repeat(65);
  for (const [query, limit] of [
    ["interval=0.05", "0.1 to 10"],
    ["interval=11", "0.1 to 10"],
    ["interval=1e1", "0.1 to 10"],
    ["interval=", "0.1 to 10"],
    ["sort=age", '"cpu"'],
    ["order=down", '"desc"'],
    [`name=${long}`, "1 to 64 characters, and has 65"],
    ["name=", "1 to 64"],
    [`user=${long}`, "1 to 64"],
    ["state=asleep", "zombie"],
    ["tree=yes", '"true"'],
    ["unknown=1", "nrecognized"],
  ]) {
    const response = await served.get(`/processes?${query}`);
    const { code, detail } = z.object({ code: z.string(), detail: z.string() }).parse(await response.json());
    expect([query, response.status, code]).toEqual([query, 400, "invalid-parameter"]);
    expect(detail).toContain(limit);
  }
  const lines = await served.get("/processes/top?lines=201");
  expect(await lines.json()).toMatchObject({
    code: "invalid-parameter",
    errors: [{ pointer: "query:lines", detail: "must be 1 to 200, and is 201" }],
  });
});

test("top is text for a terminal: load, CPU and memory of the app, then the busiest processes", async () => {
  await using busy = await startBusy();
  await poll("it has used some CPU", async () => ((await readStat(busy.pid))?.systemTicks ?? 0) > 5);
  await using served = await serveProcesses(coreOf(busy));
  const response = await served.get("/processes/top?interval=0.3&lines=5");
  expect(response.headers.get("Content-Type")).toBe("text/plain; charset=utf-8");
  const [load = "", app = "", counts = "", ...rest] = (await response.text()).trimEnd().split("\n");
  expect(load).toMatch(/^\S+Z {2}load \d+\.\d\d \d+\.\d\d \d+\.\d\d \(the machine, \d+ CPUs\)$/);
  expect(app).toMatch(/^app: CPU [\d.?]+( of [\d.]+)?.*, memory \S+ of \S+/);
  expect(counts).toMatch(/^of the app: 1 processes, 1 threads, /);
  const table = rest.slice(rest.findIndex((line) => line.includes("COMMAND")) + 1);
  expect(table).toHaveLength(5);
  expect(table.join("\n")).toMatch(/dd if=\/dev\/zero .* {2}<- the app's main process/);
  const json = await (
    await served.get("/processes/top?interval=0.1&lines=3", asking("application/json"))
  ).json();
  const report = topReport.strict().parse(json);
  expect(report.processes).toHaveLength(3);
  expect(report.matching).toBeGreaterThanOrEqual(3);
  expect(report).toMatchObject({ mainPid: busy.pid, counts: { processes: 1 } });
  const page = await served.get("/processes/top?interval=0.1", asking("text/html"));
  expect(page.headers.get("Content-Security-Policy")).toContain("default-src 'none'");
  expect(await page.text()).toContain("load ");
});

test("top without a known main process says why, and shows all the same", async () => {
  await using served = await serveProcesses();
  const text = await (await served.get("/processes/top?interval=0.1")).text();
  expect(text).toContain("app: CPU ?, memory ? of ?\n");
  expect(text).toContain("The app's main process is not known: It is not shared.\n");
  const report = topReport.parse(
    await (await served.get("/processes/top?interval=0.1", asking("application/json"))).json(),
  );
  expect(report).toMatchObject({ mainPid: null, cpu: { usedCpus: null }, remedy: 'pid: "service:core"' });
  expect(report.unreadable.map(({ field }) => field)).toEqual(["cpu", "memory"]);
});
