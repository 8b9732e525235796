import { monotonicMs, nowMs } from "../base/clock.ts";
import type { LatencySecond, RecentLatency } from "../base/recent-latency.ts";

/** Tells the latency of each second when it is over, unless nothing has come or changed. It keeps no process alive. */
export class LatencyTeller implements Disposable {
  readonly #latency: RecentLatency;
  readonly #tell: (second: LatencySecond) => void;
  #timer: NodeJS.Timeout;
  #waiting = 0;

  constructor(latency: RecentLatency, tell: (second: LatencySecond) => void) {
    this.#latency = latency;
    this.#tell = tell;
    this.#timer = this.#inASecond();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #inASecond(): NodeJS.Timeout {
    // A timer may fire a millisecond too early.
    const leftMs = 1_002 - (monotonicMs(nowMs()) % 1_000);
    const timer = setTimeout(() => {
      this.#timer = this.#inASecond();
      const second = this.#latency.handOver(nowMs());
      if (second.buckets.length === 0 && second.waiting === this.#waiting) return;
      this.#waiting = second.waiting;
      this.#tell(second);
    }, leftMs);
    return timer.unref();
  }
}
