import { type KernelError, kernelErrorOf } from "../../../../linux/tracefs/errno.ts";
import type { EnterRecord, ReturnRecord, SignalRecord } from "../../../../linux/tracefs/kernel-records.ts";
import type { Syscall, SyscallAbi } from "../../../../linux/tracefs/syscalls.ts";
import type { CallEvent, CallMark, ExitEvent, SignalEvent, SupersededEvent } from "../event.ts";
import { UNKNOWN_GROUP } from "../thread-groups.ts";
import { decodeArguments, hex, signedValue } from "./decode-arguments.ts";
import type { DescriptorTargets } from "./descriptor-targets.ts";
import { targetText } from "./event-line.ts";
import { signalParts } from "./signal-parts.ts";
import type { CallUnderWay, TracedThread } from "./thread-table.ts";

/** The two ends of a call. */
export interface CallParts {
  readonly thread: TracedThread;
  readonly syscall: Syscall;
  readonly abi: SyscallAbi | undefined;
  /** Undefined where it began before the recording, or in a gap of it. */
  readonly enter: EnterRecord | undefined;
  readonly leave: ReturnRecord;
}

/** Makes events of the ends of calls. */
export interface CallEvents {
  /** Undefined where the options leave it out. */
  returned(parts: CallParts): CallEvent | undefined;
  /** A call whose return is not seen. */
  unfinished(thread: TracedThread, call: CallUnderWay, mark: "unfinished" | "detached"): CallEvent;
  /** A signal that reaches it. */
  signalled(thread: TracedThread, record: SignalRecord): SignalEvent;
  superseded(thread: TracedThread, byTid: number, timeNs: number): SupersededEvent;
  /** Undefined where it can't be told how it ended. */
  exited(thread: TracedThread, timeNs: number): ExitEvent | undefined;
}

const RESTART = "restart_syscall";
const NO_MARKS: readonly CallMark[] = [];
const MICROSECOND = 1e6;
const EXIT_CALLS = new Set(["exit", "exit_group"]);

/** Makes what makes them. */
export function createCallEvents(options: {
  readonly targets: DescriptorTargets;
  readonly isErrorsOnly: boolean;
  readonly minDurationNs: number;
  readonly startTime: number;
}): CallEvents {
  const { targets, isErrorsOnly, minDurationNs, startTime } = options;
  /** Seconds since 1970, to the microsecond. */
  const timeOf = (timeNs: number) => Math.round((startTime + timeNs / 1e9) * MICROSECOND) / MICROSECOND;
  const originOf = ({ tid, pid }: TracedThread, timeNs: number) => ({
    ...{ time: timeOf(timeNs), tid, pid },
    ...(pid === null ? { pidReason: UNKNOWN_GROUP } : {}),
  });

  const eventOf = (
    { thread, syscall, abi, enter, leave }: CallParts,
    outcome: Outcome,
    error: KernelError | undefined,
    durationNs: number | null,
  ): CallEvent => {
    const { pid, tid } = thread;
    // One literal, not several that are spread: this is made for each call.
    const event: CallEvent = {
      type: "call",
      time: timeOf(enter?.timeNs ?? leave.timeNs),
      tid,
      pid,
      call: syscall.name,
      args: enter === undefined ? null : decodeArguments(syscall, enter.words, { pid, abi, targets }),
      result: outcome.result,
      resultText: outcome.resultText,
      resultTarget: outcome.resultTarget,
      errno: outcome.errno,
      decoded: null,
      durationNs,
      marks: marksOf(syscall, error, enter === undefined),
    };
    if (pid === null) event.pidReason = UNKNOWN_GROUP;
    return event;
  };

  return {
    returned(parts) {
      const { enter, leave } = parts;
      const durationNs = enter === undefined ? null : Math.max(0, leave.timeNs - enter.timeNs);
      if (minDurationNs > 0 && (durationNs ?? 0) < minDurationNs) return undefined;
      const result = signedValue(leave.low, leave.high);
      const error = result === null ? undefined : kernelErrorOf(result);
      if (isErrorsOnly && (error === undefined || error.isWithinKernel)) return undefined;
      return eventOf(parts, resultOf(parts, result, error, targets), error, durationNs);
    },
    unfinished(thread, { record, syscall, abi }, mark) {
      const { pid } = thread;
      const isExit = EXIT_CALLS.has(syscall.name);
      return {
        ...{ type: "call", ...originOf(thread, record.timeNs), call: syscall.name },
        args: decodeArguments(syscall, record.words, { pid, abi, targets }),
        ...{ result: null, resultText: isExit ? "?" : null, resultTarget: null, errno: null, decoded: null },
        ...{ durationNs: null, marks: isExit ? NO_MARKS : [mark] },
      };
    },
    signalled: (thread, record) => ({
      ...{ type: "signal", ...originOf(thread, record.timeNs), ...signalParts(record) },
    }),
    superseded: (thread, byTid, timeNs) => ({ type: "superseded", ...originOf(thread, timeNs), byTid }),
    exited(thread, timeNs) {
      const { exitCode } = thread;
      return exitCode === undefined ? undefined : { type: "exit", ...originOf(thread, timeNs), exitCode };
    },
  };
}

type Outcome = Pick<CallEvent, "result" | "resultText" | "resultTarget" | "errno">;

/** As strace has them: -1 and the error, or `?` where the program will not see what the kernel says. */
function resultOf(
  { thread, syscall, leave }: CallParts,
  result: number | null,
  error: KernelError | undefined,
  targets: DescriptorTargets,
): Outcome {
  if (error !== undefined) {
    const { name, text, isWithinKernel } = error;
    const errno = { name, text };
    return isWithinKernel
      ? { result: null, resultText: "?", resultTarget: null, errno }
      : { result: -1, resultText: null, resultTarget: null, errno };
  }
  if (syscall.result === "address" || result === null) {
    const resultText = hex(leave.low >>> 0, leave.high >>> 0);
    return { result, resultText, resultTarget: null, errno: null };
  }
  const pid = syscall.result === "descriptor" ? thread.pid : null;
  const target = pid === null ? undefined : targets.targetOf(pid, result);
  const resultText = target === undefined ? null : `${result}<${targetText(target)}>`;
  return { result, resultText, resultTarget: target ?? null, errno: null };
}

function marksOf(
  { name }: Syscall,
  error: KernelError | undefined,
  isBeginningMissing: boolean,
): readonly CallMark[] {
  const isInterrupted = error !== undefined && (error.isWithinKernel || error.name === "EINTR");
  if (!isInterrupted && !isBeginningMissing && name !== RESTART) return NO_MARKS;
  return [
    ...(isInterrupted ? (["interrupted"] as const) : []),
    ...(name === RESTART ? (["restarted"] as const) : []),
    ...(isBeginningMissing ? (["beginning-missing"] as const) : []),
  ];
}
