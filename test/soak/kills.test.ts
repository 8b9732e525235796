import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { listPids, readCommandLine, readStatus } from "../../src/linux/proc.ts";
import { childrenOf, readProcessTable } from "../../src/linux/process-table.ts";
import { isFree } from "../features/strace/serve-strace.ts";
import { fixturePath, startTarget, type TargetProcess } from "../linux/target-process.ts";
import { COMPILED } from "../support/compiled.ts";
import { poll } from "../support/poll.ts";
import { type Random, randomOf } from "../support/random.ts";
import { CORES, type TracedCore } from "./traced-cores.ts";

/** Traces are begun, and something of the sidecar is killed at a random instant: the app must always go on. */

const ROUNDS = Number(process.env["SOAK_KILLS"] ?? 30);
const SEED = Number(process.env["SOAK_SEED"] ?? Date.now() % 1_000_000);
const MAX_ROUND_MS = 30_000;
/** Attaching takes some 20 ms, on a busy machine 200: half of the kills hit strace on its way, half while it traces. */
const MAX_INSTANT_MS = 200;

/** Where a trace is killed. `strace` is its pid. */
type Harm = (sidecar: TargetProcess, strace: number) => Promise<void> | void;

const signal = (pid: number, name: NodeJS.Signals) => {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
};
/** All but strace is of this one process, the governor's thread too. */
const killSidecar = (sidecar: TargetProcess) => void sidecar.child.kill("SIGKILL");

const HARMS: Readonly<Record<string, Harm>> = {
  "strace is killed": (_sidecar, strace) => signal(strace, "SIGKILL"),
  "the sidecar is killed": killSidecar,
  "the governor's thread ends": (sidecar) => void sidecar.child.stdin?.write("end-governor\n"),
  "strace is stopped": (_sidecar, strace) => signal(strace, "SIGSTOP"),
  "strace is stopped, then the sidecar killed": (sidecar, strace) => {
    signal(strace, "SIGSTOP");
    killSidecar(sidecar);
  },
};

async function startSidecar(core: TracedCore): Promise<TargetProcess> {
  const argv = [process.execPath, fixturePath("trace-rounds.ts"), String(core.pids[0])];
  // Not our own standard error: whatever outlives it would hold that open, and vitest waits until it is closed.
  const env = { ...process.env, ...COMPILED };
  const sidecar = await startTarget(argv, { env, stdio: ["pipe", "pipe", "ignore"] });
  expect(JSON.parse(await sidecar.line())).toEqual({ ready: true });
  return sidecar;
}

function straceOf(sidecar: TargetProcess): Promise<number> {
  const find = async () => childrenOf(await readProcessTable(), sidecar.pid)[0]?.pid;
  return poll("strace runs", find, { intervalMs: 1 });
}

/**
 * The processes that strace has left, with itself: each has its command. It begins with a child that it tries ptrace(2)
 * on, which goes on for ever where strace is killed in this moment.
 */
async function leftOf(sidecar: TargetProcess): Promise<number[]> {
  const output = `/proc/${sidecar.pid}/fd/`;
  const found: number[] = [];
  for (const pid of await listPids()) {
    const argv = (await readCommandLine(pid))?.value?.argv ?? [];
    if (argv.some((argument) => argument.startsWith(output))) found.push(pid);
  }
  return found;
}

/** How the trace has ended, as the sidecar tells it; undefined where it is no more. */
async function endOf(sidecar: TargetProcess): Promise<object | undefined> {
  return sidecar.child.killed ? undefined : JSON.parse(await sidecar.line());
}

async function answers({ port }: TracedCore): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2_000) });
  return (await response.text()) === "ok";
}

/** Asks again and again, so that there is something to trace; what is cut by a slow answer does not matter here. */
async function keepBusy(core: TracedCore, until: AbortSignal): Promise<void> {
  while (!until.aborted) {
    await answers(core).catch(() => undefined);
    await delay(2);
  }
}

/** What has been seen of one app. */
interface Lane {
  readonly name: string;
  readonly core: TracedCore;
  readonly random: Random;
  sidecar: TargetProcess;
  readonly ends: Map<string, number>;
  /** Until the app was free, at the longest, for each kind. */
  readonly longestMs: Map<string, number>;
  /** What a killed sidecar could not clean up, and the kernel does not: a child of strace that traces nothing. */
  left: number;
}

async function killOnce(lane: Lane, round: number): Promise<void> {
  const { name, core, random, sidecar, ends, longestMs } = lane;
  const kinds = Object.entries(HARMS);
  const [kind, harm] = kinds[round % kinds.length] ?? ["", () => undefined];
  sidecar.child.stdin?.write("trace\n");
  const strace = await straceOf(sidecar);
  if (kind === "strace is stopped") {
    // Before it holds anything, nobody has to end it: the sidecar waits ten seconds for it.
    const isAttached = async () => (await readStatus(core.pids[0]))?.tracerPid === strace;
    await poll("strace attaches", isAttached, { intervalMs: 1 });
  }
  // The random instant.
  await delay(random.int(MAX_INSTANT_MS));
  const fromMs = performance.now();
  await harm(sidecar, strace);
  const end = await endOf(sidecar);
  const where = `${name}, round ${round} of seed ${SEED}: ${kind}, ${JSON.stringify(end)}`;
  const isAllFree = async () => (await Promise.all(core.pids.map(isFree))).every(Boolean);
  await poll(`free again: ${where}`, isAllFree, { intervalMs: 5 });
  longestMs.set(kind, Math.max(longestMs.get(kind) ?? 0, Math.round(performance.now() - fromMs)));
  await poll(`answers: ${where}`, () => answers(core));
  expect(end ?? {}, where).not.toMatchObject({ released: false });
  const outcome = `${kind}: ${JSON.stringify(end ?? "no more")}`;
  ends.set(outcome, (ends.get(outcome) ?? 0) + 1);
  // Stopped before it could ask to be killed with its parent, it would stay for good, with all that it has open.
  signal(strace, "SIGKILL");
  if (!sidecar.child.killed) {
    await poll(`nothing is left: ${where}`, async () => (await leftOf(sidecar)).length === 0);
    return;
  }
  await poll(`strace is gone: ${where}`, async () => !(await leftOf(sidecar)).includes(strace));
  for (const pid of await leftOf(sidecar)) {
    lane.left += 1;
    signal(pid, "SIGKILL");
  }
  lane.sidecar = await startSidecar(core);
}

test.concurrent.each(Object.entries(CORES))(
  "%s runs free and answers whatever is killed while it is traced",
  async (name, start) => {
    const rounds = Math.ceil(ROUNDS / Object.keys(CORES).length);
    await using core = await start();
    const over = new AbortController();
    const load = keepBusy(core, over.signal);
    const lane: Lane = {
      ...{
        name,
        core,
        random: randomOf(SEED),
        ends: new Map<string, number>(),
        longestMs: new Map<string, number>(),
      },
      sidecar: await startSidecar(core),
      left: 0,
    };
    try {
      for (let round = 0; round < rounds; round++) await killOnce(lane, round);
    } finally {
      await lane.sidecar.kill();
      over.abort();
      await load;
    }
    const report = {
      name,
      rounds,
      left: lane.left,
      longestMs: Object.fromEntries(lane.longestMs),
      ends: Object.fromEntries(lane.ends),
    };
    process.stdout.write(`${JSON.stringify(report, null, 1)}\n`);
  },
  60_000 + ROUNDS * MAX_ROUND_MS,
);
