/**
 * Remembers after how long the core gives idle connections up. It says so nowhere, but a request that is under way at
 * that instant is lost, and one that may not be sent twice can't be saved: it should not be sent that late.
 */
export class IdleMemory {
  #shortestMs = Number.POSITIVE_INFINITY;
  #sinceMs = 0;

  /** The core has closed a connection that was idle for so long. */
  closedAfter(idleMs: number): void {
    const now = performance.now();
    if (idleMs < this.#shortestMs || now - this.#sinceMs > FORGET_MS) {
      this.#shortestMs = idleMs;
      this.#sinceMs = now;
    }
  }

  /** Whether a connection that has been idle for so long is most probably still open at the other end. */
  isSafe(idleMs: number): boolean {
    return idleMs < this.#shortestMs / 2;
  }
}

/** A restart of the core closes connections of any age: such a lesson must not hold for ever. */
const FORGET_MS = 600_000;
