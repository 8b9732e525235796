import { RmiConnectionError } from "./rmi-error.ts";

/** How many may do something at the same time; the others wait in their order. */
export interface Slots {
  /** @throws {RmiConnectionError} where the signal comes first. */
  take(signal: AbortSignal): Promise<void>;
  give(): void;
}

/** Makes so many. */
export function createSlots(count: number): Slots {
  let free = count;
  const waiting = new Set<() => void>();
  return {
    async take(signal) {
      if (free > 0) {
        free -= 1;
        return;
      }
      await new Promise<void>((resolve, reject) => {
        const grant = () => {
          signal.removeEventListener("abort", giveUp);
          resolve();
        };
        const giveUp = () => {
          waiting.delete(grant);
          reject(new RmiConnectionError("timeout", "too many calls wait for the JVM", signal.reason));
        };
        waiting.add(grant);
        signal.addEventListener("abort", giveUp, { once: true });
        // An event that was before is not told.
        if (signal.aborted) giveUp();
      });
    },
    give() {
      const [next] = waiting;
      if (next === undefined) {
        free += 1;
      } else {
        waiting.delete(next);
        next();
      }
    },
  };
}
