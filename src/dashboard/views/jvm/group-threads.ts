import type { Answers } from "../../api/api-types.ts";

/** Threads that have something in common. */

export type Thread = Answers["GET /jvm/{pid}/threads"]["threads"][number];
/** What they have in common. */
export type GroupBy = "stack" | "pool" | "state";

/** A group. */
export interface ThreadGroup {
  /** What names it. */
  readonly title: string;
  readonly threads: readonly Thread[];
}

/** How bad a state is: those that wait for a lock come first. */
const STATES = ["BLOCKED", "RUNNABLE", "TIMED_WAITING", "WAITING", "NEW", "TERMINATED"];

/** Groups threads; by state in the order of what it tells, else the largest group first. */
export function groupThreads(threads: readonly Thread[], by: GroupBy): readonly ThreadGroup[] {
  const groups = Map.groupBy(threads, (thread) => keyOf(thread, by));
  const all = [...groups].map(([key, members]) => ({
    title: by === "stack" ? stackTitle(members) : key,
    threads: members,
  }));
  if (by === "state") return all.toSorted((one, other) => rankOf(one.title) - rankOf(other.title));
  return all.toSorted((one, other) => other.threads.length - one.threads.length);
}

/** Whether a thread has a text in its name, its state or its stack. */
export function hasText(thread: Thread, text: string): boolean {
  const wanted = text.toLowerCase();
  const { name, state, frames } = thread;
  return [name, state ?? "", ...frames].some((each) => each.toLowerCase().includes(wanted));
}

/** What the threads of a pool have in common: their name without its numbers. */
export function poolOf(name: string): string {
  return name.replace(/\d+/g, "#");
}

function keyOf(thread: Thread, by: GroupBy): string {
  if (by === "pool") return poolOf(thread.name);
  if (by === "state") return thread.state ?? "of the JVM itself";
  return JSON.stringify([thread.state, thread.frames]);
}

function stackTitle([first]: readonly Thread[]): string {
  if (first === undefined || first.frames.length === 0) return "no Java stack";
  return first.frames[0] ?? "";
}

function rankOf(state: string): number {
  const rank = STATES.indexOf(state);
  return rank === -1 ? STATES.length : rank;
}
