/** Ends the connections of a client on which nothing is under way: after their keep-alive, or after a moment in a drain. */

/** A connection as the sweep sees it. */
export interface Sweepable {
  /** Whether nothing is under way on it, nor on its way to us as far as we can see. */
  readonly isIdle: boolean;
  /** Since when, by `performance.now()`. */
  readonly idleSinceMs: number;
  end(): void;
}

/** The sweep; it goes on until it is disposed of. */
export interface IdleSweep extends Disposable {
  /** From now on what is idle is ended after a moment. */
  drain(): void;
}

const SWEEP_MS = 1_000;
/** A request that was sent before the client could know of the drain is still answered, and the client told in the answer. */
const DRAIN_IDLE_MS = 500;

/** Begins to sweep; `keepAliveMs` may be `Infinity`, where somebody else ends what is idle before the drain. */
export function createIdleSweep(connections: () => Iterable<Sweepable>, keepAliveMs: number): IdleSweep {
  const endIdle = (forMs: number) => {
    const before = performance.now() - forMs;
    for (const connection of connections()) {
      if (connection.isIdle && connection.idleSinceMs < before) connection.end();
    }
  };
  let sweeper: NodeJS.Timeout | undefined;
  if (Number.isFinite(keepAliveMs)) sweeper = setInterval(() => endIdle(keepAliveMs), SWEEP_MS);
  return {
    drain() {
      clearInterval(sweeper);
      sweeper = setInterval(() => endIdle(DRAIN_IDLE_MS), DRAIN_IDLE_MS / 5);
    },
    [Symbol.dispose]: () => clearInterval(sweeper),
  };
}
