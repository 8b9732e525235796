import { type EventField, type EventFormat, EventFormatError, fieldOf } from "./event-format.ts";

/** What the kernel's events say, as values. Threads are numbered as the host does (in its first PID namespace). */

interface Happening {
  /** Nanoseconds after the start of the recording, by CLOCK_MONOTONIC. */
  readonly timeNs: number;
  /** The thread in which it happened. */
  readonly hostTid: number;
}

/** A system call begins: `raw_syscalls:sys_enter`. */
export interface EnterRecord extends Happening {
  readonly kind: "enter";
  readonly number: number;
  /** Six arguments, each as its lower and its upper 32 bits. */
  readonly words: Uint32Array;
}

/** A system call ends: `raw_syscalls:sys_exit`. */
export interface ReturnRecord extends Happening {
  readonly kind: "return";
  readonly number: number;
  readonly low: number;
  readonly high: number;
}

/** A thread makes another, or a process: `sched:sched_process_fork`. */
export interface ForkRecord extends Happening {
  readonly kind: "fork";
  readonly childHostTid: number;
}

/** A thread has ended: `sched:sched_process_exit`. */
export interface EndRecord extends Happening {
  readonly kind: "end";
}

/** A thread goes on as another program, with the number of its process: `sched:sched_process_exec`. */
export interface ExecRecord extends Happening {
  readonly kind: "exec";
  readonly oldHostTid: number;
}

/** A thread takes a signal: `signal:signal_deliver`. SIGKILL stands for whatever ends its process. */
export interface SignalRecord extends Happening {
  readonly kind: "signal";
  readonly number: number;
  /** Where it came from: `si_code` of siginfo_t. */
  readonly code: number;
}

/** Somebody has written to the `oom_score_adj` of a thread: `oom:oom_score_adj_update`. */
export interface ScoreRecord extends Happening {
  readonly kind: "score";
  readonly ofHostTid: number;
}

/** One event of the kernel. */
export type KernelRecord =
  | EnterRecord
  | ReturnRecord
  | ForkRecord
  | EndRecord
  | ExecRecord
  | SignalRecord
  | ScoreRecord;

/** The tracepoints that are understood, by what their records are called. */
export const TRACEPOINTS = {
  enter: "raw_syscalls/sys_enter",
  return: "raw_syscalls/sys_exit",
  fork: "sched/sched_process_fork",
  end: "sched/sched_process_exit",
  exec: "sched/sched_process_exec",
  signal: "signal/signal_deliver",
  score: "oom/oom_score_adj_update",
} as const;
/** What a tracepoint's records are called. */
export type TracepointKind = keyof typeof TRACEPOINTS;

/** Reads the event that is at a place of a page; undefined where it is none that was asked for. */
export type RecordReader = (
  timeNs: number,
  words: Int32Array,
  at: number,
  length: number,
) => KernelRecord | undefined;

type Decode = (timeNs: number, hostTid: number, words: Int32Array, at: number) => KernelRecord;
interface Decoder {
  /** The least length of an event, in words. */
  readonly least: number;
  readonly decode: Decode;
}

const ARGUMENT_WORDS = 12;
const TYPE_MASK = 0xffff;
const COMMON_PID = 1;

/**
 * Makes a reader of records.
 * @param formats those of the tracepoints that are recorded.
 * @throws {EventFormatError} where a format lacks a field, or has it in another size.
 */
export function createRecordReader(formats: Partial<Record<TracepointKind, EventFormat>>): RecordReader {
  const decoders = new Map<number, Decoder>();
  for (const kind of TRACEPOINT_KINDS) {
    const format = formats[kind];
    if (format !== undefined) decoders.set(format.id, decoderOf(kind, format));
  }
  return (timeNs, words, at, length) => {
    const decoder = decoders.get((words[at] ?? 0) & TYPE_MASK);
    if (decoder === undefined || length < decoder.least) return undefined;
    return decoder.decode(timeNs, words[at + COMMON_PID] ?? 0, words, at);
  };
}

/** The names of all tracepoints. */
export const TRACEPOINT_KINDS: readonly TracepointKind[] = [
  "enter",
  "return",
  "fork",
  "end",
  "exec",
  "signal",
  "score",
];

function decoderOf(kind: TracepointKind, format: EventFormat): Decoder {
  requireCommonFields(format);
  switch (kind) {
    case "enter":
      return enterDecoder(format);
    case "return":
      return returnDecoder(format);
    case "fork": {
      const at = wordOf(format, "child_pid", 4);
      return decoder([at], (timeNs, hostTid, words, start) => {
        return { kind, timeNs, hostTid, childHostTid: words[start + at] ?? 0 };
      });
    }
    case "end":
      return decoder([], (timeNs, hostTid) => ({ kind, timeNs, hostTid }));
    case "exec": {
      const at = wordOf(format, "old_pid", 4);
      return decoder([at], (timeNs, hostTid, words, start) => {
        return { kind, timeNs, hostTid, oldHostTid: words[start + at] ?? 0 };
      });
    }
    case "signal": {
      const [number, code] = [wordOf(format, "sig", 4), wordOf(format, "code", 4)];
      return decoder([number, code], (timeNs, hostTid, words, start) => {
        return { kind, timeNs, hostTid, number: words[start + number] ?? 0, code: words[start + code] ?? 0 };
      });
    }
    case "score": {
      const at = wordOf(format, "pid", 4);
      return decoder([at], (timeNs, hostTid, words, start) => {
        return { kind, timeNs, hostTid, ofHostTid: words[start + at] ?? 0 };
      });
    }
  }
}

function enterDecoder(format: EventFormat): Decoder {
  const number = wordOf(format, "id", 8);
  const args = wordOf(format, "args", ARGUMENT_WORDS * 4);
  return decoder([number, args + ARGUMENT_WORDS - 1], (timeNs, hostTid, words, start) => {
    const values = new Uint32Array(ARGUMENT_WORDS);
    for (let index = 0; index < ARGUMENT_WORDS; index += 1) values[index] = words[start + args + index] ?? 0;
    return { kind: "enter", timeNs, hostTid, number: words[start + number] ?? 0, words: values };
  });
}

function returnDecoder(format: EventFormat): Decoder {
  const number = wordOf(format, "id", 8);
  const result = wordOf(format, "ret", 8);
  return decoder([number, result + 1], (timeNs, hostTid, words, start) => {
    const [low, high] = [words[start + result] ?? 0, words[start + result + 1] ?? 0];
    return { kind: "return", timeNs, hostTid, number: words[start + number] ?? 0, low, high };
  });
}

function decoder(lastWords: readonly number[], decode: Decode): Decoder {
  return { least: Math.max(COMMON_PID, ...lastWords) + 1, decode };
}

/** The same in all events: its kind and its thread. */
function requireCommonFields(format: EventFormat): void {
  const type = fieldOf(format, "common_type", 2);
  const thread = fieldOf(format, "common_pid", 4);
  if (type.offset !== 0 || thread.offset !== COMMON_PID * 4)
    throw new EventFormatError("the head of an event is not understood");
}

function wordOf(format: EventFormat, name: string, sizeBytes: number): number {
  const field: EventField = fieldOf(format, name, sizeBytes);
  return field.offset / 4;
}
