import { readdir, readlink } from "node:fs/promises";
import { expect, test } from "vitest";
import {
  type ResourceHistory,
  type ResourceReport,
  resourceHistory,
  resourceReport,
} from "../../../src/features/resources/resource-schema.ts";
import { createResources } from "../../../src/features/resources/resources.ts";
import type { CoreProcess } from "../../../src/linux/core-process.ts";
import { createLog } from "../../../src/web/log.ts";
import { startBusy, startIdle } from "../../linux/target-process.ts";
import { poll } from "../../support/poll.ts";
import { type ServedFeatures, serveFeatures, VIEWER_TOKEN } from "../../support/serve-features.ts";

const NO_CORE: CoreProcess = { kind: "missing", reason: "It is not shared.", remedy: 'pid: "service:core"' };
const silent = createLog({ level: "silent", access: false });

const found = ({ pid }: { pid: number }, startTime = "2026-01-01T00:00:00.000Z"): CoreProcess => ({
  ...{ kind: "found", pid, startTime, foundBy: "the test says so" },
});
const serve = (find: () => CoreProcess) =>
  serveFeatures([
    createResources({ enabled: true }, { coreProcess: { find: async () => find() }, log: silent }),
  ]);
const accept = (type: string) => ({ headers: { Accept: type } });
const reportOf = async (served: ServedFeatures): Promise<ResourceReport> =>
  resourceReport.strict().parse(await (await served.get("/resources")).json());
const historyOf = async (served: ServedFeatures): Promise<ResourceHistory> =>
  resourceHistory.strict().parse(await (await served.get("/resources/history?window=1m")).json());

test("the app's figures are read, and each that is null has its reason", async () => {
  await using target = await startIdle();
  await using served = await serve(() => found(target));
  const report = await reportOf(served);
  expect(report).toMatchObject({ process: { pid: target.pid }, reason: null, remedy: null });
  expect(report.network?.map(({ name }) => name)).toContain("lo");
  const root = report.fileSystems?.find(({ mountPoints }) => mountPoints.includes("/"));
  expect(root?.totalBytes).toBeGreaterThan(0);
  expect(root?.usedRatio).toBeGreaterThan(0);
  expect(root?.usedRatio).toBeLessThanOrEqual(1);
  const fields = new Set(report.unreadable.map(({ field }) => field));
  for (const [name, value] of Object.entries(report.memory ?? {})) {
    if (value === null && name !== "usedRatio") expect(fields).toContain(`memory.${name}`);
  }
  expect(report.unreadable.every(({ reason }) => reason.length > 10)).toBe(true);
});

test("without a known main process the answer says why, and what mends it, in every form", async () => {
  await using served = await serve(() => NO_CORE);
  expect(await reportOf(served)).toMatchObject({
    ...{ process: null, cpu: null, memory: null, fileSystems: null, network: null },
    ...{ reason: "It is not shared.", remedy: 'pid: "service:core"' },
  });
  const text = await (await served.get("/resources", accept("text/plain"))).text();
  expect(text).toContain('# What mends it: pid: "service:core"\n');
  const page = await (await served.get("/resources", accept("text/html"))).text();
  expect(page).toContain("pid: &quot;service:core&quot;");
});

test("the text has aligned tables, the page has them too and needs nothing from elsewhere", async () => {
  await using target = await startIdle();
  await using served = await serve(() => found(target));
  const response = await served.get("/resources", accept("text/plain"));
  expect(response.headers.get("Content-Type")).toBe("text/plain; charset=utf-8");
  const lines = (await response.text()).split("\n");
  const head = lines.findIndex((line) => line.startsWith("RESOURCE  USED") || /^RESOURCE +USED/.test(line));
  const column = lines[head]?.indexOf("LIMIT") ?? -1;
  expect(column).toBeGreaterThan(0);
  for (const line of lines.slice(head + 1, head + 4)) {
    expect(line[column - 1]).toBe(" ");
    expect(line[column]).not.toBe(" ");
  }
  await poll("two seconds are known", async () => (await historyOf(served)).points.length > 3);
  const page = await served.get("/resources", accept("text/html,*/*;q=0.1"));
  expect(page.headers.get("Content-Security-Policy")).toContain("default-src 'none'");
  const html = await page.text();
  expect(html).toMatch(/<svg role="img"[^>]*><path d="M[\d.]+ [\d.]+L/);
  expect(html).not.toContain("style=");
  expect(html).toContain('href="resources/history?window=24h"');
});

test("every second is recorded with its rates; a restart of the app leaves a gap and a new start", async () => {
  const first = await startBusy();
  let core: CoreProcess = found(first);
  await using served = await serve(() => core);
  const busy = await poll("a second is known", async () => {
    const { points } = await historyOf(served);
    return points.some(({ pids, memoryBytes }) => pids !== null || memoryBytes !== null) && points;
  });
  const times = busy.map(({ time }) => Date.parse(time));
  expect(times.every((time, index) => index === 0 || time - (times[index - 1] ?? 0) === 1_000)).toBe(true);
  core = NO_CORE;
  await first.kill();
  const isGone = async () => (await historyOf(served)).points.at(-1)?.usedCpus === null;
  await poll("the gap is there", isGone);
  await using second = await startBusy();
  core = found(second, "2026-01-01T00:10:00.000Z");
  const { starts } = await poll(
    "the new process is recorded",
    async () => {
      const history = await historyOf(served);
      return history.starts.length === 2 && history;
    },
    { timeoutMs: 15_000 },
  );
  expect(starts.map(({ pid }) => pid)).toEqual([first.pid, second.pid]);
  expect(await reportOf(served)).toMatchObject({ process: { pid: second.pid } });
});

test("the history comes as CSV where that is wanted; a window that is none, or too long, is refused", async () => {
  await using served = await serve(() => NO_CORE);
  await poll("a second has passed", async () => (await historyOf(served)).points.length > 0);
  const csv = await served.get("/resources/history", accept("text/csv"));
  expect(csv.headers.get("Content-Type")).toBe("text/csv; charset=utf-8; header=present");
  expect(await csv.text()).toMatch(/^time,usedCpus,.*\r\n\d{4}-.*Z,,,,,,,,,,,,,\r\n/);
  for (const window of ["25h", "nonsense", "0s"]) {
    const refused = await served.get(`/resources/history?window=${window}`);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ code: "invalid-parameter" });
  }
  expect((await served.get("/resources/history", accept("text/html"))).status).toBe(406);
});

test("viewers may read, nobody else", async () => {
  await using served = await serve(() => NO_CORE);
  for (const path of ["/resources", "/resources/history"]) {
    const viewer = { headers: { Authorization: `Bearer ${VIEWER_TOKEN}` } };
    expect((await served.get(path, viewer)).status).toBe(200);
    expect((await served.get(path, { headers: { Authorization: "Bearer wrong" } })).status).toBe(401);
  }
});

test("what it can do is said before anyone asks", async () => {
  const feature = createResources(
    { enabled: true },
    { coreProcess: { find: async () => NO_CORE }, log: silent },
  );
  const { works, parts } = await feature.capability();
  expect(works).toBe("no");
  expect(parts.every(({ remedy }) => remedy === 'pid: "service:core"')).toBe(true);
});

/** The files of the process that are open here. */
async function openFilesOf(pid: number): Promise<string[]> {
  const names = await readdir("/proc/self/fd");
  const links = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => "")));
  return links.filter((link) => link.startsWith(`/proc/${pid}/`));
}

test("nothing is held of a process that has ended, and nothing at all after the stop", async () => {
  const first = await startIdle();
  await using second = await startIdle();
  let core: CoreProcess = found(first);
  {
    await using _ = await serve(() => core);
    await poll("its files are held", async () => (await openFilesOf(first.pid)).length > 0);
    await first.kill();
    await poll("they are closed", async () => (await openFilesOf(first.pid)).length === 0);
    core = found(second);
    await poll("those of the next are held", async () => (await openFilesOf(second.pid)).length > 0, {
      timeoutMs: 15_000,
    });
  }
  expect(await openFilesOf(second.pid)).toEqual([]);
});
