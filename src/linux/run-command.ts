import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { AppError, isErrno, messageOf } from "../base/errors.ts";
import { type CommandRun, prepareCommand } from "./command-place.ts";
import type { CoreProcessFinder } from "./core-process.ts";
import { O_PATH } from "./open-flags.ts";
import { type ChildExit, CommandError, start } from "./spawn.ts";

/** Commands that the settings give for the app: its check, its reload. Argument vectors, never a shell. */

/** How a command ended. */
export interface CommandOutcome {
  readonly command: readonly string[];
  readonly in: CommandRun["in"];
  /** Null where a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly timedOut: boolean;
  /** What it wrote, first to standard output, then to standard error; at most {@link MAX_OUTPUT_BYTES} of each. As it is: the secrets in it are not masked. */
  readonly output: string;
  readonly outputTruncated: boolean;
  readonly durationMs: number;
}

/** What is kept of each output. */
export const MAX_OUTPUT_BYTES = 65_536;
/** Between SIGTERM and SIGKILL. */
const KILL_AFTER_MS = 2_000;
/** What chroot(1) exits with where it fails itself. */
const CHROOT_FAILED = 125;

/**
 * Runs a command to its end, with nothing on its standard input. Nothing that it has started in its process group
 * outlives it.
 * @throws {AppError} where it can't be run at all; `shutting-down` where `signal` stopped it.
 */
export async function runCommand(
  run: CommandRun,
  deps: { readonly coreProcess: CoreProcessFinder },
  signal: AbortSignal,
): Promise<CommandOutcome> {
  const { argv, rootOf } = await prepareCommand(run, deps.coreProcess);
  await using root = rootOf === undefined ? undefined : await openRoot(rootOf);
  const exit = await runToEnd(argv, {
    timeoutMs: run.timeoutMs,
    signal,
    killAfterMs: KILL_AFTER_MS,
    // One more, to know whether there was more.
    maxOutputBytes: MAX_OUTPUT_BYTES + 1,
    leadsGroup: true,
    ...(run.env === undefined ? {} : { env: run.env }),
    ...(root === undefined ? {} : { descriptor3: root.fd }),
  });
  if (exit.stoppedBy === "signal") {
    throw new AppError("shutting-down", `${run.command[0]} was stopped: the sidecar is shutting down.`);
  }
  if (root !== undefined && exit.exitCode === CHROOT_FAILED && exit.stderr.startsWith("chroot: ")) {
    throw cannotRun(run, exit.stderr.trim());
  }
  return outcomeOf(run, exit);
}

async function runToEnd(...[argv, options]: Parameters<typeof start>): Promise<ChildExit> {
  await using child = await startChild(argv, options);
  return await child.exited;
}

async function startChild(...[argv, options]: Parameters<typeof start>) {
  try {
    return await start(argv, options);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new AppError("conflict", error.message, {
      cause: error,
      remedy: "Correct the command in the settings.",
    });
  }
}

/** Held, so that no other process can come to have its number in between. */
async function openRoot(pid: number) {
  try {
    return await open(`/proc/${pid}/root`, O_PATH | constants.O_DIRECTORY);
  } catch (error) {
    const code = isErrno(error, "EACCES", "EPERM") ? "permission-denied" : "conflict";
    throw new AppError(code, `The root of process ${pid} can't be opened: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function outcomeOf({ command, in: place }: CommandRun, exit: ChildExit): CommandOutcome {
  const outputs = [exit.stdout, exit.stderr];
  const isLong = (text: string) => Buffer.byteLength(text) > MAX_OUTPUT_BYTES;
  return {
    ...{ command, in: place },
    exitCode: exit.exitCode,
    signal: exit.signal,
    timedOut: exit.stoppedBy === "timeout",
    output: outputs.map((text) => text.slice(0, MAX_OUTPUT_BYTES)).join(""),
    outputTruncated: outputs.some(isLong),
    durationMs: Math.round(exit.durationMs),
  };
}

function cannotRun({ command }: CommandRun, detail: string): AppError {
  return new AppError("conflict", `${command[0]} can't be run in the root of the app: ${detail}`, {
    remedy: "Look at what it says, or run the command in the sidecar: `in: sidecar`.",
  });
}
