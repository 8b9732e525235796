/** Processes of the sidecar beside this one that are not started by `spawn.ts`. */

const adopted = new Set<number>();

/** Counts a process, and what is below it, among the sidecar's own until the result is disposed of. */
export function adopt(pid: number): Disposable {
  adopted.add(pid);
  return { [Symbol.dispose]: () => void adopted.delete(pid) };
}

/** The pids that are adopted now. */
export function adoptedPids(): Iterable<number> {
  return adopted;
}
