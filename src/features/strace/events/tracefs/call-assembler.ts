import { constants } from "node:os";
import type { GapRecord } from "../../../../linux/tracefs/cpu-buffers.ts";
import type {
  EnterRecord,
  ExecRecord,
  KernelRecord,
  ReturnRecord,
  SignalRecord,
} from "../../../../linux/tracefs/kernel-records.ts";
import { type Syscall, type SyscallAbi, syscallOf } from "../../../../linux/tracefs/syscalls.ts";
import type { TraceEvent } from "../event.ts";
import { type CallEvents, type CallParts, createCallEvents } from "./call-events.ts";
import { announceChanges, applyChanges } from "./descriptor-changes.ts";
import type { DescriptorTargets } from "./descriptor-targets.ts";
import type { SyscallSelection } from "./syscall-selection.ts";
import type { ThreadTable, TracedThread } from "./thread-table.ts";

/** What an assembler works with. */
export interface AssemblerOptions {
  readonly threads: ThreadTable;
  readonly targets: DescriptorTargets;
  /** Undefined for all calls. */
  readonly selection: SyscallSelection | undefined;
  readonly isErrorsOnly: boolean;
  /** Only calls that took at least so long; 0 for all. */
  readonly minDurationNs: number;
  /** When the recording began, in seconds since 1970. */
  readonly startTime: number;
}

/** Records of threads whose numbers are not known yet. */
const MAX_HELD = 8_192;
const FORKS = new Set(["clone", "clone3", "fork", "vfork"]);
const SIGKILL = constants.signals.SIGKILL;
const EXITS = new Set(["exit", "exit_group"]);

/** Makes events of what the kernel has recorded. Keeps nothing but the call that each thread is in. */
export class CallAssembler {
  readonly #options: AssemblerOptions;
  readonly #onEvent: (event: TraceEvent) => void;
  readonly #events: CallEvents;
  #held = 0;

  constructor(options: AssemblerOptions, onEvent: (event: TraceEvent) => void) {
    this.#options = options;
    this.#onEvent = onEvent;
    this.#events = createCallEvents(options);
  }

  /** Looks through records that are there to be pushed: what they change later must not be told of what comes earlier. */
  announce(records: readonly (KernelRecord | GapRecord)[]): void {
    const { threads, targets } = this.#options;
    targets.renew();
    for (const record of records) {
      if (record.kind !== "enter" && record.kind !== "return") continue;
      const thread = threads.get(record.hostTid);
      if (thread !== undefined)
        announceChanges(record, thread, syscallIn(threads.abiOf(thread), record.number), targets);
    }
  }

  /** Takes records in the order of their times, which have been announced. */
  push(records: readonly (KernelRecord | GapRecord)[]): void {
    for (const record of records) {
      if (record.kind === "gap") this.#passGap();
      else this.#takeIfTraced(record);
    }
  }

  /** Hands on the calls that are under way; nothing may be pushed any more. */
  finish(onPending: (event: TraceEvent) => void): void {
    this.#releaseAll();
    for (const thread of this.#options.threads.all()) {
      if (thread.call !== undefined && this.#isSelected(thread.call.syscall))
        onPending(this.#events.unfinished(thread, thread.call, "detached"));
    }
  }

  #takeIfTraced(record: KernelRecord): void {
    // The main thread, whose number another one takes with exec, has ended by then.
    const hostTid = record.kind === "exec" ? record.oldHostTid : record.hostTid;
    const thread = this.#options.threads.get(hostTid) ?? this.#adopt(record);
    if (thread !== undefined) this.#take(record, thread);
  }

  #adopt({ kind, hostTid }: KernelRecord): TracedThread | undefined {
    return kind === "enter" || kind === "return" ? this.#options.threads.adopt(hostTid) : undefined;
  }

  #take(record: KernelRecord, thread: TracedThread): void {
    if (!thread.isNumbered) {
      this.#hold(record, thread);
      return;
    }
    if (record.kind === "enter") this.#enter(record, thread);
    else if (record.kind === "return") this.#leave(record, thread);
    else if (record.kind === "fork") this.#options.threads.fork(thread, record.childHostTid);
    else if (record.kind === "signal") this.#signal(record, thread);
    else if (record.kind === "exec") this.#replaceProgram(record);
    else if (record.kind === "end") this.#end(thread, record.timeNs);
  }

  #enter(record: EnterRecord, thread: TracedThread): void {
    const abi = this.#options.threads.abiOf(thread);
    const syscall = syscallIn(abi, record.number);
    thread.isNew = false;
    // One that it was in already has ended unseen: its return is not recorded where calls are filtered.
    thread.call = { record, syscall, abi };
    if (EXITS.has(syscall.name)) this.#willExit(thread, syscall.name, (record.words[0] ?? 0) & 0xff);
  }

  /** exit_group(2) ends all threads of the process. */
  #willExit(thread: TracedThread, call: string, exitCode: number): void {
    thread.exitCode = exitCode;
    if (call === "exit" || thread.pid === null) return;
    for (const each of this.#options.threads.all()) if (each.pid === thread.pid) each.exitCode ??= exitCode;
  }

  #leave(record: ReturnRecord, thread: TracedThread): void {
    const { call } = thread;
    const isBirth = thread.isNew && call === undefined;
    thread.isNew = false;
    thread.call = undefined;
    // A new thread comes out of the call that has made it; and the return of a signal handler is no call's.
    if (isBirth || (call === undefined && record.number < 0)) return;
    const syscall = call?.syscall ?? syscallIn(this.#options.threads.abiOf(thread), record.number);
    this.#emit({ thread, syscall, abi: call?.abi, enter: call?.record, leave: record });
    if (thread.born.length > 0 && FORKS.has(syscall.name)) {
      thread.call = call;
      this.#settleBirths(thread, record.low > 0 ? record.low : undefined);
      thread.call = undefined;
    }
  }

  #emit(parts: CallParts): void {
    const { targets } = this.#options;
    // What it opens is there already when it returns, and what it closes stands for what it was until then.
    const isOpening = parts.syscall.result === "descriptor";
    if (isOpening) applyChanges(parts, targets);
    const event = this.#isSelected(parts.syscall) ? this.#events.returned(parts) : undefined;
    if (!isOpening) applyChanges(parts, targets);
    if (event !== undefined) this.#onEvent(event);
  }

  /** It goes on under the number of its process, whichever of its threads it was (execve(2)). */
  #replaceProgram(record: ExecRecord): void {
    const { threads, targets, minDurationNs } = this.#options;
    const old = threads.get(record.oldHostTid);
    if (old === undefined) return;
    threads.forgetAbi(old.pid);
    if (old.pid !== null) targets.forget(old.pid);
    if (record.oldHostTid === record.hostTid) return;
    const { tid } = old;
    threads.takePlace(old, record.hostTid);
    if (minDurationNs === 0) this.#onEvent(this.#events.superseded(old, tid, record.timeNs));
  }

  /** SIGKILL is recorded of every thread of a process that ends, whatever ends it: another signal, or exit_group(2). */
  #signal(record: SignalRecord, thread: TracedThread): void {
    if (record.number === SIGKILL || this.#options.minDurationNs > 0) return;
    this.#onEvent(this.#events.signalled(thread, record));
  }

  #end(thread: TracedThread, timeNs: number): void {
    const { threads, isErrorsOnly, minDurationNs } = this.#options;
    threads.remove(thread);
    if (minDurationNs > 0) return;
    const { call } = thread;
    if (call !== undefined && !isErrorsOnly && this.#isSelected(call.syscall))
      this.#onEvent(this.#events.unfinished(thread, call, "unfinished"));
    const exit = this.#events.exited(thread, timeNs);
    if (exit !== undefined) this.#onEvent(exit);
  }

  /** What was under way may have ended unseen, and anything may have been opened and closed. */
  #passGap(): void {
    const { threads, targets } = this.#options;
    for (const thread of threads.all()) thread.call = undefined;
    targets.forgetAll();
    this.#releaseAll();
  }

  #hold(record: KernelRecord, thread: TracedThread): void {
    thread.held.push(record);
    this.#held += 1;
    if (this.#held > MAX_HELD) this.#releaseAll();
  }

  #settleBirths(parent: TracedThread, tid: number | undefined): void {
    for (const child of parent.born.splice(0)) {
      this.#options.threads.number(child, parent, tid);
      const { held } = child;
      child.held = [];
      this.#held -= held.length;
      for (const record of held) this.#take(record, child);
    }
  }

  /** Nobody will tell their numbers any more. */
  #releaseAll(): void {
    for (const parent of [...this.#options.threads.all()]) this.#settleBirths(parent, undefined);
  }

  #isSelected(syscall: Syscall): boolean {
    const { selection } = this.#options;
    return selection === undefined || selection.has(syscall);
  }
}

function syscallIn(abi: SyscallAbi | undefined, number: number): Syscall {
  if (abi !== undefined) return syscallOf(abi, number);
  return { name: `syscall_0x${(number >>> 0).toString(16)}`, args: null, result: null };
}
