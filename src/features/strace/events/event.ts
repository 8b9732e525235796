import type { Argument, Target } from "./argument.ts";

/** What strace's lines say, or the kernel's own events, as values. One line, or the two halves of a call that others came between, is one event. */

/** What is peculiar about a call. */
export type CallMark =
  /** It was written in two halves, since other threads had something to say meanwhile. */
  | "resumed"
  /** A signal ended its wait: `EINTR`, or the kernel's own `ERESTART…`, which no program ever sees. */
  | "interrupted"
  /** The kernel's own continuation of a call that a signal had interrupted (restart_syscall(2)). */
  | "restarted"
  /** Its return was never seen: its thread ended within it, or the trace did. */
  | "unfinished"
  /** It was under way when strace let go. */
  | "detached"
  /** Only its second half is there: it had begun before the trace. */
  | "beginning-missing";

interface Happening {
  /** Seconds since 1970, with six decimals: a double keeps each of them apart until the year 2242. */
  readonly time: number;
  /** The thread. */
  readonly tid: number;
  /** The process of the thread (its thread group), null where that could not be told. */
  pid: number | null;
  /** Why `pid` is null. */
  pidReason?: string;
  /** The lines it was made of, where they are asked for. */
  raw?: readonly string[];
}

/** A system call. `time` is when it began; events come in the order in which they end. */
export interface CallEvent extends Happening {
  readonly type: "call";
  readonly call: string;
  /** Null where the beginning of the call is missing. */
  readonly args: readonly Argument[] | null;
  /** Null where there is none (`?`), or where it is no safe integer: `resultText` has it then. */
  readonly result: number | null;
  /** As strace wrote it, where that is more than `result` says: `3</etc/passwd>`, `0x7f8d2c4b0740`, `?`. */
  readonly resultText: string | null;
  /** What the descriptor that was returned stands for. */
  readonly resultTarget: Target | null;
  readonly errno: Errno | null;
  /** strace's explanation of the result: `Timeout`, `flags FD_CLOEXEC`, the descriptors that poll(2) found ready. */
  readonly decoded: string | null;
  /** To the microsecond, as strace measures it, and what ptrace adds is in it; of tracefs to the nanosecond. */
  readonly durationNs: number | null;
  readonly marks: readonly CallMark[];
}

/** Why a call failed. */
export interface Errno {
  /** `ENOENT`; the number where strace knows no name. */
  readonly name: string;
  readonly text: string;
}

/** A signal that is delivered. */
export interface SignalEvent extends Happening {
  readonly type: "signal";
  readonly signal: string;
  /** Where it came from: `SI_USER`, `CLD_EXITED`… */
  readonly code: string | null;
  readonly senderPid: number | null;
  /** The siginfo structure as strace wrote it; of tracefs, which does not tell who sent it, the first of its fields. */
  readonly info: string;
}

/** A thread that stops by a signal (group-stop of ptrace(2)). */
export interface StopEvent extends Happening {
  readonly type: "stop";
  readonly signal: string;
}

/** A thread that ends by itself. */
export interface ExitEvent extends Happening {
  readonly type: "exit";
  readonly exitCode: number;
}

/** A thread that is ended by a signal. */
export interface KilledEvent extends Happening {
  readonly type: "killed";
  readonly signal: string;
  readonly isCoreDumped: boolean;
}

/** The main thread of a process, whose place another thread of it takes by execve(2). */
export interface SupersededEvent extends Happening {
  readonly type: "superseded";
  readonly byTid: number;
}

/** What strace remarks of a process that runs in another mode than its own. */
export interface PersonalityEvent extends Omit<Happening, "time"> {
  readonly type: "personality";
  readonly time: number | null;
  readonly mode: string;
}

/** A line that is none of the above. Nothing is dropped. */
export interface UnparsedEvent {
  readonly type: "unparsed";
  readonly text: string;
  raw?: readonly string[];
}

/** What a trace tells. */
export type TraceEvent =
  | CallEvent
  | SignalEvent
  | StopEvent
  | ExitEvent
  | KilledEvent
  | SupersededEvent
  | PersonalityEvent
  | UnparsedEvent;
