import { AppError, isErrno, messageOf } from "../base/errors.ts";
import { type CommandRun, prepareCommand } from "./command-place.ts";
import { type CommandPlace, IN_SIDECAR, type OpenedPlace, openCorePlace } from "./core-namespaces.ts";
import type { CoreProcessFinder } from "./core-process.ts";
import { type ChildExit, CommandError, start } from "./spawn.ts";

/** Commands that the settings give for the app: its check, its reload. Argument vectors, never a shell. */

/** How a command ended. */
export interface CommandOutcome {
  readonly command: readonly string[];
  /** Where it ran. */
  readonly ranIn: CommandPlace;
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
/** What chroot(1), nsenter(1) and setpriv(1) exit with where they fail themselves, and how what they write then begins. */
const MOVE_FAILED = [
  [125, "chroot: "],
  [1, "nsenter: "],
  [127, "setpriv: "],
] as const;

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
  const { argv, placeOf } = await prepareCommand(run, deps.coreProcess);
  await using core = placeOf === undefined ? undefined : await openCore(placeOf);
  const [program, ...rest] = [...(core?.prefix ?? []), ...argv];
  const exit = await runToEnd([program ?? argv[0], ...rest], {
    timeoutMs: run.timeoutMs,
    signal,
    killAfterMs: KILL_AFTER_MS,
    // One more, to know whether there was more.
    maxOutputBytes: MAX_OUTPUT_BYTES + 1,
    leadsGroup: true,
    ...(run.env === undefined ? {} : { env: run.env }),
    descriptors: core?.descriptors ?? [],
  });
  if (exit.stoppedBy === "signal") {
    throw new AppError("shutting-down", `${run.command[0]} was stopped: the sidecar is shutting down.`);
  }
  if (core !== undefined && hasMoveFailed(exit)) throw cannotRun(run, exit.stderr.trim());
  return outcomeOf(run, core?.place ?? IN_SIDECAR, exit);
}

/** Where a command of the settings would run, with what it would take to run wholly in the app. @throws {AppError} as {@link runCommand}. */
export async function placeOfCommand(
  run: Pick<CommandRun, "command" | "in" | "env">,
  deps: { readonly coreProcess: CoreProcessFinder },
): Promise<CommandPlace> {
  const { placeOf } = await prepareCommand(run, deps.coreProcess);
  if (placeOf === undefined) return IN_SIDECAR;
  await using core = await openCore(placeOf);
  return core.place;
}

function hasMoveFailed({ exitCode, stderr }: ChildExit): boolean {
  return MOVE_FAILED.some(([code, beginning]) => exitCode === code && stderr.startsWith(beginning));
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

async function openCore(pid: number): Promise<OpenedPlace> {
  try {
    return await openCorePlace(pid);
  } catch (error) {
    const code = isErrno(error, "EACCES", "EPERM") ? "permission-denied" : "conflict";
    throw new AppError(code, `The root of process ${pid} can't be opened: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function outcomeOf({ command }: CommandRun, ranIn: CommandPlace, exit: ChildExit): CommandOutcome {
  const outputs = [exit.stdout, exit.stderr];
  const isLong = (text: string) => Buffer.byteLength(text) > MAX_OUTPUT_BYTES;
  return {
    ...{ command, ranIn },
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
