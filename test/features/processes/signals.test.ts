import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { requireWorthwhile } from "../../../src/features/processes/check-signal.ts";
import { processDetail } from "../../../src/features/processes/process-schema.ts";
import { signalSent } from "../../../src/features/processes/signal-schema.ts";
import { timeOfTicks } from "../../../src/linux/boot-clock.ts";
import { readStat } from "../../../src/linux/proc.ts";
import { start } from "../../../src/linux/spawn.ts";
import { createLog } from "../../../src/web/log.ts";
import { startIdle, startScript, startTarget, startZombie } from "../../linux/target-process.ts";
import { poll } from "../../support/poll.ts";
import { OPERATOR_TOKEN, type ServedFeatures, VIEWER_TOKEN } from "../../support/serve-features.ts";
import { startProgram } from "../config/support/core-fixture.ts";
import { coreOf, serveAs, serveProcesses } from "./support.ts";

interface Asked {
  readonly pid: number;
  readonly signal?: string;
  readonly startTime?: string | undefined;
  readonly token?: string;
  readonly body?: string;
  readonly type?: string;
}

const startTimeOf = async (pid: number) => timeOfTicks((await readStat(pid))?.startTicks ?? 0);

async function send(
  served: ServedFeatures,
  { pid, signal = "SIGHUP", startTime, token = OPERATOR_TOKEN, body, type = "application/json" }: Asked,
) {
  const named = startTime ?? (await startTimeOf(pid));
  const response = await served.get(`/processes/${pid}/signals`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": type },
    body: body ?? JSON.stringify({ signal, startTime: named }),
  });
  return { status: response.status, answer: await response.json() };
}

function recordedLog() {
  const written: string[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      written.push(String(chunk));
      done();
    },
  });
  return {
    log: createLog({ level: "info", access: false }, destination),
    lines: () =>
      written
        .join("")
        .trim()
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line)),
  };
}

test("a signal reaches the process of the app that was named, and the log says who sent it", async () => {
  await using core = await startProgram({ handles: ["HUP"] });
  const { log, lines } = recordedLog();
  await using served = await serveProcesses(coreOf(core), { log });
  const { status, answer } = await send(served, { pid: core.pid });
  expect([status, signalSent.strict().parse(answer)]).toEqual([
    200,
    { pid: core.pid, startTime: core.startTime, name: "tickbird-core", signal: "SIGHUP", effect: "handled" },
  ]);
  await poll("it has come", () => core.received().length === 1);
  expect(lines()).toMatchObject([
    {
      audit: "processes.signal",
      user: "operator",
      pid: core.pid,
      signal: "SIGHUP",
      startTime: core.startTime,
    },
  ]);
});

test("a later process of the same pid gets nothing: the start time has to be its own", async () => {
  await using core = await startProgram({ handles: ["HUP"] });
  const { log, lines } = recordedLog();
  await using served = await serveProcesses(coreOf(core), { log });
  const { status, answer } = await send(served, { pid: core.pid, startTime: "2001-01-01T00:00:00.000Z" });
  expect([status, answer]).toMatchObject([412, { code: "precondition-failed", startTime: core.startTime }]);
  // The next one that is allowed shows that this one was not on its way.
  await send(served, { pid: core.pid });
  await poll("the second has come", () => core.received().length > 0);
  expect(core.received()).toHaveLength(1);
  expect(lines()).toHaveLength(1);
});

test("neither the sidecar, nor what it has started, nor a process of somebody else gets a signal", async () => {
  await using core = await startIdle();
  await using other = await startProgram({ handles: ["HUP"] });
  await using ours = await start(["sleep", "300"]);
  await using served = await serveProcesses(coreOf(core));
  for (const [pid, why] of [
    [process.pid, "belongs to the sidecar itself"],
    [ours.pid, "belongs to the sidecar itself"],
    [other.pid, "none of the app's processes"],
    [process.ppid, "none of the app's processes"],
  ] as const) {
    const { status, answer } = await send(served, { pid });
    expect([pid, status, answer]).toMatchObject([
      pid,
      409,
      { code: "process-not-signalable", detail: expect.stringContaining(why) },
    ]);
  }
  expect(other.received()).toEqual([]);
  await using unknown = await serveProcesses();
  expect(await send(unknown, { pid: other.pid })).toMatchObject({
    status: 409,
    answer: { code: "process-not-signalable", remedy: 'pid: "service:core"' },
  });
});

test("a process below the app's main one gets its signal", async () => {
  await using core = await startScript(
    "sh -c \"trap 'echo got' HUP; echo \\$\\$; while :; do sleep 0.05; done\" & wait",
  );
  const child = Number(await core.line());
  await using served = await serveProcesses(coreOf(core));
  expect((await send(served, { pid: child })).answer).toMatchObject({ pid: child, effect: "handled" });
  expect(await core.line()).toBe("got");
});

test("only signals of the settings are sent, and a safe few by default", async () => {
  await using core = await startProgram();
  await using served = await serveProcesses(coreOf(core));
  for (const signal of ["SIGTERM", "SIGKILL", "SIGSTOP", "SIGINT", "SIGQUIT"]) {
    expect(await send(served, { pid: core.pid, signal })).toMatchObject({
      status: 403,
      answer: {
        code: "signal-not-allowed",
        allowed: ["SIGHUP", "SIGCONT"],
        remedy: `SIDECAR_PROCESSES_SIGNALS=SIGHUP,SIGCONT,${signal}`,
      },
    });
  }
  expect(core.hasEnded()).toBe(false);
  const env = { SIDECAR_PROCESSES_SIGNALS: "SIGTERM" };
  await using other = await serveProcesses(coreOf(core), { env });
  expect(await send(other, { pid: core.pid, signal: "SIGTERM" })).toMatchObject({
    status: 200,
    answer: { effect: "ends the process" },
  });
  await poll("it has ended", () => core.hasEnded());
});

test("a process of the app tells which signals it may be sent, and one of somebody else none", async () => {
  await using core = await startProgram({ handles: ["HUP"] });
  await using other = await startIdle();
  await using served = await serveProcesses(coreOf(core), {
    env: { SIDECAR_PROCESSES_SIGNALS: "SIGHUP,SIGUSR2" },
  });
  const signalsOf = async ({ pid }: { pid: number }) =>
    processDetail.parse(await (await served.get(`/processes/${pid}`)).json()).signals;
  expect(await signalsOf(core)).toEqual(["SIGHUP", "SIGUSR2"]);
  expect(await signalsOf(other)).toEqual([]);
});

test("a signal that would do nothing, or end what it is not meant to end, is refused", async () => {
  await using core = await startProgram({ ignores: ["USR1"] });
  const env = { SIDECAR_PROCESSES_SIGNALS: "SIGUSR1,SIGUSR2,SIGHUP" };
  await using served = await serveProcesses(coreOf(core), { env });
  expect((await send(served, { pid: core.pid, signal: "SIGUSR1" })).answer).toMatchObject({
    code: "process-not-signalable",
    detail: `Process ${core.pid} ignores SIGUSR1.`,
  });
  expect((await send(served, { pid: core.pid, signal: "SIGUSR2" })).answer).toMatchObject({
    code: "process-not-signalable",
    detail: `Process ${core.pid} does not handle SIGUSR2: it would end it. It was not sent.`,
  });
  expect(core.hasEnded()).toBe(false);
  await using zombie = await startZombie();
  await using other = await serveProcesses(coreOf(zombie));
  expect((await send(other, { pid: zombie.zombie })).answer).toMatchObject({
    code: "process-not-signalable",
    detail: expect.stringContaining("zombie"),
  });
  expect(() => requireWorthwhile(1, "SIGKILL", "ends the process")).toThrow("the kernel drops it");
  expect(requireWorthwhile(1, "SIGHUP", "handled")).toBe("handled");
});

test("stopping and continuing are told as what they do", async () => {
  await using core = await startIdle();
  const env = { SIDECAR_PROCESSES_SIGNALS: "SIGSTOP,SIGCONT" };
  await using served = await serveProcesses(coreOf(core), { env });
  const isIn = async (letter: string) => (await readStat(core.pid))?.stateLetter === letter;
  expect((await send(served, { pid: core.pid, signal: "SIGSTOP" })).answer).toMatchObject({
    effect: "stops the process",
  });
  await poll("it stands", () => isIn("T"));
  expect((await send(served, { pid: core.pid, signal: "SIGCONT" })).answer).toMatchObject({
    effect: "continues the process",
  });
  await poll("it goes on", () => isIn("S"));
});

test("what is no request for a signal is refused, and a viewer is", async () => {
  await using core = await startIdle();
  await using served = await serveProcesses(coreOf(core));
  const { pid } = core;
  const startTime = await startTimeOf(pid);
  for (const [asked, status, code] of [
    [{ token: VIEWER_TOKEN }, 403, "role-required"],
    [{ type: "text/plain" }, 415, "unsupported-media-type"],
    [{ body: "SIGHUP" }, 400, "bad-request"],
    [{ body: "{}" }, 422, "content-invalid"],
    [{ body: JSON.stringify({ signal: "SIGHUP" }) }, 422, "content-invalid"],
    [{ body: JSON.stringify({ signal: "HUP", startTime }) }, 422, "content-invalid"],
    [{ body: JSON.stringify({ signal: 9, startTime }) }, 422, "content-invalid"],
    [{ body: JSON.stringify({ signal: "SIGHUP", startTime, force: true }) }, 422, "content-invalid"],
    [{ body: "x".repeat(5_000) }, 413, "body-too-large"],
    [{ pid: 4_194_303 }, 404, "process-not-found"],
  ] as const) {
    const { status: given, answer } = await send(served, { pid, ...asked });
    expect([asked, given, answer]).toMatchObject([asked, status, { code }]);
  }
});

test("a process of another user is refused by the kernel, which is told with what mends it", async (context) => {
  context.skip(process.getuid?.() !== 0, "needs root, to be somebody else");
  await using core = await startTarget([
    "sh",
    "-c",
    "trap 'echo got' HUP; echo ready; while :; do sleep 0.05; done",
  ]);
  await core.line();
  await using served = await serveAs({ uid: 65_534, gid: 65_534 }, core);
  const response = await served.request(`/processes/${core.pid}/signals`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ signal: "SIGHUP", startTime: await startTimeOf(core.pid) }),
  });
  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({
    code: "permission-denied",
    remedy: expect.stringContaining("KILL"),
  });
});
