import type { Scratch } from "../../linux/scratch.ts";

/** How often it is looked whether a tracer has written. */
export interface PaceOptions {
  /** Between two looks while something comes. A pipe would make the app wait for us. */
  readonly intervalMs: number;
  /** The longest between two looks where each brings much: to be woken costs more CPU time than to read what has come. */
  readonly busyIntervalMs: number;
  /** The shortest, where it would be too much at once: meanwhile nobody else has the event loop. */
  readonly rushIntervalMs: number;
  /** At the latest, while nothing comes and the kernel is to say when something does. */
  readonly idleIntervalMs: number;
}

const DEFAULTS: PaceOptions = { intervalMs: 5, busyIntervalMs: 10, rushIntervalMs: 2, idleIntervalMs: 100 };
/** Some eight lines. */
const MUCH_BYTES = 1_024;
/** Half a millisecond's work. */
const ENOUGH_BYTES = 32_768;
/** So many times something may be found that the kernel should have told of, and did not. */
const MISSES = 2;
/** So many looks in succession that find nothing: then the kernel is asked to say when something comes. */
const EMPTY_LOOKS = 4;

/**
 * When to look at what a tracer writes. While lines come it is looked at every few milliseconds: who is woken by each of
 * them costs as much CPU time as strace does. While none come, the first one wakes.
 */
export class LookPace implements Disposable {
  readonly #scratch: Pick<Scratch, "watch">;
  readonly #options: PaceOptions;
  readonly #listening = new DisposableStack();
  #wake: () => void = () => undefined;
  #isRung = false;
  #emptyLooks = 0;
  #busyMs: number;
  #watch: Disposable | undefined;
  #hasTimedOut = false;
  /** Some kinds of kernel have no such watch, or one that tells nothing. */
  #misses = 0;

  constructor(scratch: Pick<Scratch, "watch">, options: Partial<PaceOptions> = {}) {
    this.#scratch = scratch;
    this.#options = { ...DEFAULTS, ...options };
    this.#busyMs = this.#options.busyIntervalMs;
  }

  /** Ends the wait that is under way, or the next one, at once. */
  readonly ring = (): void => {
    this.#isRung = true;
    this.#wake();
  };

  /** Rings when a signal is aborted, until it is disposed of. */
  ringAt(signal: AbortSignal): void {
    signal.addEventListener("abort", this.ring);
    this.#listening.defer(() => signal.removeEventListener("abort", this.ring));
  }

  /**
   * Waits until it is time for the next look.
   * @param broughtBytes what the last one has brought.
   * @param maxMs no longer than so.
   */
  async next(broughtBytes: number, maxMs: number): Promise<void> {
    const { intervalMs, idleIntervalMs } = this.#options;
    if (broughtBytes > 0) {
      if (this.#watch !== undefined && this.#hasTimedOut) this.#misses += 1;
      this.#endWatch();
      this.#emptyLooks = 0;
      await this.#wait(
        Math.min(maxMs, broughtBytes >= MUCH_BYTES ? this.#busyMsAfter(broughtBytes) : intervalMs),
      );
      return;
    }
    this.#emptyLooks += 1;
    if (this.#watch !== undefined) await this.#wait(Math.min(maxMs, idleIntervalMs));
    else if (this.#emptyLooks < EMPTY_LOOKS || this.#misses >= MISSES)
      await this.#wait(Math.min(maxMs, intervalMs));
    // What was written before the watch began is found by a look that does not wait for it.
    else this.#beginWatch();
  }

  [Symbol.dispose](): void {
    this.#listening.dispose();
    this.#endWatch();
  }

  /** So long that the next look brings as much as is right to be read at once. */
  #busyMsAfter(broughtBytes: number): number {
    const { busyIntervalMs, rushIntervalMs } = this.#options;
    const rightMs = (this.#busyMs * ENOUGH_BYTES) / broughtBytes;
    this.#busyMs = Math.max(rushIntervalMs, Math.min(rightMs, busyIntervalMs));
    return this.#busyMs;
  }

  #beginWatch(): void {
    this.#watch = this.#scratch.watch(this.ring);
    if (this.#watch === undefined) this.#misses = MISSES;
  }

  #endWatch(): void {
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
    this.#hasTimedOut = false;
  }

  async #wait(ms: number): Promise<void> {
    if (!this.#isRung) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = setTimeout(resolve, ms);
      await promise;
      clearTimeout(timer);
    }
    this.#hasTimedOut = !this.#isRung;
    this.#isRung = false;
  }
}
