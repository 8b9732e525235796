/** Runs tasks that share a key one after the other, in the order in which they came; others do not wait. */
export interface Queues {
  run<T>(key: string, task: () => Promise<T>): Promise<T>;
  /** Runs a task when it is its turn for all of the keys. Two that share some never wait for each other. */
  runAll<T>(keys: readonly string[], task: () => Promise<T>): Promise<T>;
}

/** Makes empty queues. */
export function createQueues(): Queues {
  const tails = new Map<string, Promise<unknown>>();
  const run = <T>(key: string, task: () => Promise<T>): Promise<T> => {
    const before = tails.get(key) ?? Promise.resolve();
    const result = before.then(task, task);
    // Whether a task fails is its caller's to see; the next one runs either way.
    const tail = result.then(
      () => undefined,
      () => undefined,
    );
    tails.set(key, tail);
    void tail.then(() => {
      if (tails.get(key) === tail) tails.delete(key);
    });
    return result;
  };
  return {
    run,
    runAll(keys, task) {
      // Always in the same order: else one could hold what the other waits for.
      const ordered = [...new Set(keys)].toSorted();
      const from = (index: number): ReturnType<typeof task> => {
        const key = ordered[index];
        return key === undefined ? task() : run(key, () => from(index + 1));
      };
      return from(0);
    },
  };
}
