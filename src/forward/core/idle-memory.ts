/**
 * Knows whether the core can be trusted with a request that may not be sent twice, on a connection that has been idle.
 * A core says nowhere when it gives idle connections up, and a request that is under way at that instant is lost.
 *
 * Trust is earned by the time for which idle connections are left alone, taken together, and lost when one is closed
 * early. It also takes that time by the clock: a core that stands still for a moment leaves many connections alone in
 * it, and goes on as before. Each time it turns out to have been misplaced, more is needed to earn it again: a core that closes connections
 * as it pleases is soon never trusted, one that was restarted is after a moment.
 */
export class IdleMemory {
  /** Time for which connections were idle and left alone, since the last was closed early. */
  #calmMs = 0;
  #neededMs = CALM_MS;
  #earlyAtMs = Number.NEGATIVE_INFINITY;

  /** A connection was idle for so long, and the core had not closed it. */
  keptFor(idleMs: number): void {
    this.#calmMs += Math.min(idleMs, EARLY_MS);
  }

  /** The core has closed a connection that was idle for so long; now, by `performance.now()`. */
  closedAfter(idleMs: number, nowMs: number): void {
    if (idleMs >= EARLY_MS) return;
    this.#earlyAtMs = nowMs;
    if (this.#calmMs > this.#neededMs * LONG_TRUST) this.#neededMs = CALM_MS;
    else if (this.#calmMs >= this.#neededMs) this.#neededMs = Math.min(MAX_CALM_MS, this.#neededMs * 2);
    this.#calmMs = 0;
  }

  /** Whether a connection that has been idle for so long is most probably still open at the other end. */
  isSafe(idleMs: number, nowMs: number): boolean {
    if (idleMs >= SAFE_MS || this.#calmMs < this.#neededMs) return false;
    return nowMs - this.#earlyAtMs >= Math.min(this.#neededMs, MAX_WAIT_MS);
  }
}

/** Servers that keep connections at all keep them for at least this long. */
const EARLY_MS = 2_000;
const SAFE_MS = 1_000;
const CALM_MS = 1_000;
const MAX_CALM_MS = 600_000;
/** By the clock: most of what makes a core close connections early, such as a restart, is over after that. */
const MAX_WAIT_MS = 10_000;
/** Trust that lasted for so many times what it had cost was well placed. */
const LONG_TRUST = 100;
