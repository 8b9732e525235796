import type { ChildProcess } from "node:child_process";

/**
 * Ends the children of this process with it. A test that has taken too long never disposes of what it has started, and
 * Vitest, which ends its workers by SIGTERM, then waits for whoever has their standard error.
 */

const ends = new Set<() => void>();

function endAll(): void {
  for (const end of ends) end();
}

process.once("exit", endAll);
process.once("SIGTERM", () => {
  // Who listens, too, ends it all in order.
  if (process.listenerCount("SIGTERM") > 0) return;
  endAll();
  process.kill(process.pid, "SIGTERM");
});

/** Calls `end` when this process ends before the child has. */
export function endWithUs(child: ChildProcess, end: () => void): void {
  ends.add(end);
  child.once("exit", () => ends.delete(end));
}
