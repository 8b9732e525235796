import type { CallEvent } from "./event.ts";

/** Knows which process (thread group) a thread belongs to: strace's lines name threads only. */
export interface ThreadGroups {
  /** The process of a thread; null where that can't be told. */
  groupOf(tid: number): number | null;
  /** Takes in what a call tells of threads. */
  learn(event: CallEvent): void;
  /** A thread has ended; its id may be given to another. */
  forget(tid: number): void;
}

/** Why a thread's process is null. */
export const UNKNOWN_GROUP = "The thread had ended before its process could be looked up.";

/** As many threads as a machine has, for most. */
const MAX_THREADS = 65_536;

/**
 * Makes one that remembers, for at most 65,536 threads at a time.
 * @param lookUp tells the process of a thread that lives. It is asked once for each thread, when its first line is read.
 */
export function createThreadGroups(
  lookUp: (tid: number) => number | undefined = () => undefined,
): ThreadGroups {
  const groups = new Map<number, number | null>();

  const remember = (tid: number, group: number | null) => {
    groups.delete(tid);
    groups.set(tid, group);
    const [oldest] = groups.size > MAX_THREADS ? groups.keys() : [];
    if (oldest !== undefined) groups.delete(oldest);
    return group;
  };
  const groupOf = (tid: number): number | null => {
    const known = groups.get(tid);
    return known === undefined ? remember(tid, lookUp(tid) ?? null) : known;
  };

  return {
    groupOf,
    learn(event) {
      const child = event.result;
      if (child === null || child <= 0 || !isCreation(event.call)) return;
      // What /proc says is better: a process in a PID namespace of its own is told another number by clone(2).
      if (typeof groups.get(child) === "number") return;
      const group = lookUp(child) ?? (makesThread(event) ? groupOf(event.tid) : child);
      remember(child, group);
    },
    forget: (tid) => {
      groups.delete(tid);
    },
  };
}

function isCreation(call: string): boolean {
  return call === "clone" || call === "clone3" || call === "fork" || call === "vfork";
}

function makesThread({ args }: CallEvent): boolean {
  return args?.some((argument) => JSON.stringify(argument).includes("CLONE_THREAD")) ?? false;
}
