import { AppError } from "../../base/errors.ts";
import { readStat } from "../../linux/proc.ts";
import { openScratch, type Scratch } from "../../linux/scratch.ts";
import { CommandError, start } from "../../linux/spawn.ts";
import { waitUntilAttached } from "./attach.ts";
import { straceCommand } from "./command.ts";
import { RunningTrace, stopTracer } from "./running-trace.ts";
import { lookAround, requireRoom, unusable } from "./surroundings.ts";
import type { TraceTarget, TraceTargets } from "./targets.ts";
import type { Trace, TraceLimits } from "./trace.ts";

/** What strace may write beyond the limit before the kernel ends it: more than it writes while we look away. */
const SPARE_BYTES = 4_194_304;
const SPARE_CPU_SECONDS = 5;

/**
 * Attaches strace to processes; resolves when it holds the main one.
 * @param signal Ends the trace; see {@link CLIENT_GONE}.
 * @throws {AppError} saying why they can't be traced, with the remedy.
 */
export async function startTrace(
  targets: TraceTargets,
  limits: TraceLimits,
  signal: AbortSignal,
): Promise<Trace> {
  const { main, descendants } = targets;
  const all = [main, ...descendants];
  await requireRoom(limits.dir);
  const { decodeSockets, shortcoming } = await lookAround(main.pid);
  const command = straceCommand({
    pids: all.map(({ pid }) => pid),
    stringLimit: limits.stringLimit,
    syscalls: limits.syscalls,
    isErrorsOnly: limits.isErrorsOnly,
    decodeSockets,
    maxFileBytes: limits.maxBytes + SPARE_BYTES,
    maxCpuSeconds: Math.ceil(limits.durationMs / 1_000) + SPARE_CPU_SECONDS,
  });
  await using stack = new AsyncDisposableStack();
  const scratch = stack.use(scratchIn(limits.dir));
  const strace = await start(command, { descriptor3: scratch.descriptor }).catch((error: unknown) => {
    if (!(error instanceof CommandError)) throw error;
    throw new AppError("not-supported", error.message, {
      remedy: "apt install util-linux strace",
      cause: error,
    });
  });
  stack.defer(async () => {
    await stopTracer(strace, all);
  });
  await waitUntilAttached(strace, main);
  for (const target of all) await refuseReused(target);
  return new RunningTrace({
    ...{ targets, command, limits, signal, scratch, strace },
    warnings: [
      ...targets.warnings,
      ...(shortcoming === null ? [] : [`${shortcoming.reason} Mend: ${shortcoming.remedy}`]),
    ],
    owned: stack.move(),
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

function scratchIn(dir: string): Scratch {
  try {
    return openScratch(dir);
  } catch (error) {
    throw unusable(dir, error);
  }
}
