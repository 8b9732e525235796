import { readFile } from "node:fs/promises";
import { Writable } from "node:stream";
import { expect, test } from "vitest";
import {
  type ProcessDetail,
  type ProcessList,
  processDetail,
  processList,
} from "../../../src/features/processes/process-schema.ts";
import { createProcesses } from "../../../src/features/processes/processes.ts";
import type { CoreProcess } from "../../../src/linux/core-process.ts";
import { listThreads, readStat } from "../../../src/linux/proc.ts";
import { start } from "../../../src/linux/spawn.ts";
import { createLog } from "../../../src/web/log.ts";
import {
  startIdle,
  startScript,
  startTarget,
  startZombie,
  type TargetProcess,
} from "../../linux/target-process.ts";
import { poll } from "../../support/poll.ts";
import { type ServedFeatures, serveFeatures, VIEWER_TOKEN } from "../../support/serve-features.ts";

const NO_CORE: CoreProcess = { kind: "missing", reason: "It is not shared.", remedy: 'pid: "service:core"' };

const SETTINGS = { enabled: true, signals: [] };

const serve = (core: CoreProcess = NO_CORE, log = createLog({ level: "silent", access: false })) =>
  serveFeatures([createProcesses(SETTINGS, { coreProcess: { find: async () => core }, log })]);

const found = ({ pid }: { pid: number }): CoreProcess => ({
  ...{ kind: "found", pid, startTime: "2026-01-01T00:00:00.000Z", foundBy: "the test says so" },
});

const listOf = async (served: ServedFeatures): Promise<ProcessList> =>
  processList.strict().parse(await (await served.get("/processes")).json());
const asText = (accept: string) => ({ headers: { Accept: accept } });
const viewer = { headers: { Authorization: `Bearer ${VIEWER_TOKEN}` } };

test("a process is listed with what /proc says of it", async () => {
  await using target = await startTarget(["sleep", "300"]);
  await using served = await serve(found(target));
  const list = await listOf(served);
  expect(list).toMatchObject({ sharedPidNamespace: true, mainReason: null, remedy: null });
  expect(list.main).toEqual({
    pid: target.pid,
    startTime: "2026-01-01T00:00:00.000Z",
    foundBy: "the test says so",
  });
  const listed = list.processes.find(({ pid }) => pid === target.pid);
  expect(listed).toMatchObject({
    ...{ name: "sleep", parentPid: process.pid, uid: process.getuid?.(), commandLine: ["sleep", "300"] },
    ...{ threads: 1, isMain: true, isSidecar: false, isKernelThread: false },
  });
  expect(listed?.executable).toMatch(/sleep|coreutils|busybox/);
  expect(listed?.rssBytes).toBeGreaterThan(0);
  expect(["sleeping", "running"]).toContain(listed?.state);
  expect(Math.abs(Date.parse(listed?.startTime ?? "") - Date.now())).toBeLessThan(10_000);
});

test("the processes are in the order of their pids, and the sidecar with what it has started is marked", async () => {
  await using child = await start(["sleep", "300"]);
  await using served = await serve();
  const { processes } = await listOf(served);
  const pids = processes.map(({ pid }) => pid);
  expect(pids).toEqual(pids.toSorted((a, b) => a - b));
  const sidecar = processes.filter(({ isSidecar }) => isSidecar).map(({ pid }) => pid);
  expect(sidecar).toEqual(expect.arrayContaining([process.pid, child.pid]));
});

test("CPU time is the kernel's, and the average is since the start", async () => {
  await using busy = await startTarget(["dd", "if=/dev/zero", "of=/dev/null", "bs=1"]);
  await poll("it has used some CPU", async () => ((await readStat(busy.pid))?.systemTicks ?? 0) > 5);
  await using served = await serve();
  const before = (await readStat(busy.pid)) ?? { userTicks: Number.NaN, systemTicks: Number.NaN };
  const listed = (await listOf(served)).processes.find(({ pid }) => pid === busy.pid);
  expect(listed?.cpuTimeNs).toBeGreaterThanOrEqual((before.userTicks + before.systemTicks) * 10_000_000);
  expect(listed?.cpuPercentSinceStart).toBeGreaterThan(0);
});

test("what can't be known is null with a reason: a zombie has no executable and no memory", async () => {
  await using parent = await startZombie();
  await using served = await serve();
  const listed = (await listOf(served)).processes.find(({ pid }) => pid === parent.zombie);
  expect(listed).toMatchObject({
    state: "zombie",
    stateLetter: "Z",
    commandLine: [],
    executable: null,
    rssBytes: null,
  });
  expect(listed?.unreadable.map(({ field }) => field)).toEqual(
    expect.arrayContaining(["executable", "rssBytes"]),
  );
  expect(listed?.unreadable.every(({ reason }) => reason !== "")).toBe(true);
});

test("without a known main process the list says why, and what mends it", async () => {
  await using served = await serve();
  expect(await listOf(served)).toMatchObject({
    ...{ main: null, mainReason: "It is not shared.", remedy: 'pid: "service:core"' },
  });
  const text = await (await served.get("/processes", asText("text/plain"))).text();
  expect(text).toMatch(
    /^# .*The app's main process is not known: It is not shared\.\n# What mends it: pid: "service:core"\n/,
  );
});

test("processes that come and go while they are read never make the list fail", async () => {
  await using _ = await startScript("while :; do true & true & wait; done");
  await using served = await serve();
  for (let round = 0; round < 5; round++) {
    const response = await served.get("/processes");
    expect(response.status).toBe(200);
    expect(((await response.json()) as ProcessList).processes.length).toBeGreaterThan(1);
  }
});

test("secrets of command lines are masked, in every form", async () => {
  await using other = await startTarget([
    "sh",
    "-c",
    "sleep 300; : --password=hunter2",
    "--api-key",
    "s3cr3t-value",
  ]);
  await using served = await serve();
  for (const accept of ["application/json", "text/plain", "text/html"]) {
    for (const path of ["/processes", `/processes/${other.pid}`]) {
      const text = await (await served.get(path, asText(accept))).text();
      expect(text).not.toMatch(/hunter2|s3cr3t-value/);
      expect(text).toContain("--api-key");
    }
  }
});

test("an operator may see the secrets, and the log says who did; a viewer may not", async () => {
  const written: string[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      written.push(String(chunk));
      done();
    },
  });
  await using target = await startTarget(["sh", "-c", "sleep 300; :", "--password=hunter2"]);
  await using served = await serve(NO_CORE, createLog({ level: "info", access: false }, destination));
  const path = `/processes/${target.pid}?secrets=show`;
  expect(await (await served.get(path)).text()).toContain("hunter2");
  expect(JSON.parse(written.join(""))).toMatchObject({
    audit: "processes.secrets",
    user: "operator",
    path: `/_sidecar/processes/${target.pid}`,
  });
  const refused = await served.get(path, viewer);
  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({
    code: "role-required",
    remedy: expect.stringContaining("operator"),
  });
  expect((await served.get("/processes?secrets=yes")).status).toBe(400);
  expect(written).toHaveLength(1);
});

test("the text is a table with aligned columns", async () => {
  await using target = await startIdle();
  await using served = await serve(found(target));
  const response = await served.get("/processes", asText("text/plain"));
  expect(response.headers.get("Content-Type")).toBe("text/plain; charset=utf-8");
  const [first = "", head = "", ...rows] = (await response.text()).trimEnd().split("\n");
  expect(first).toBe(`# The app's main process is ${target.pid}: the test says so.`);
  const column = head.indexOf("COMMAND");
  const row = rows.find((line) => line.includes("<- the app's main process")) ?? "";
  expect(row.slice(column)).toBe("sleep 300  <- the app's main process");
  expect(rows.every((line) => line[column - 1] === " " && line[column] !== " ")).toBe(true);
});

test("the page escapes what processes say of themselves, and links to their system calls", async () => {
  await using target = await startTarget(["sh", "-c", "sleep 300; :", "<script>alert(1)</script>"]);
  await using served = await serve();
  const response = await served.get("/processes", asText("text/html,*/*;q=0.1"));
  expect(response.headers.get("Content-Security-Policy")).toContain("default-src 'none'");
  const page = await response.text();
  expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
  expect(page).not.toContain("<script>alert");
  expect(page).toContain(`<a href="strace/${target.pid}">`);
  const detail = await (await served.get(`/processes/${target.pid}`, asText("text/html"))).text();
  expect(detail).toContain(`<a href="../strace/${target.pid}">`);
  expect(detail).not.toContain("<script>alert");
});

const detailOf = async (served: ServedFeatures, { pid }: TargetProcess): Promise<ProcessDetail> =>
  processDetail.strict().parse(await (await served.get(`/processes/${pid}`)).json());

test("one process is told with its family, namespaces, open files and limits", async () => {
  await using target = await startScript("sleep 300 & wait");
  await poll(
    "its child runs",
    async () => (await readFile(`/proc/${target.pid}/task/${target.pid}/children`, "utf8")).trim() !== "",
  );
  await using served = await serve(found(target));
  const detail = await detailOf(served, target);
  expect(detail.ancestors[0]).toMatchObject({ pid: process.pid });
  expect(detail.children).toEqual([{ pid: expect.any(Number), name: expect.stringMatching(/sleep|sh/) }]);
  expect(detail.namespaces).toMatchObject({
    net: expect.stringMatching(/^net:\[\d+\]$/),
    pid: expect.stringMatching(/^pid:/),
  });
  expect(detail.openFiles).toBeGreaterThanOrEqual(3);
  expect(detail.tracer).toBeNull();
  expect(detail.limits).toEqual(
    expect.arrayContaining([expect.objectContaining({ name: "open files", unit: "files" })]),
  );
  const text = await (await served.get(`/processes/${target.pid}`, asText("text/plain"))).text();
  expect(text).toMatch(/^belongs to +the app: its main process$/m);
});

test("a pid of no process is 404, and one that is none is 400", async () => {
  await using served = await serve();
  const missing = await served.get("/processes/4194303");
  expect(missing.status).toBe(404);
  expect(await missing.json()).toMatchObject({ code: "process-not-found", remedy: expect.any(String) });
  for (const pid of ["abc", "0", "-1", "1.5", "01", "1e3", "99999999999", "self"]) {
    const response = await served.get(`/processes/${pid}`);
    expect([pid, response.status]).toEqual([pid, 400]);
    expect(await response.json()).toMatchObject({
      code: "invalid-parameter",
      errors: [{ pointer: "path:pid" }],
    });
  }
});

test("a thread is not taken for a process; the answer names its process", async () => {
  await using served = await serve();
  const thread = (await listThreads(process.pid)).find((id) => id !== process.pid);
  const response = await served.get(`/processes/${thread}`);
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({
    detail: expect.stringContaining(`a thread of process ${process.pid}`),
  });
});

test("the capability says whether the app's processes are seen, and what mends it", async () => {
  const without = createProcesses(SETTINGS, { coreProcess: { find: async () => NO_CORE } });
  expect(await without.capability()).toMatchObject({
    works: "partly",
    parts: [{ works: true }, { works: false, reason: "It is not shared.", remedy: 'pid: "service:core"' }],
  });
  await using target = await startIdle();
  const core = found(target);
  const withCore = createProcesses(SETTINGS, { coreProcess: { find: async () => core } });
  expect(await withCore.capability()).toMatchObject({ works: "yes" });
});
