import { readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { AppError, isErrno } from "../../base/errors.ts";
import { isGone, listThreads, readStat } from "../proc.ts";
import { parseStat } from "../proc-stat.ts";
import { type CpuBuffers, openCpuBuffers } from "./cpu-buffers.ts";
import { openInstance } from "./instance.ts";
import type { Tracefs } from "./tracefs-mount.ts";

/**
 * Which numbers the host has for threads that we know by those of our PID namespace: the kernel's trace events know no
 * others, and there is no call that tells them.
 */

/** A thread of a process, as we number them. */
export interface ThreadName {
  readonly pid: number;
  readonly tid: number;
}

/** Finds the host's numbers. */
export interface HostTids extends AsyncDisposable {
  /** Whether the host's numbers are ours. */
  readonly isSameNumber: boolean;
  /**
   * Gives, for all threads of these processes that are not in `known` yet, by our number that of the host.
   * @throws {AppError} saying why they can't be found out.
   */
  find(pids: readonly number[], known: ReadonlyMap<number, number>): Promise<ReadonlyMap<number, number>>;
}

/** PROC_PID_INIT_INO of include/linux/proc_ns.h: the first PID namespace of every kernel. */
const FIRST_NAMESPACE = "pid:[4026531836]";
const HOST_PROC =
  'volumes: ["/proc:/host/proc:ro"] for the sidecar, and SIDECAR_STRACE_HOST_PROC_DIR=/host/proc';
const SCORE_BUFFER_KB = 256;
const SCORE_READ_MS = 200;
/** What has just happened is read some milliseconds later only: see `CpuBuffers.read`. */
const SETTLE_MS = 5;
const MAX_TRIES = 3;
/** So many at a time: their events must fit into the buffer. */
const CHUNK = 500;

/**
 * Makes what finds them: by nothing where the host's numbers are ours; by the host's /proc where that is mounted; else by
 * having the kernel say them, in an instance of its own.
 * @param hostProc where the host's /proc is mounted.
 */
export async function openHostTids(tracefs: Tracefs, hostProc: string | undefined): Promise<HostTids> {
  if (isFirstNamespace())
    return withoutResources(true, async (threads) => new Map(threads.map(({ tid }) => [tid, tid])));
  if (hostProc !== undefined) return withoutResources(false, (threads) => inHostProc(hostProc, threads));
  return await openScoreTids(tracefs);
}

/** Whether our numbers are the host's. */
function isFirstNamespace(): boolean {
  try {
    return (
      readlinkSync("/proc/self/ns/pid") === FIRST_NAMESPACE && readlinkSync("/proc/self") === `${process.pid}`
    );
  } catch {
    return false;
  }
}

type Find = (threads: readonly ThreadName[]) => Promise<ReadonlyMap<number, number>>;

function withoutResources(isSameNumber: boolean, find: Find): HostTids {
  return {
    isSameNumber,
    find: async (pids, known) => await find(await unknownThreads(pids, known)),
    async [Symbol.asyncDispose]() {},
  };
}

async function unknownThreads(
  pids: readonly number[],
  known: ReadonlyMap<number, number>,
): Promise<ThreadName[]> {
  const lists = await Promise.all(
    pids.map(async (pid) => (await listThreads(pid)).map((tid) => ({ pid, tid }))),
  );
  return lists.flat().filter(({ tid }) => !known.has(tid));
}

/**
 * A write to `oom_score_adj` is an event that names the thread as the host does (`oom:oom_score_adj_update`). What we
 * write is what is there, so that nothing changes.
 */
async function openScoreTids(tracefs: Tracefs): Promise<HostTids> {
  await using stack = new AsyncDisposableStack();
  const instance = stack.use(await openInstance(tracefs.dir, { bufferKb: SCORE_BUFFER_KB }));
  const buffers = stack.use(await openCpuBuffers(tracefs, instance, process.hrtime.bigint()));
  await instance.enable("score");
  const owned = stack.move();
  return {
    isSameNumber: false,
    async find(pids, known) {
      const threads = await unknownThreads(pids, known);
      const found = new Map<number, number>();
      for (let start = 0; start < threads.length; start += CHUNK) {
        const chunk = threads.slice(start, start + CHUNK);
        for (const [tid, hostTid] of await inTurn(() => findByScores(buffers, chunk)))
          found.set(tid, hostTid);
      }
      return found;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

let lastTurn: Promise<unknown> = Promise.resolve();

/** One after the other: the writes of two traces at once could not be told apart. */
function inTurn<T>(act: () => Promise<T>): Promise<T> {
  const turn = lastTurn.then(act);
  lastTurn = turn.catch(() => undefined);
  return turn;
}

async function findByScores(
  buffers: CpuBuffers,
  threads: readonly ThreadName[],
): Promise<Map<number, number>> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    buffers.read(SCORE_READ_MS);
    // All at once, so that all are by one thread of ours: that is how they are told from those of others.
    const written = threads.filter(rewriteScore);
    if (written.length === 0) return new Map();
    await delay(SETTLE_MS);
    const byWriter = new Map<number, number[]>();
    for (const record of buffers.read(SCORE_READ_MS).records) {
      if (record.kind !== "score") continue;
      byWriter.set(record.hostTid, [...(byWriter.get(record.hostTid) ?? []), record.ofHostTid]);
    }
    const [ours, ...others] = [...byWriter.values()].filter((named) => named.length === written.length);
    if (ours === undefined || others.length > 0) continue;
    return new Map(written.map(({ tid }, index) => [tid, ours[index] ?? 0]));
  }
  throw untranslatable("The kernel did not tell what the host calls the threads of the process.", HOST_PROC);
}

/** False where the thread has ended. */
function rewriteScore({ pid, tid }: ThreadName): boolean {
  const path = `/proc/${pid}/task/${tid}/oom_score_adj`;
  try {
    writeFileSync(path, readFileSync(path, "latin1"));
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    if (!isErrno(error, "EACCES", "EPERM", "EROFS")) throw error;
    throw untranslatable(
      `The kernel knows the threads of process ${pid} by the host's numbers only, and does not tell them: ${path} can't be written to.`,
      `user: "0:0" and cap_add: [DAC_OVERRIDE] for the sidecar, or its user the app's; or ${HOST_PROC}`,
      error,
    );
  }
}

function untranslatable(detail: string, remedy: string, cause?: unknown): AppError {
  return new AppError("permission-denied", detail, { remedy, extra: { refusal: "untranslatable" }, cause });
}

/** A process of ours is the one whose innermost number is its pid here, and that was started at the same tick. */
async function inHostProc(hostProc: string, threads: readonly ThreadName[]): Promise<Map<number, number>> {
  const found = new Map<number, number>();
  const pids = new Set(threads.map(({ pid }) => pid));
  if (pids.size === 0) return found;
  const folders = await hostPids(hostProc);
  for (const pid of pids) {
    const hostPid = await hostPidOf(hostProc, folders, pid);
    if (hostPid === undefined) continue;
    for (const hostTid of await numbersIn(join(hostProc, hostPid, "task"))) {
      const tid = innermost(await read(join(hostProc, hostPid, "task", hostTid, "status")));
      if (tid !== undefined) found.set(tid, Number(hostTid));
    }
  }
  if (found.size === 0) {
    throw untranslatable(
      `The app's processes are not in ${hostProc} (strace.hostProcDir): it is not the host's /proc.`,
      HOST_PROC,
    );
  }
  return found;
}

async function hostPids(hostProc: string): Promise<readonly { hostPid: string; pid: number | undefined }[]> {
  const names = await numbersIn(hostProc);
  return await Promise.all(
    names.map(async (hostPid) => ({
      hostPid,
      pid: innermost(await read(join(hostProc, hostPid, "status"))),
    })),
  );
}

async function hostPidOf(
  hostProc: string,
  folders: Awaited<ReturnType<typeof hostPids>>,
  pid: number,
): Promise<string | undefined> {
  const startTicks = (await readStat(pid))?.startTicks;
  if (startTicks === undefined) return undefined;
  for (const { hostPid } of folders.filter((each) => each.pid === pid)) {
    const stat = parseStat(await read(join(hostProc, hostPid, "stat")));
    if (stat?.startTicks === startTicks) return hostPid;
  }
  return undefined;
}

function innermost(status: string): number | undefined {
  const number = /^NSpid:.*\s(\d+)$/m.exec(status)?.[1];
  return number === undefined ? undefined : Number(number);
}

async function numbersIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => /^\d+$/.test(name));
}

/** Empty where it is gone. */
async function read(path: string): Promise<string> {
  return await readFile(path, "utf8").catch(() => "");
}
