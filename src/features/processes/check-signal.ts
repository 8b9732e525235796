import { AppError } from "../../base/errors.ts";
import type { Signal } from "../../base/signals.ts";
import { coreMembers } from "../../linux/core-members.ts";
import type { CoreProcess } from "../../linux/core-process.ts";
import { isZombie } from "../../linux/proc-stat.ts";
import { ownPids, readProcessTable } from "../../linux/process-table.ts";
import { type PresentProcess, requireProcess } from "../../linux/require-process.ts";
import { effectOfSignal, type SignalEffect } from "../../linux/signal-process.ts";
import type { SignalRequest } from "./signal-schema.ts";

/** What may be sent a signal, and which one. */

/** Signals that are meant to end a process. Others are refused where that is all they would do. */
const ENDING: ReadonlySet<Signal> = new Set(["SIGTERM", "SIGINT", "SIGABRT", "SIGKILL"]);

/** A signal that may be sent. */
export interface CheckedSignal {
  readonly ref: PresentProcess["ref"];
  readonly effect: Exclude<SignalEffect, "ignored">;
}

/**
 * Checks everything that can forbid a signal but the permission to send it.
 * @throws {AppError} `signal-not-allowed`, `process-not-found`, `precondition-failed` or `process-not-signalable`.
 */
export async function checkSignal(
  pid: number,
  { signal, startTime }: SignalRequest,
  core: CoreProcess,
  allowed: readonly Signal[],
): Promise<CheckedSignal> {
  requireAllowed(signal, allowed);
  const { ref } = await requireProcess(pid);
  if (Date.parse(ref.startTime) !== Date.parse(startTime)) {
    throw new AppError(
      "precondition-failed",
      `Process ${pid} is not the one of ${startTime}: it started at ${ref.startTime}, and has got its pid since.`,
      { remedy: `GET processes/${pid}, and send its startTime`, extra: { startTime: ref.startTime } },
    );
  }
  await requireOfCore(pid, ref.name, core);
  const effect = await effectOfSignal(pid, signal);
  if (effect === undefined) throw notSignalable(`Process ${pid} has just ended.`, "GET processes");
  return { ref, effect: requireWorthwhile(pid, signal, effect) };
}

function requireAllowed(signal: Signal, allowed: readonly Signal[]): void {
  if (allowed.includes(signal)) return;
  const which = allowed.length === 0 ? "none" : allowed.join(", ");
  throw new AppError("signal-not-allowed", `${signal} is not in processes.signals, which allows ${which}.`, {
    remedy: `SIDECAR_PROCESSES_SIGNALS=${[...allowed, signal].join(",")}`,
    extra: { allowed },
  });
}

async function requireOfCore(pid: number, name: string, core: CoreProcess): Promise<void> {
  const table = await readProcessTable();
  const who = `Process ${pid} (${name})`;
  const choose = "Choose one with isCore: GET processes";
  if (ownPids(table).has(pid)) throw notSignalable(`${who} belongs to the sidecar itself.`, choose);
  if (core.kind === "missing") {
    throw notSignalable(`Which processes are the app's is not known: ${core.reason}`, core.remedy);
  }
  if (!(await coreMembers(table, core.pid)).has(pid)) {
    throw notSignalable(`${who} is none of the app's processes.`, choose);
  }
  const stat = table.get(pid);
  if (stat === undefined || isZombie(stat)) {
    throw notSignalable(`${who} has ended, and waits for its parent to take note (zombie).`, choose);
  }
}

/** @throws {AppError} for what would do nothing, or more than was meant. */
export function requireWorthwhile(
  pid: number,
  signal: Signal,
  effect: SignalEffect,
): Exclude<SignalEffect, "ignored"> {
  if (effect === "ignored") {
    throw notSignalable(`Process ${pid} ignores ${signal}.`, "Send a signal that it handles");
  }
  // The kernel gives the first process of a PID namespace no signal it has not asked for (pid_namespaces(7)).
  if (pid === 1 && (effect === "ends the process" || effect === "stops the process")) {
    throw notSignalable(
      `Process 1 is the init of its PID namespace and does not handle ${signal}: the kernel drops it.`,
      "Stop the app's container instead",
    );
  }
  if (effect === "ends the process" && !ENDING.has(signal)) {
    throw notSignalable(
      `Process ${pid} does not handle ${signal}: it would end it. It was not sent.`,
      "To end it, send SIGTERM (processes.signals must allow it)",
    );
  }
  return effect;
}

function notSignalable(detail: string, remedy: string): AppError {
  return new AppError("process-not-signalable", detail, { remedy });
}
