import { AppError } from "../../base/errors.ts";
import { readStat } from "../../linux/proc.ts";
import { openScratch, SCRATCH_ROOM_BYTES, type Scratch } from "../../linux/scratch.ts";
import { CommandError, start } from "../../linux/spawn.ts";
import { ATTACH_TIMEOUT_MS, waitUntilAttached } from "./attach.ts";
import { outputPath, straceCommand } from "./command.ts";
import type { Refusal } from "./denial.ts";
import type { Governor } from "./governor/governor.ts";
import { governorLimits, verdictWords } from "./governor/limits.ts";
import type { Verdict } from "./governor/verdict.ts";
import { NO_MAIN_THREAD } from "./main-thread.ts";
import { findGuardRisk, findRisks } from "./risks.ts";
import { RunningTrace, stopTracer } from "./running-trace.ts";
import { lookAround, MORE_ROOM, requireRoom, type Shortcoming, unusable } from "./surroundings.ts";
import { refuseManyThreads, type TraceTarget, type TraceTargets } from "./targets.ts";
import type { Trace, TraceLimits } from "./trace.ts";
import { spellingsOf } from "./trace-paths.ts";

/** What strace may write beyond the limit before the kernel ends it: more than it writes while we look away. */
const SPARE_BYTES = 4_194_304;
const SPARE_CPU_SECONDS = 5;
/** Of a program whose threads execute it without a rest, a fifth of the attempts fails. */
const MAX_ATTEMPTS = 5;

/** What a trace is under. */
export interface TraceControl {
  /** Ends the trace; see {@link CLIENT_GONE}. */
  readonly signal: AbortSignal;
  /** Ends it where it does harm. */
  readonly governor: Governor;
}

/**
 * Attaches strace to processes; resolves when it holds the main one.
 * @throws {AppError} saying why they can't be traced, with the remedy.
 */
export async function startTrace(
  targets: TraceTargets,
  limits: TraceLimits,
  control: TraceControl,
): Promise<Trace> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attachOnce(targets, limits, control);
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || control.signal.aborted || !isMomentary(error)) throw error;
    }
  }
}

/**
 * Whether a refusal may be one of an instant in which the process had no main thread: it has one again by the time we
 * look, and then nothing is seen that forbids tracing.
 */
function isMomentary(error: unknown): boolean {
  const refusal = error instanceof AppError ? error.extra["refusal"] : undefined;
  return refusal === NO_MAIN_THREAD || refusal === ("unknown" satisfies Refusal);
}

async function attachOnce(
  targets: TraceTargets,
  limits: TraceLimits,
  { signal, governor }: TraceControl,
): Promise<Trace> {
  const { main, descendants } = targets;
  const all = [main, ...descendants];
  const pids = all.map(({ pid }) => pid);
  // Without the others nothing waits while strace attaches to each.
  if (limits.follow) refuseManyThreads(targets, limits.maxThreads);
  await requireRoom(limits.dir, limits.minFreePercent);
  const { decode, shortcoming, lineShortcoming } = await lookAround(main.pid, limits.decode);
  const { addressesInLines = false } = limits;
  const risks = await findRisks(limits.dir, Math.min(limits.maxBytes + SPARE_BYTES, SCRATCH_ROOM_BYTES));
  await using stack = new AsyncDisposableStack();
  const scratch = stack.use(scratchIn(limits.dir));
  const command = straceCommand({
    output: outputPath(scratch.descriptor),
    pids,
    stringLimit: limits.stringLimit,
    syscalls: limits.syscalls,
    isErrorsOnly: limits.isErrorsOnly,
    follow: limits.follow,
    paths: await spellingsOf(limits.paths, pids),
    // Events have addresses from elsewhere, at a fraction of the cost.
    decode: decode === "all" && !addressesInLines ? "paths" : decode,
    maxFileBytes: limits.maxBytes + SPARE_BYTES,
    maxCpuSeconds: Math.ceil(limits.durationMs / 1_000) + SPARE_CPU_SECONDS,
  });
  const startWatch = await governor.ready();
  const strace = await start(command, { leadsGroup: true }).catch((error: unknown) => {
    if (!(error instanceof CommandError)) throw error;
    throw new AppError("not-supported", error.message, {
      remedy: "apt install util-linux strace",
      cause: error,
    });
  });
  const watch = stack.use(
    startWatch({
      ...{ pid: strace.pid, descriptor: scratch.descriptor, targetPids: pids },
      ...{ attachMs: ATTACH_TIMEOUT_MS, limits: governorLimits(limits) },
    }),
  );
  stack.defer(async () => {
    await stopTracer(strace, all);
  });
  await waitUntilAttached(strace, main).catch((error: unknown) => {
    throw endedEarly(watch.verdict(), limits) ?? error;
  });
  watch.attached();
  for (const target of all) await refuseReused(target);
  const guardRisk = await findGuardRisk(strace.pid);
  const shortcomings = [shortcoming, addressesInLines ? lineShortcoming : null, guardRisk, ...risks];
  return new RunningTrace({
    ...{ targets, command, limits, signal, scratch, strace, watch },
    warnings: [...targets.warnings, ...shortcomings.filter((each) => each !== null).map(warning)],
    owned: stack.move(),
  });
}

/** Where the governor has ended strace before it held the process: that is no fault of either. */
function endedEarly(verdict: Verdict | undefined, limits: TraceLimits): AppError | undefined {
  if (verdict === undefined) return undefined;
  const why = verdictWords(verdict, limits);
  if (verdict === "storage-full") return new AppError("storage-full", `${why}.`, { remedy: MORE_ROOM });
  return new AppError("process-not-traceable", `The trace was ended before it had begun: ${why}.`, {
    remedy: "Try again when the machine is less busy.",
    headers: { "Retry-After": "5" },
    extra: { refusal: verdict },
  });
}

/** A pid can get to another process between our look at it and strace's hold of it. */
async function refuseReused({ pid, startTicks }: TraceTarget): Promise<void> {
  const now = await readStat(pid);
  if (now === undefined || now.startTicks === startTicks) return;
  throw new AppError("process-not-found", `Process ${pid} has ended; another process has its number now.`, {
    remedy: "GET processes lists those that are visible.",
  });
}

function warning({ reason, remedy }: Shortcoming): string {
  return `${reason} Mend: ${remedy}`;
}

function scratchIn(dir: string): Scratch {
  try {
    return openScratch(dir);
  } catch (error) {
    throw unusable(dir, error);
  }
}
