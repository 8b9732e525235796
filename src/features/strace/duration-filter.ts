import { EventParser } from "./events/event-parser.ts";
import { createThreadGroups } from "./events/thread-groups.ts";

/** Leaves the lines of long calls. */
export interface DurationFilter {
  /** Takes the next line, and gives the lines that are left with it: none, one, or both halves of a call. */
  push(line: string): readonly string[];
  /** Lines were passed over. */
  passOver(): void;
}

/**
 * Makes a filter for the lines of a trace: those of calls that took at least so long, and of calls that were under way
 * when strace let go. strace can't do that itself.
 * @param onEnded is told which thread has ended: the line that says so is not left.
 */
export function createDurationFilter(minDurationNs: number, onEnded: (tid: number) => void): DurationFilter {
  let passed: readonly string[] = [];
  const parser = new EventParser({ withRaw: true, groups: createThreadGroups() }, (event) => {
    if (event.type === "exit" || event.type === "killed") onEnded(event.tid);
    if (event.type !== "call") return;
    const isLeft = (event.durationNs ?? 0) >= minDurationNs || event.marks.includes("detached");
    if (isLeft) passed = [...passed, ...(event.raw ?? [])];
  });
  return {
    push(line) {
      passed = [];
      parser.push(line);
      return passed;
    },
    passOver: () => parser.passOver(),
  };
}
