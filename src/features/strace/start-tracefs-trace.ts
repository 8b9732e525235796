import { availableParallelism } from "node:os";
import { AppError } from "../../base/errors.ts";
import { readDescriptors, readNamespace } from "../../linux/proc.ts";
import { openCpuBuffers } from "../../linux/tracefs/cpu-buffers.ts";
import { type HostTids, openHostTids } from "../../linux/tracefs/host-tids.ts";
import { openInstance, removeLeftovers, type TraceInstance } from "../../linux/tracefs/instance.ts";
import { nativeAbi } from "../../linux/tracefs/syscalls.ts";
import { lookAtTracefs, refusedByKernel, type Tracefs } from "../../linux/tracefs/tracefs-mount.ts";
import { startTicksOf } from "../../linux/watched-process.ts";
import { createDescriptorTargets } from "./events/tracefs/descriptor-targets.ts";
import { type SyscallSelection, selectSyscalls } from "./events/tracefs/syscall-selection.ts";
import { createThreadTable, type ThreadTable } from "./events/tracefs/thread-table.ts";
import type { TraceTargets } from "./targets.ts";
import type { Trace, TraceLimits } from "./trace.ts";
import { TracefsTrace } from "./tracefs-trace.ts";

/** The settings that the engine tracefs needs beside the limits. */
export interface TracefsSettings {
  readonly tracefsDir?: string | undefined;
  readonly hostProcDir?: string | undefined;
}

type TracefsLimits = TracefsSettings &
  Pick<
    TraceLimits,
    "lines" | "maxBytes" | "durationMs" | "syscalls" | "isErrorsOnly" | "minDurationNs" | "maxThreads"
  >;

/** Memory of the host, while a trace runs. */
const BUFFER_KB_PER_CPU = 8_192;
const MAX_BUFFER_KB = 131_072;
/** Threads that are made while we look for threads are looked for again; those made later the kernel follows itself. */
const MAX_ROUNDS = 8;
const UNTOLD =
  "Signals that are ignored, or end a process, are not told, nor who sent one, nor calls that had begun before the trace and did not return in it. Mend: engine=strace";
const TRACEPOINTS = ["return", "fork", "end", "exec", "signal", "enter"] as const;

/**
 * Has the kernel record the calls of processes. They are not held, and nothing of them is interrupted.
 * @throws {AppError} saying why it can't, with the remedy.
 */
export async function startTracefsTrace(
  targets: TraceTargets,
  limits: TracefsLimits,
  signal: AbortSignal,
): Promise<Trace> {
  const selection = selectSyscalls(limits.syscalls);
  const tracefs = await openTracefs(limits);
  await using stack = new AsyncDisposableStack();
  const instance = stack.use(await openInstance(tracefs.dir, { bufferKb: bufferKb() }));
  const baseNs = process.hrtime.bigint();
  const startTime = wallClockSeconds();
  const buffers = stack.use(await openCpuBuffers(tracefs, instance, baseNs));
  const pids = [targets.main, ...targets.descendants].map(({ pid }) => pid);
  try {
    await instance.set("tracing_on", "0");
    await instance.set("options/event-fork", "1");
    if (selection !== undefined) await setFilter(instance, selection);
    await using hostTids = await openHostTids(tracefs, limits.hostProcDir);
    const known = new Map<number, number>();
    await followThreads({ instance, hostTids, pids, maxThreads: limits.maxThreads }, known);
    for (const tracepoint of TRACEPOINTS) await instance.enable(tracepoint);
    await instance.set("tracing_on", "1");
    // Those that were made meanwhile the kernel follows by itself, but nobody has told us of them.
    for (const [tid, hostTid] of await hostTids.find(pids, known)) known.set(tid, hostTid);
    const threads = await tableOf(known, hostTids, pids);
    refuseReused(targets);
    return new TracefsTrace({
      ...{ targets, limits, signal, instance, buffers, owned: stack.move() },
      assembling: {
        ...{ threads, selection, startTime, targets: createDescriptorTargets(selection === undefined) },
        ...{ isErrorsOnly: limits.isErrorsOnly, minDurationNs: limits.minDurationNs },
      },
      warnings: [...targets.warnings, ...(await shortcomings(targets.main.pid))],
    });
  } catch (error) {
    throw refusedByKernel(tracefs.dir, error);
  }
}

/**
 * Finds out whether a process could be traced, without recording anything.
 * @throws {AppError} saying why not, with the remedy.
 */
export async function probeTracefs(settings: TracefsSettings, pid: number | undefined): Promise<void> {
  const tracefs = await openTracefs(settings);
  if (pid === undefined) {
    await using _ = await openInstance(tracefs.dir, { bufferKb: 4 });
    return;
  }
  await using hostTids = await openHostTids(tracefs, settings.hostProcDir);
  await using _ = await openInstance(tracefs.dir, { bufferKb: 4 });
  await hostTids.find([pid], new Map());
}

async function openTracefs({ tracefsDir }: TracefsSettings): Promise<Tracefs> {
  if (tracefsDir === undefined) {
    throw new AppError("not-supported", "The engine tracefs is not set up (strace.tracefsDir).", {
      remedy:
        'volumes: ["/sys/kernel/tracing:/tracing"] for the sidecar, and SIDECAR_STRACE_TRACEFS_DIR=/tracing; whoever can write to it can watch all of the host',
      extra: { refusal: "not-set-up" },
    });
  }
  if (nativeAbi() === undefined) {
    throw new AppError(
      "not-supported",
      `The engine tracefs does not know the system calls of ${process.arch}.`,
      {
        remedy: "engine=strace",
        extra: { refusal: "unknown-architecture" },
      },
    );
  }
  const tracefs = await lookAtTracefs(tracefsDir);
  await removeLeftovers(tracefsDir);
  return tracefs;
}

/** The kernel records no other calls then. A filter that is too long is left to us. */
async function setFilter(instance: TraceInstance, selection: SyscallSelection): Promise<void> {
  const filter = selection.filter(nativeAbi() === "x64" ? ["x64", "ia32"] : ["arm64"]);
  if (filter === undefined) return;
  for (const event of ["sys_enter", "sys_exit"])
    await instance.set(`events/raw_syscalls/${event}/filter`, filter);
}

interface Following {
  readonly instance: TraceInstance;
  readonly hostTids: HostTids;
  readonly pids: readonly number[];
  readonly maxThreads: number;
}

async function followThreads(
  { instance, hostTids, pids, maxThreads }: Following,
  known: Map<number, number>,
): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const found = await hostTids.find(pids, known);
    if (found.size === 0) return;
    for (const [tid, hostTid] of found) known.set(tid, hostTid);
    if (known.size > maxThreads) throw tooManyThreads(known.size, maxThreads);
    await instance.follow([...found.values()]);
  }
}

async function tableOf(
  known: ReadonlyMap<number, number>,
  hostTids: HostTids,
  pids: readonly number[],
): Promise<ThreadTable> {
  const table = createThreadTable(hostTids.isSameNumber);
  const ours = await readNamespace("self", "pid");
  const theirs = await Promise.all(pids.map((pid) => readNamespace(pid, "pid")));
  const isElsewhere = theirs.some(({ value }) => value !== null && value !== ours.value);
  for (const [tid, hostTid] of known) table.add(hostTid, tid, isElsewhere);
  return table;
}

function tooManyThreads(threads: number, limit: number): AppError {
  return new AppError(
    "process-not-traceable",
    `The processes have ${threads} threads, and ${limit} is the most that are traced.`,
    { remedy: `SIDECAR_STRACE_MAX_THREADS=${threads}`, extra: { threads, limit } },
  );
}

/** A pid can get to another process between our look at it and the recording. */
function refuseReused({ main, descendants }: TraceTargets): void {
  const reused = [main, ...descendants].find(({ pid, startTicks }) => {
    const now = startTicksOf(pid);
    return now !== undefined && now !== startTicks;
  });
  if (reused === undefined) return;
  throw new AppError(
    "process-not-found",
    `Process ${reused.pid} has ended; another process has its number now.`,
    {
      remedy: "GET processes lists those that are visible.",
    },
  );
}

async function shortcomings(pid: number): Promise<string[]> {
  if ((await readDescriptors(pid)).value !== null) return [UNTOLD];
  return [
    UNTOLD,
    "File descriptors are bare numbers: the sidecar may not read where they point. Mend: cap_add: [SYS_PTRACE, DAC_READ_SEARCH]",
  ];
}

function bufferKb(): number {
  return Math.min(BUFFER_KB_PER_CPU, Math.floor(MAX_BUFFER_KB / availableParallelism()));
}

/** More exact than `Date.now()`, unless the clock was set since we started. */
function wallClockSeconds(): number {
  const preciseMs = performance.timeOrigin + performance.now();
  const roughMs = Date.now();
  return (Math.abs(preciseMs - roughMs) < 2 ? preciseMs : roughMs) / 1_000;
}
