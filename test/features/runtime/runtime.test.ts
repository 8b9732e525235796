import { expect, test } from "vitest";
import { createRuntime } from "../../../src/features/runtime/runtime.ts";
import { runtimeList } from "../../../src/features/runtime/runtime-schema.ts";
import type { CoreProcess } from "../../../src/linux/core-process.ts";
import { startNode, startScript, startTarget } from "../../linux/target-process.ts";
import { serveFeatures } from "../../support/serve-features.ts";
import { asking, coreOf, NO_CORE, serveAs } from "../processes/support.ts";

const serveRuntime = (core: CoreProcess) =>
  serveFeatures([createRuntime({ coreProcess: { find: async () => core } })]);

async function listOf(core: CoreProcess) {
  await using served = await serveRuntime(core);
  return runtimeList.strict().parse(await (await served.get("/runtime")).json());
}

test("a program of Node.js is told with its version and the figures that any process has", async () => {
  await using target = await startNode("console.log(process.version); setInterval(() => {}, 1000)");
  const version = (await target.line()).slice(1);
  const { processes, reason } = await listOf(coreOf(target));
  expect(reason).toBeNull();
  expect(processes).toMatchObject([
    {
      ...{
        pid: target.pid,
        isMain: true,
        kind: "node",
        version,
        versionFrom: process.execPath,
        unreadable: [],
      },
      evidence: `it executes ${process.execPath}`,
    },
  ]);
  const [node] = processes;
  expect(node?.threads).toBeGreaterThan(4);
  expect(node?.rssBytes).toBeGreaterThan(10_000_000);
  expect(node?.openFiles).toBeGreaterThan(5);
  expect(node?.cpuTimeNs).toBeGreaterThan(0);
});

test("a native program says so, and why it has no version; what it starts is told below it", async () => {
  await using target = await startScript("sleep 300 & echo up; wait");
  await target.line();
  const { processes } = await listOf(coreOf(target));
  expect(processes.map(({ name, kind, isMain }) => ({ name, kind, isMain }))).toEqual([
    { name: "sh", kind: "native", isMain: true },
    { name: "sleep", kind: "native", isMain: false },
  ]);
  expect(processes[0]?.unreadable).toEqual([
    {
      field: "version",
      reason: "a native program has no version that can be read from outside",
      remedy: null,
    },
  ]);
});

test("a process that has been replaced by exec is what it is now", async () => {
  await using target = await startTarget(
    [
      "sh",
      "-c",
      `read line; exec "$0" -e 'console.log("up"); setInterval(() => {}, 1000)'`,
      process.execPath,
    ],
    {
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  await using served = await serveRuntime(coreOf(target));
  const kind = async () => runtimeList.parse(await (await served.get("/runtime")).json()).processes[0]?.kind;
  expect(await kind()).toBe("native");
  target.child.stdin?.write("go on\n");
  await target.line();
  expect(await kind()).toBe("node");
});

test("text and page are for people; without a known main process they say what mends it", async () => {
  await using target = await startScript("sleep 300");
  await using served = await serveRuntime(coreOf(target));
  const text = await (await served.get("/runtime", asking("text/plain"))).text();
  expect(text).toMatch(/^ *PID {2}NAME +KIND/);
  expect(text).toContain("native");
  expect(await (await served.get("/runtime", asking("text/html"))).text()).toContain("<h1>What the app's");
  await using alone = await serveRuntime(NO_CORE);
  expect(await (await alone.get("/runtime", asking("text/plain"))).text()).toContain(
    '# What mends it: pid: "service:core"',
  );
  expect(await (await alone.get("/runtime")).json()).toMatchObject({
    processes: [],
    reason: "It is not shared.",
  });
});

test.skipIf(process.getuid?.() !== 0)(
  "what another user may not look into is null, with the line that mends it",
  async () => {
    await using target = await startScript("sleep 300");
    await using served = await serveAs({ uid: 65_534, gid: 65_534 }, target, "serve-runtime.ts");
    const [main] = runtimeList.parse(await (await served.request("/runtime")).json()).processes;
    expect(main).toMatchObject({ kind: null, version: null, evidence: null, threads: 1 });
    expect(main?.unreadable.find(({ field }) => field === "kind")?.remedy).toContain("SYS_PTRACE");
  },
);
