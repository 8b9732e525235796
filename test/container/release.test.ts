import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fixturePath } from "../linux/target-process.ts";
import { docker } from "../support/docker.ts";
import { poll } from "../support/poll.ts";
import { type Containers, type Core, openContainers, type Sidecar, startSidecar } from "./containers.ts";

/**
 * A sidecar that dies while it traces, in each way that an engine and a kernel know: the app, of 300 threads that never
 * rest, runs free and answers.
 */

const USER = "1001:1001";
const THREADS = 301;
/** Room for the sidecar (some 120 MB), and for what eats the rest. */
const MEMORY_MB = 400;
const TRACE_MS = 60_000;

/** The processes of a sidecar. */
type Pids = Readonly<Record<"program" | "strace" | "init", number>>;

const PROGRAM_STARVES = "want of memory, at which the kernel kills its program";
const STRACE_STARVES = "want of memory, at which the kernel kills strace";
/** Whom the kernel is to kill. */
const VICTIMS: ReadonlyMap<string, keyof Pids> = new Map([
  [PROGRAM_STARVES, "program"],
  [STRACE_STARVES, "strace"],
]);

/** What ends the sidecar, and what of it is left: the engine ends all that is in a container whose first process ends. */
const ENDS: Readonly<Record<string, (sidecar: Sidecar, pids: Pids) => Promise<unknown>>> = {
  "`docker kill`": ({ id }) => docker(["kill", "--signal", "KILL", id]),
  "`docker rm --force`": ({ id }) => docker(["rm", "--force", "--volumes", id]),
  "`docker stop`": ({ id }) => docker(["stop", id]),
  "SIGKILL of its init": (sidecar, { init }) => kill(sidecar, init),
  "SIGKILL of its program": (sidecar, { program }) => kill(sidecar, program),
  "SIGKILL of strace": (sidecar, { strace }) => kill(sidecar, strace),
  [PROGRAM_STARVES]: (sidecar, { program }) => runOutOfMemory(sidecar, program),
  [STRACE_STARVES]: (sidecar, { strace }) => runOutOfMemory(sidecar, strace),
};

let folder: string;
let containers: Containers;
let core: Core;
let sidecars: ReadonlyMap<string, Sidecar>;

beforeAll(async () => {
  containers = await openContainers();
  core = await startManyThreads();
  const options = [
    ...["--memory", `${MEMORY_MB}m`, "--memory-swap", `${MEMORY_MB}m`],
    // Nothing else shall end a trace, however busy the machine is.
    ...["--env", `SIDECAR_STRACE_DURATION_MS=${TRACE_MS}`, "--env", "SIDECAR_STRACE_MAX_FROZEN_MS=10000"],
  ];
  const grant = { user: USER, capAdd: [], options, starter: ["tini", "-s", "--"] };
  const started = await Promise.all(
    Object.keys(ENDS).map(async (end) => [end, await startSidecar(containers, core, grant)] as const),
  );
  sidecars = new Map(started);
});

afterAll(async () => {
  await containers?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test.each(Object.entries(ENDS))(
  "after %s nothing of the app is traced or stopped, and it answers",
  async (end, harm) => {
    const sidecar = sidecars.get(end);
    if (sidecar === undefined) throw new Error("it was not started");
    const trace = await startTrace(sidecar);
    const pids = await pidsOf(sidecar);
    expect(await threadsOf(core)).toMatchObject({ threads: THREADS, tracers: [pids.strace] });
    const victims: Partial<Record<string, number>> = await hostPidsOf(sidecar, pids);

    await harm(sidecar, pids);
    const isFree = async () => {
      const { threads, tracers, isStopped } = await threadsOf(core);
      return threads === THREADS && tracers.length === 0 && !isStopped;
    };
    await poll("the app is free", isFree, { timeoutMs: TRACE_MS / 2 });
    await docker(["exec", core.id, "node", "-e", ASK]);
    const victim = victims[VICTIMS.get(end) ?? "none"];
    if (victim !== undefined)
      await poll("the kernel has killed it for want of memory", () => isStarved(victim));
    trace.destroy();
  },
);

const json = { headers: { Accept: "application/json" } };

/** Fails where the app does not say "ok". */
const ASK = `fetch("http://127.0.0.1:8000/", { signal: AbortSignal.timeout(5_000) })
  .then((answer) => answer.text()).then((text) => process.exit(text === "ok" ? 0 : 1));`;

async function startManyThreads(): Promise<Core> {
  folder = await mkdtemp("/tmp/tickbird-release-");
  await chmod(folder, 0o755);
  const program = `${folder}/many-threads`;
  execFileSync("cc", ["-static", "-pthread", "-o", program, fixturePath("many-threads.c")]);
  const options = ["--user", USER, "--volume", `${folder}:/srv:ro`, "--entrypoint", "/srv/many-threads"];
  return { id: await containers.run([...options, "--no-healthcheck"], ["8000"]), address: "127.0.0.1" };
}

/** Starts a trace of a call that the app hardly makes, and waits until strace holds the app. */
async function startTrace(sidecar: Sidecar): Promise<IncomingMessage> {
  const headers = { Accept: "application/x-ndjson", Authorization: `Bearer ${sidecar.token}` };
  const running = await sidecar.stream("/_sidecar/strace/1/10000?syscalls=accept", { headers });
  expect(running.statusCode).toBe(200);
  return running.on("error", () => undefined).resume();
}

async function pidsOf(sidecar: Sidecar): Promise<Pids> {
  const { processes } = JSON.parse((await sidecar.ask("/processes", json)).text);
  const own: { pid: number; parentPid: number; name: string; isSidecar: boolean }[] = processes.filter(
    ({ isSidecar }: { isSidecar: boolean }) => isSidecar,
  );
  // A container's first process has its parent outside.
  const init = own.find(({ parentPid }) => parentPid === 0)?.pid ?? 0;
  const program = own.find(({ parentPid }) => parentPid === init)?.pid ?? 0;
  return { init, program, strace: own.find(({ name }) => name === "strace")?.pid ?? 0 };
}

/** What the app's threads are in, as its own container sees it. */
async function threadsOf({ id }: Core) {
  const text = await docker(["exec", id, "sh", "-c", "cat /proc/1/task/*/status"]);
  const tracers = new Set([...text.matchAll(/^TracerPid:\t(\d+)$/gm)].map(([, pid]) => Number(pid)));
  const states = [...text.matchAll(/^State:\t(\w)/gm)].map(([, letter]) => letter);
  tracers.delete(0);
  return { threads: states.length, tracers: [...tracers], isStopped: /[Tt]/.test(states.join("")) };
}

function kill(sidecar: Sidecar, pid: number): Promise<string> {
  return runInside(sidecar, `kill -KILL ${pid}`);
}

/** Fills the memory that the container may use, with a process as the one that the kernel is to kill first (proc(5)). */
function runOutOfMemory(sidecar: Sidecar, victim: number): Promise<string> {
  const eat = "const eaten = []; for (;;) eaten.push(Buffer.alloc(4_194_304, 1));";
  return runInside(sidecar, `echo 1000 >/proc/${victim}/oom_score_adj && exec node -e '${eat}'`);
}

/** The numbers that the sidecar's processes have on the host, where the kernel's log has them (NSpid of proc_pid_status(5)). */
async function hostPidsOf({ id }: Sidecar, pids: Pids): Promise<Partial<Record<string, number>>> {
  const [, ...hostPids] = (await docker(["top", id, "-eo", "pid"])).trim().split("\n").map(Number);
  const found = hostPids.map((hostPid) => {
    const status = readFileSync(`/proc/${hostPid}/status`, "utf8");
    const pid = Number(/^NSpid:.*\s(\d+)$/m.exec(status)?.[1]);
    return [Object.entries(pids).find(([, each]) => each === pid)?.[0] ?? "other", hostPid] as const;
  });
  return Object.fromEntries(found);
}

/** Whether the kernel says that it has killed a process since its cgroup had no memory left; for root only. */
function isStarved(hostPid: number): boolean {
  const log = execFileSync("dmesg", { encoding: "utf8", maxBuffer: 67_108_864 });
  return new RegExp(`Memory cgroup out of memory: Killed process ${hostPid} \\(`).test(log);
}

/** Detached: the end of a container ends what was executed in it, and the docker client may then wait for ever. */
function runInside({ id }: Sidecar, script: string): Promise<string> {
  return docker(["exec", "--detach", id, "sh", "-c", script]);
}
