import { EventParser } from "./events/event-parser.ts";
import { createThreadGroups } from "./events/thread-groups.ts";

/**
 * Makes a filter that takes the lines of a trace, one after the other, and gives those of calls that took at least so
 * long: none, one, or both halves of one. strace can't do that itself.
 */
export function createDurationFilter(minDurationNs: number): (line: string) => readonly string[] {
  let passed: readonly string[] = [];
  const parser = new EventParser({ withRaw: true, groups: createThreadGroups() }, (event) => {
    const isLong = event.type === "call" && (event.durationNs ?? 0) >= minDurationNs;
    if (isLong) passed = [...passed, ...(event.raw ?? [])];
  });
  return (line) => {
    passed = [];
    parser.push(line);
    return passed;
  };
}
