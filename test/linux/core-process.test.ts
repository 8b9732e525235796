import { createServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { type CoreProcess, createCoreProcessFinder } from "../../src/linux/core-process.ts";
import { ancestorsOf, readProcessTable } from "../../src/linux/process-table.ts";
import { loadSettings } from "../../src/settings/load.ts";
import { isMissing } from "../support/needs.ts";
import { poll } from "../support/poll.ts";
import { fixturePath, startFixture, startNode, startTarget, type TargetProcess } from "./target-process.ts";

const finderFor = (url: string, process = "auto") =>
  createCoreProcessFinder(
    loadSettings({ env: { SIDECAR_CORE_URL: url, SIDECAR_CORE_PROCESS: process } }).settings.core,
  );

const find = (url: string, process?: string) => finderFor(url, process).find();

/** An HTTP server in a process of its own, which writes its port. */
const startServer = (address = "127.0.0.1", port = 0): Promise<TargetProcess> =>
  startNode(`import { createServer } from "node:http";
    const server = createServer().listen(${port}, "${address}", () => console.log(server.address().port));`);

/** Whether the first process here is none of ours, as in a container that is entered from outside: then it is a fallback. */
async function hasForeignInit(): Promise<boolean> {
  return ancestorsOf(await readProcessTable(), process.pid).at(-1)?.pid !== 1;
}

const pidOf = (core: CoreProcess) => (core.kind === "found" ? core.pid : undefined);

test.each(["127.0.0.1", "localhost", "0.0.0.0", "::"])(
  "the process that listens on %s at the core's port is found",
  async (address) => {
    await using server = await startServer(address);
    const host = address === "localhost" ? "localhost" : "127.0.0.1";
    const core = await find(`http://${host}:${await server.line()}`);
    expect(core).toMatchObject({ kind: "found", pid: server.pid });
    if (core.kind !== "found") return;
    expect(Math.abs(Date.parse(core.startTime) - Date.now())).toBeLessThan(10_000);
    expect(core.foundBy).toContain("core.url");
  },
);

test("where parent and child hold the same listening socket, the parent is found", async () => {
  await using server = await startFixture("forking-server.mjs");
  const [port = "", childPid = ""] = (await server.line()).split(" ");
  expect(childPid).not.toBe("");
  expect(pidOf(await find(`http://127.0.0.1:${port}`))).toBe(server.pid);
});

test("a listener on the same port of our own machine is not taken for a core on another one", async () => {
  await using server = await startServer("0.0.0.0");
  // An address of the documentation network (RFC 5737) is never ours.
  const core = await find(`http://192.0.2.1:${await server.line()}`);
  expect(pidOf(core)).not.toBe(server.pid);
});

test("the sidecar itself is never the core, even where core.url leads to it", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  expect(pidOf(await find(`http://127.0.0.1:${port}`))).not.toBe(process.pid);
});

test("where nobody listens, it says so and how to mend it", async (context) => {
  context.skip(await hasForeignInit(), "pid 1 is none of our ancestors here, and a fallback");
  // Port 1 (tcpmux) is nobody's; a free one could be taken by another test at any moment.
  // Processes of other tests, which nobody may look into, are another reason while they are there.
  const missing = await poll("all processes can be looked into", async () => {
    const found = await find("http://127.0.0.1:1");
    return found.kind === "missing" && !found.reason.includes("can't be looked into") && found;
  });
  expect(missing).toEqual({
    kind: "missing",
    reason: expect.stringContaining("No visible process listens on 127.0.0.1:1:"),
    remedy: expect.stringMatching(/pid: "service:core".*shareProcessNamespace: true.*SIDECAR_CORE_PROCESS/),
  });
});

test("a pid in the settings is taken as it is; one of no process, or our own, is refused", async () => {
  await using server = await startServer();
  expect(await find("http://127.0.0.1:9", String(server.pid))).toMatchObject({
    kind: "found",
    pid: server.pid,
    foundBy: `core.process is ${server.pid}`,
  });
  expect(await find("http://127.0.0.1:9", "4194304")).toMatchObject({
    kind: "missing",
    reason: "core.process is 4194304, but there is no such process here.",
    remedy: "SIDECAR_CORE_PROCESS=auto",
  });
  expect(await find("http://127.0.0.1:9", String(process.pid))).toMatchObject({
    kind: "missing",
    reason: expect.stringContaining("the sidecar itself"),
  });
});

test("a name finds the topmost process of that short name, or of that executable", async () => {
  const name = `tick-${process.pid}`;
  await using server = await startNode(
    `import { spawn } from "node:child_process";
     process.title = "${name}";
     spawn(process.execPath, ["--eval", "process.title = '${name}'; console.log('up'); setInterval(() => {}, 1000)"], { stdio: ["ignore", "inherit", "ignore"] });
     setInterval(() => {}, 1000);`,
  );
  expect(await server.line()).toBe("up");
  expect(pidOf(await find("http://127.0.0.1:9", name))).toBe(server.pid);
  expect(await find("http://127.0.0.1:9", "tickbird-no-such-name")).toMatchObject({
    kind: "missing",
    reason: "No visible process is called tickbird-no-such-name.",
  });
});

test("a core that has ended is not answered any more, and its successor on the same port is", async () => {
  const first = await startServer();
  const port = await first.line();
  const finder = finderFor(`http://127.0.0.1:${port}`);
  expect(pidOf(await finder.find())).toBe(first.pid);
  await first.kill();
  expect(pidOf(await finder.find())).not.toBe(first.pid);
  await using second = await startServer("127.0.0.1", Number(port));
  await second.line();
  expect(pidOf(await finder.find())).toBe(second.pid);
});

test("callers at the same time share one search", async () => {
  await using server = await startServer();
  const finder = finderFor(`http://127.0.0.1:${await server.line()}`);
  const [one, two] = [finder.find(), finder.find()];
  expect(one).toBe(two);
  expect(pidOf(await one)).toBe(server.pid);
});

test.skipIf(isMissing("namespaces"))(
  "a core in another network namespace is found there, by its port",
  async () => {
    await using own = await startServer("0.0.0.0");
    const port = await own.line();
    await using other = await startTarget([
      ...["unshare", "--net", process.execPath, "--eval"],
      `require("node:http").createServer().listen(${port}, "0.0.0.0", () => console.log("up"))`,
    ]);
    await other.line();
    expect(pidOf(await find(`http://192.0.2.1:${port}`))).toBe(other.pid);
    expect(pidOf(await find(`http://127.0.0.1:${port}`))).toBe(own.pid);
  },
);

test.skipIf(isMissing("namespaces"))(
  "without a shared PID namespace it says so, and the line that mends it",
  async () => {
    await using sidecar = await startTarget([
      ...["unshare", "--pid", "--fork", "--mount-proc", process.execPath],
      ...[fixturePath("find-core.ts"), "http://192.0.2.1:8000"],
    ]);
    const { core, list } = JSON.parse(await sidecar.line());
    expect(core).toMatchObject({
      kind: "missing",
      reason: expect.stringContaining("does not share the PID namespace"),
      remedy: expect.stringContaining('pid: "service:core"'),
    });
    expect(list).toMatchObject({
      sharedPidNamespace: false,
      main: null,
      mainReason: core.reason,
      remedy: core.remedy,
    });
    expect(list.processes).toHaveLength(1);
  },
);

test.skipIf(isMissing("namespaces"))(
  "where no owner of the port can be seen, pid 1 of the shared namespace is the core",
  async () => {
    await using unshare = await startTarget(["unshare", "--pid", "--fork", "--mount-proc", "sleep", "300"]);
    const init = await poll("pid 1 of the namespace runs", async () =>
      [...(await readProcessTable()).values()].find(
        (stat) => stat.parentPid === unshare.pid && stat.comm === "sleep",
      ),
    );
    await using sidecar = await startTarget([
      ...["nsenter", "--target", String(init.pid), "--pid", "--mount", process.execPath],
      ...[fixturePath("find-core.ts"), "http://192.0.2.1:8000"],
    ]);
    const { core, list } = JSON.parse(await sidecar.line());
    expect(core).toMatchObject({ kind: "found", pid: 1, foundBy: expect.stringContaining("pid 1") });
    expect(list).toMatchObject({ sharedPidNamespace: true, main: { pid: 1 } });
  },
);
