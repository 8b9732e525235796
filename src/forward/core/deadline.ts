import { nowMs, turnMs } from "../../base/clock.ts";

/**
 * A deadline that moves at every piece of data: moving it later is a mere assignment, the timer behind it is set anew
 * only when it fires too early.
 */
export class Deadline {
  readonly #passed: () => void;
  #timer: NodeJS.Timeout | undefined;
  #atMs = Number.POSITIVE_INFINITY;
  #firesAtMs = Number.POSITIVE_INFINITY;

  constructor(passed: () => void) {
    this.#passed = passed;
  }

  /** Moves the deadline to `inMs` from now. */
  set(inMs: number): void {
    const now = turnMs();
    this.#atMs = now + inMs;
    if (this.#atMs < this.#firesAtMs) this.#arm(now);
  }

  /** There is no deadline any more. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#atMs = Number.POSITIVE_INFINITY;
    this.#firesAtMs = Number.POSITIVE_INFINITY;
  }

  #arm(now: number): void {
    clearTimeout(this.#timer);
    this.#firesAtMs = this.#atMs;
    this.#timer = setTimeout(() => this.#fire(), this.#atMs - now);
  }

  #fire(): void {
    const now = nowMs();
    this.#timer = undefined;
    this.#firesAtMs = Number.POSITIVE_INFINITY;
    // Timers may fire a millisecond early.
    if (now + 1 < this.#atMs) {
      this.#arm(now);
      return;
    }
    this.#atMs = Number.POSITIVE_INFINITY;
    this.#passed();
  }
}
