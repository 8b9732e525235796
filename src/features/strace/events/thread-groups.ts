import type { CallEvent } from "./event.ts";

/** Knows which process (thread group) a thread belongs to: strace's lines name threads only. */
export interface ThreadGroups {
  /** The process of a thread; null where that can't be told. */
  groupOf(tid: number): number | null;
  /** Takes in that a thread has begun a call, whose end is written later: what it makes may be heard of before that. */
  expect(tid: number, call: string, text: string): void;
  /** Takes in that a thread does something else: a call that it had begun is over, whether its end was seen or not. */
  goOn(tid: number): void;
  /** Takes in that some of what was written is not known. */
  passOver(): void;
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
 * @param known the processes of threads that lived when the trace began: one may have ended by its first line.
 */
export function createThreadGroups(
  lookUp: (tid: number) => number | undefined = () => undefined,
  known: Iterable<readonly [tid: number, group: number]> = [],
): ThreadGroups {
  const groups = new Map<number, number | null>(known);
  const creations = new BegunCreations();

  const remember = (tid: number, group: number | null) => {
    groups.delete(tid);
    groups.set(tid, group);
    const [oldest] = groups.size > MAX_THREADS ? groups.keys() : [];
    if (oldest !== undefined) groups.delete(oldest);
    return group;
  };
  const groupOf = (tid: number): number | null => {
    const known = groups.get(tid);
    return known === undefined ? remember(tid, lookUp(tid) ?? ofNewborn(tid)) : known;
  };
  /** A thread that had ended by its first line: it is of a call under way, and told where those leave one process only. */
  const ofNewborn = (tid: number): number | null => {
    const possible = new Set([...creations.groups].map((group) => (group === "own" ? tid : group)));
    const [group = null] = possible;
    return possible.size === 1 ? group : null;
  };

  /** Null where the half of the call is missing that says which of the two it makes. */
  const groupOfChild = ({ call, args, tid }: CallEvent, child: number): number | null => {
    if (call === "fork" || call === "vfork") return child;
    if (args === null) return null;
    return args.some((argument) => JSON.stringify(argument).includes(THREAD_FLAG)) ? groupOf(tid) : child;
  };

  return {
    groupOf,
    expect(tid, call, text) {
      if (isCreation(call)) creations.begin(tid, text.includes(THREAD_FLAG) ? groupOf(tid) : "own");
    },
    goOn: (tid) => creations.end(tid, null),
    passOver: () => creations.clear(),
    learn(event) {
      if (!isCreation(event.call)) return;
      const child = event.result;
      const hasEnded = creations.end(event.tid, child);
      if (child === null || child <= 0 || hasEnded) return;
      // What /proc says is better: a process in a PID namespace of its own is told another number by clone(2).
      if (typeof groups.get(child) === "number") return;
      remember(child, lookUp(child) ?? groupOfChild(event, child));
    },
    forget: (tid) => {
      groups.delete(tid);
      creations.forget(tid);
    },
  };
}

/** The process that a child will be in, null where that can't be told; `own` where that is one of its own. */
type ChildGroup = number | null | "own";

/** Calls that make a thread or a process, from their beginning to their end. */
class BegunCreations {
  /** By the thread that calls. */
  readonly #groups = new Map<number, ChildGroup>();
  /** Who has ended since the oldest of them began: the end of the call that made it may be still to come. */
  readonly #ended = new Set<number>();

  /** Those that a child can be in now. */
  get groups(): Iterable<ChildGroup> {
    return this.#groups.values();
  }

  begin(tid: number, group: ChildGroup): void {
    this.#groups.set(tid, group);
  }

  /** Nothing is known of any of them any more. */
  clear(): void {
    this.#groups.clear();
    this.#ended.clear();
  }

  /** Tells whether the child has ended already; its id may be given to another. */
  end(tid: number, child: number | null): boolean {
    // Nearly always: it is asked at each line.
    if (this.#groups.size === 0) return false;
    this.#groups.delete(tid);
    const hasEnded = child !== null && this.#ended.delete(child);
    if (this.#groups.size === 0) this.#ended.clear();
    return hasEnded;
  }

  forget(tid: number): void {
    this.#groups.delete(tid);
    if (this.#groups.size === 0) this.#ended.clear();
    else if (this.#ended.size < MAX_THREADS) this.#ended.add(tid);
  }
}

const THREAD_FLAG = "CLONE_THREAD";

function isCreation(call: string): boolean {
  return call === "clone" || call === "clone3" || call === "fork" || call === "vfork";
}
