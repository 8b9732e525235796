import { threadGroupOf } from "../../../../linux/proc.ts";
import { isProgramOf32Bits } from "../../../../linux/program-class.ts";
import type { EnterRecord, KernelRecord } from "../../../../linux/tracefs/kernel-records.ts";
import { nativeAbi, type Syscall, type SyscallAbi } from "../../../../linux/tracefs/syscalls.ts";

/** A call that a thread is in. */
export interface CallUnderWay {
  readonly record: EnterRecord;
  readonly syscall: Syscall;
  readonly abi: SyscallAbi | undefined;
}

/** A thread that is traced. */
export interface TracedThread {
  hostTid: number;
  /** As we number it; as the host does, where `isNumbered` is false or the number could not be told. */
  tid: number;
  /** Null where its process could not be told. */
  pid: number | null;
  /** Whether our number for it is known. What it does until then is in `held`. */
  isNumbered: boolean;
  held: KernelRecord[];
  /** Whether nothing has been seen of it yet but its birth: it begins within the call that has made it. */
  isNew: boolean;
  /** Whether its PID namespace is another one than ours: what fork(2) tells it is no number of ours. */
  isElsewhere: boolean;
  call: CallUnderWay | undefined;
  /** What exit_group(2) or exit(2) was called with. */
  exitCode: number | undefined;
  /** Threads that it has made within the call that it is in. */
  readonly born: TracedThread[];
}

/** All threads that are traced, by the host's numbers. */
export interface ThreadTable {
  get(hostTid: number): TracedThread | undefined;
  add(hostTid: number, tid: number, isElsewhere: boolean): void;
  /** A thread whose birth was not seen, but whom the kernel records since it belongs to the others. */
  adopt(hostTid: number): TracedThread;
  /** A thread makes another, within the call that it is in. */
  fork(parent: TracedThread, childHostTid: number): void;
  /** Gives a thread the number that the call which made it has told; or undefined, where it told none of ours. */
  number(thread: TracedThread, parent: TracedThread, tid: number | undefined): void;
  remove(thread: TracedThread): void;
  /** A thread goes on under the number of the main one of its process, which has ended. */
  takePlace(thread: TracedThread, hostTid: number): void;
  /** Whose numbers its calls have; undefined where they are not known. */
  abiOf(thread: TracedThread): SyscallAbi | undefined;
  /** Its program is another one now. */
  forgetAbi(pid: number | null): void;
  all(): IterableIterator<TracedThread>;
  readonly size: number;
}

const MAX_ABIS = 16_384;
const CLONE_THREAD = 0x00010000;
const CLONE_NEWPID = 0x20000000;

/** What /proc says of threads and programs. */
export interface ThreadLookup {
  /** The process of a thread; undefined where it has ended. */
  readonly groupOf: (tid: number) => number | undefined;
  readonly isProgramOf32Bits: (pid: number) => boolean | undefined;
}

const PROC: ThreadLookup = { groupOf: threadGroupOf, isProgramOf32Bits };

/**
 * Makes an empty one.
 * @param isSameNumber whether the host's numbers are ours.
 */
export function createThreadTable(isSameNumber: boolean, proc: ThreadLookup = PROC): ThreadTable {
  const threads = new Map<number, TracedThread>();
  const abis = new Map<number, SyscallAbi | undefined>();

  const make = (hostTid: number, of: Partial<TracedThread>): TracedThread => {
    const thread: TracedThread = {
      ...{ hostTid, tid: hostTid, pid: null, isNumbered: false, held: [], isNew: true, isElsewhere: false },
      ...{ call: undefined, exitCode: undefined, born: [], ...of },
    };
    threads.set(hostTid, thread);
    return thread;
  };
  const number = (thread: TracedThread, parent: TracedThread, tid: number | undefined) => {
    thread.isNumbered = true;
    thread.tid = tid ?? thread.hostTid;
    thread.pid = tid === undefined ? null : groupOfChild(tid, parent, proc);
    thread.isElsewhere = tid === undefined || hasFlag(parent, CLONE_NEWPID) || parent.isElsewhere;
  };

  return {
    get: (hostTid) => threads.get(hostTid),
    add(hostTid, tid, isElsewhere) {
      make(hostTid, { tid, pid: proc.groupOf(tid) ?? tid, isNumbered: true, isNew: false, isElsewhere });
    },
    adopt(hostTid) {
      const pid = isSameNumber ? (proc.groupOf(hostTid) ?? null) : null;
      return make(hostTid, { pid, isNumbered: true, isNew: false, isElsewhere: !isSameNumber });
    },
    fork(parent, childHostTid) {
      const child = make(childHostTid, {});
      if (isSameNumber) number(child, parent, childHostTid);
      else if (parent.isElsewhere) number(child, parent, undefined);
      else parent.born.push(child);
    },
    number,
    remove: ({ hostTid }) => threads.delete(hostTid),
    takePlace(thread, hostTid) {
      threads.delete(thread.hostTid);
      thread.hostTid = hostTid;
      thread.tid = thread.pid ?? hostTid;
      threads.set(hostTid, thread);
    },
    abiOf({ pid }) {
      if (pid === null) return nativeAbi();
      if (abis.size > MAX_ABIS) abis.clear();
      if (!abis.has(pid)) abis.set(pid, abiOfProgram(pid, proc));
      return abis.get(pid);
    },
    forgetAbi(pid) {
      if (pid !== null) abis.delete(pid);
    },
    all: () => threads.values(),
    get size() {
      return threads.size;
    },
  };
}

/** What can't be looked up is taken for a program of the machine's own kind. */
function abiOfProgram(pid: number, proc: ThreadLookup): SyscallAbi | undefined {
  const native = nativeAbi();
  if (proc.isProgramOf32Bits(pid) !== true) return native;
  return native === "x64" ? "ia32" : undefined;
}

/** A process that has ended already is known by the call that has made it; clone3(2) has its flags in memory. */
function groupOfChild(tid: number, parent: TracedThread, proc: ThreadLookup): number | null {
  const group = proc.groupOf(tid);
  if (group !== undefined) return group;
  const call = parent.call?.syscall.name;
  if (call === "fork" || call === "vfork") return tid;
  if (call !== "clone") return null;
  return hasFlag(parent, CLONE_THREAD) ? parent.pid : tid;
}

function hasFlag({ call }: TracedThread, flag: number): boolean {
  return call?.syscall.name === "clone" && ((call.record.words[0] ?? 0) & flag) !== 0;
}
