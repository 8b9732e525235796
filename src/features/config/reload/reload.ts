import { AppError, isErrno, messageOf } from "../../../base/errors.ts";
import type { CommandPlace } from "../../../linux/core-namespaces.ts";
import type { CoreProcess, CoreProcessFinder } from "../../../linux/core-process.ts";
import { signalRemedy } from "../../../linux/remedies.ts";
import { runCommand } from "../../../linux/run-command.ts";
import { effectOfSignal, findProcess, signalProcess } from "../../../linux/signal-process.ts";
import type { ReloadSettings } from "../../../settings/schema.ts";
import { callCore } from "./call-core.ts";
import { describeOutcome } from "./describe-outcome.ts";

/** What came of the reload that follows a change. A reload that failed does not undo the change. */
export interface ReloadOutcome {
  readonly kind: ReloadSettings["kind"];
  readonly done: boolean;
  readonly detail: string;
  readonly remedy?: string;
  /** The process that got the signal. */
  readonly pid?: number;
  readonly startTime?: string;
  /** What the app answered. */
  readonly status?: number;
  /** What a command ended with, and wrote: with its secrets until `maskEvidence`. */
  readonly exitCode?: number | null;
  readonly output?: string;
  /** Where the command ran. */
  readonly ranIn?: CommandPlace;
}

/** What it takes to reload the core. */
export interface ReloadDeps {
  readonly coreProcess: CoreProcessFinder;
  readonly coreUrl: string;
}

type SignalReload = Extract<ReloadSettings, { kind: "signal" }>;
type HttpReload = Extract<ReloadSettings, { kind: "http" }>;
type CommandReload = Extract<ReloadSettings, { kind: "command" }>;

/** Makes the core read a changed file. Never throws: what failed stands in the outcome. */
export async function reloadCore(
  reload: ReloadSettings,
  deps: ReloadDeps,
  signal: AbortSignal,
): Promise<ReloadOutcome> {
  try {
    if (reload.kind === "signal") return await reloadBySignal(reload, deps);
    if (reload.kind === "http") return await reloadByHttp(reload, deps.coreUrl);
    if (reload.kind === "command") return await reloadByCommand(reload, deps, signal);
  } catch (error) {
    const remedy = error instanceof AppError ? error.remedy : undefined;
    const detail = `The reload failed: ${messageOf(error)}`;
    return { kind: reload.kind, done: false, detail, ...(remedy === undefined ? {} : { remedy }) };
  }
  const detail = "No reload is configured: the app reads the file by itself, or when it starts again.";
  return { kind: "none", done: false, detail };
}

async function reloadBySignal(reload: SignalReload, deps: ReloadDeps): Promise<ReloadOutcome> {
  const { signal } = reload;
  const found = await findTarget(reload, deps);
  if (found.kind === "missing")
    return { kind: "signal", done: false, detail: found.reason, remedy: found.remedy };
  const { pid, startTime } = found;
  const identity = { kind: "signal", pid, startTime } as const;
  const obstacle = await obstacleOf(reload, pid);
  if (obstacle !== undefined) return { ...identity, done: false, ...obstacle };
  const outcome = signalProcess(found, signal);
  if (outcome === "sent") return { ...identity, done: true, detail: `${signal} was sent to process ${pid}.` };
  const failure = outcome === "denied" ? await denied(pid) : gone(pid);
  return { ...identity, done: false, ...failure };
}

/** The process that a reload's signal is for. */
export function findTarget(reload: SignalReload, { coreProcess }: ReloadDeps): Promise<CoreProcess> {
  return reload.process === "main" ? coreProcess.find() : findProcess(reload.process);
}

/** What is wrong and what mends it. */
export interface Obstacle {
  readonly detail: string;
  readonly remedy: string;
}

/** Why a signal would not make a process read its configuration; undefined where it may. */
export async function obstacleOf({ signal }: SignalReload, pid: number): Promise<Obstacle | undefined> {
  const effect = await effectOfSignal(pid, signal);
  if (effect === undefined) return gone(pid);
  if (effect === "handled") return undefined;
  const remedy =
    "Name the signal that the app handles, and its process, in config.reload: {kind: signal, signal: …, process: …}";
  return effect === "ignored"
    ? { detail: `Process ${pid} ignores ${signal}.`, remedy }
    : { detail: `Process ${pid} does not handle ${signal}: it would end it. It was not sent.`, remedy };
}

/** The obstacle of a process that may not be sent signals. */
export async function denied(pid: number): Promise<Obstacle> {
  return {
    detail: `This user may not send signals to process ${pid}.`,
    remedy: (await signalRemedy(pid)) ?? "Change the file again once the app runs.",
  };
}

function gone(pid: number): Obstacle {
  return {
    detail: `Process ${pid} ended before the signal was sent.`,
    remedy: "Change the file again once the app runs.",
  };
}

async function reloadByHttp(reload: HttpReload, coreUrl: string): Promise<ReloadOutcome> {
  const what = `${reload.method} ${reload.path}`;
  try {
    const { status } = await callCore({ ...reload, maxBodyBytes: 0 }, coreUrl);
    if (status < 400)
      return { kind: "http", done: true, status, detail: `The app answered ${status} to ${what}.` };
    return {
      kind: "http",
      done: false,
      status,
      detail: `The app answered ${status} to ${what}.`,
      remedy: "Look into the log of the app, or correct method and path in config.reload.",
    };
  } catch (error) {
    const isLate = error instanceof Error && (error.name === "TimeoutError" || isErrno(error, "ABORT_ERR"));
    const detail = isLate
      ? `The app did not answer ${what} within ${reload.timeoutMs} ms.`
      : `${what} could not be sent to ${coreUrl}: ${messageOf(error)}`;
    const remedy = isLate ? "Raise config.reload.timeoutMs." : "See whether the app runs: /health";
    return { kind: "http", done: false, detail, remedy };
  }
}

async function reloadByCommand(
  reload: CommandReload,
  deps: ReloadDeps,
  signal: AbortSignal,
): Promise<ReloadOutcome> {
  const outcome = await runCommand(reload, deps, signal);
  const { passed, ...shown } = describeOutcome(outcome);
  const remedy = "Look at what it wrote, or correct the command in config.reload.";
  return { kind: "command", done: passed, ...shown, ...(passed ? {} : { remedy }) };
}
