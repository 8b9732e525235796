import { AppError } from "../../base/errors.ts";
import { maskArguments } from "../../base/secrets.ts";
import { timeOfTicks } from "../../linux/boot-clock.ts";
import { readCommandLine, readStatus } from "../../linux/proc.ts";
import { isZombie, type ProcStat } from "../../linux/proc-stat.ts";
import { descendantsOf, ownPids, type ProcessTable, readProcessTable } from "../../linux/process-table.ts";
import { startedPids } from "../../linux/spawn.ts";
import { untilMainThread } from "./main-thread.ts";

/** A process that is to be traced. */
export interface TraceTarget {
  readonly pid: number;
  readonly startTime: string;
  readonly startTicks: number;
  readonly name: string;
  readonly threads: number;
  /** Whether it was stopped (SIGSTOP) already before we came. */
  readonly wasStopped: boolean;
}

/** What is to be traced: one process, and with it those below it. */
export interface TraceTargets {
  readonly main: TraceTarget;
  readonly descendants: readonly TraceTarget[];
  /** What the client should know of the choice. */
  readonly warnings: readonly string[];
}

/** More would be a very long argument vector, and a very slow app. */
const MAX_TARGETS = 64;

/**
 * Looks at a process before it is traced, and with `withDescendants` at those below it: servers that fork work in
 * their children.
 * @throws {AppError} `process-not-found`, `process-not-traceable` or `already-traced`.
 */
export async function chooseTargets(pid: number, withDescendants: boolean): Promise<TraceTargets> {
  const table = await readProcessTable();
  const own = ownPids(table);
  const seen = table.get(pid);
  const stat = seen && (await untilMainThread(seen));
  if (stat === undefined) throw await notFound(pid);
  refuseUntraceable(stat, own);
  await refuseTraced(pid, table);
  const below = withDescendants ? descendantsOf(table, pid) : [];
  const possible: TraceTarget[] = [];
  for (const each of below) {
    if (own.has(each.pid) || isZombie(each)) continue;
    if ((await readStatus(each.pid))?.tracerPid === 0) possible.push(targetOf(each));
  }
  const descendants = possible.slice(0, MAX_TARGETS - 1);
  const left = possible.length - descendants.length;
  const warnings =
    left === 0
      ? []
      : [`${left} of the processes below ${pid} are not traced: ${MAX_TARGETS} is the most at once.`];
  return { main: targetOf(stat), descendants, warnings };
}

/**
 * Refuses what strace would take long to attach to: all threads of a process with 3,000 stand still for a second.
 * @throws {AppError} `process-not-traceable`.
 */
export function refuseManyThreads({ main, descendants }: TraceTargets, maxThreads: number): void {
  const threads = [main, ...descendants].reduce((sum, each) => sum + each.threads, 0);
  if (threads <= maxThreads) return;
  const which = descendants.length === 0 ? "" : " and those below it";
  throw new AppError(
    "process-not-traceable",
    `Process ${main.pid} (${main.name})${which} have ${threads} threads, and ${maxThreads} is the most that are traced: they stand still while strace attaches to each.`,
    {
      remedy:
        descendants.length === 0
          ? `follow=false for its main thread alone, or SIDECAR_STRACE_MAX_THREADS=${threads}, if the app may stand still for so long`
          : `Trace one process: GET strace/${main.pid}, or follow=false, or SIDECAR_STRACE_MAX_THREADS=${threads}`,
      extra: { refusal: "too-many-threads", threads, limit: maxThreads },
    },
  );
}

function targetOf(stat: ProcStat): TraceTarget {
  const { pid, startTicks, comm, threads, stateLetter } = stat;
  return {
    pid,
    startTime: timeOfTicks(startTicks),
    startTicks,
    name: comm,
    threads,
    wasStopped: stateLetter === "T",
  };
}

async function notFound(pid: number): Promise<AppError> {
  const status = await readStatus(pid);
  // strace would take a thread's id for its whole process; then the answer would name the wrong thing.
  if (status !== undefined && status.threadGroupId !== pid) {
    return new AppError("process-not-found", `${pid} is a thread of process ${status.threadGroupId}.`, {
      remedy: `GET strace/${status.threadGroupId}`,
    });
  }
  return new AppError(
    "process-not-found",
    `There is no process ${pid} in the PID namespace of the sidecar.`,
    {
      remedy: "GET processes lists those that are visible.",
    },
  );
}

/** Tracing ourselves would trace the writing of the trace; our own strace can't be traced while it traces. */
function refuseUntraceable(stat: ProcStat, own: ReadonlySet<number>): void {
  const refused = whyUntraceable(stat, own);
  if (refused === undefined) return;
  const [refusal, why] = refused;
  throw new AppError("process-not-traceable", `Process ${stat.pid} (${stat.comm}) ${why}.`, {
    remedy: "Choose another process: GET processes",
    extra: { refusal },
  });
}

function whyUntraceable(
  stat: ProcStat,
  own: ReadonlySet<number>,
): readonly [refusal: string, why: string] | undefined {
  if (own.has(stat.pid)) return ["own-process", "belongs to the sidecar itself"];
  if (stat.isKernelThread) return ["kernel-thread", "is a kernel thread: it makes no system calls"];
  if (isZombie(stat)) return ["zombie", "has ended, and waits for its parent to take note (zombie)"];
  return undefined;
}

/** The kernel allows one tracer only. */
async function refuseTraced(pid: number, table: ProcessTable): Promise<void> {
  const tracerPid = (await readStatus(pid))?.tracerPid ?? 0;
  if (tracerPid !== 0) throw await alreadyTraced(pid, tracerPid, table);
}

/** The error for a process that has a tracer, naming it. */
export async function alreadyTraced(pid: number, tracerPid: number, table?: ProcessTable): Promise<AppError> {
  // At once: it may end while we look at it.
  const started = startedPids();
  const processes = table ?? (await readProcessTable());
  const argv = (await readCommandLine(tracerPid))?.value?.argv ?? [];
  const command =
    argv.length === 0 ? (processes.get(tracerPid)?.comm ?? "unknown") : maskArguments(argv).join(" ");
  const isOurs = started.includes(tracerPid) || ownPids(processes).has(tracerPid);
  const remedy = isOurs
    ? "Wait until the other trace of this sidecar has ended, or stop it: GET traces"
    : `End process ${tracerPid}, or wait until it has let go.`;
  return new AppError(
    "already-traced",
    `Process ${pid} is already traced by process ${tracerPid}${isOurs ? ", another trace of this sidecar" : ""}: ${command}`,
    {
      remedy,
      extra: { tracer: { pid: tracerPid, command, isOurs } },
      ...(isOurs ? { headers: { "Retry-After": "5" } } : {}),
    },
  );
}
