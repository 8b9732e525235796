/** Runs tasks of the same key one after the other, in the order in which they came; others do not wait. */
export interface Queues {
  run<T>(key: string, task: () => Promise<T>): Promise<T>;
}

/** Makes empty queues. */
export function createQueues(): Queues {
  const tails = new Map<string, Promise<unknown>>();
  return {
    run(key, task) {
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
    },
  };
}
