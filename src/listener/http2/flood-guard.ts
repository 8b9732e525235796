import { turnMs } from "../../base/clock.ts";

/** Bounds how often a client may do what costs us and brings it nothing: so many at once, and so many more each second. */
export class FloodGuard {
  readonly #burst: number;
  readonly #perMs: number;
  #left: number;
  #atMs = turnMs();

  constructor(burst: number, perSecond: number) {
    this.#burst = burst;
    this.#perMs = perSecond / 1_000;
    this.#left = burst;
  }

  /** So many more are allowed, for what was of use. */
  give(count: number): void {
    this.#left = Math.min(this.#burst, this.#left + count);
  }

  /** It happened once more. False: once too often. */
  take(): boolean {
    const nowMs = turnMs();
    this.#left = Math.min(this.#burst, this.#left + (nowMs - this.#atMs) * this.#perMs);
    this.#atMs = nowMs;
    this.#left -= 1;
    return this.#left >= 0;
  }
}
