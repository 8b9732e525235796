import { counter, gauge, type MetricFamily } from "../../web/metrics/metric-family.ts";
import type { EndReason, TraceResult } from "./trace.ts";

/** What came of all traces so far. */
export class TraceCounts {
  #started = 0;
  #refused = 0;
  #lines = 0;
  readonly #ended = new Map<EndReason, number>();
  readonly #running: () => number;

  /** @param running how many have a place of those that there are. */
  constructor(running: () => number) {
    this.#running = running;
  }

  /** Counts a trace as begun once `work`, which attaches strace, is done; else as refused. */
  async begin<T>(work: () => Promise<T>): Promise<T> {
    const trace = await this.prepare(work);
    this.#started += 1;
    return trace;
  }

  /** Counts a trace as refused where `work`, which it needs to begin, fails. */
  async prepare<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#refused += 1;
      throw error;
    }
  }

  /** Counts a trace as ended when it has been followed to its end. */
  async follow(work: () => Promise<TraceResult>): Promise<TraceResult> {
    const result = await work();
    const { endReason, lines } = result;
    this.#ended.set(endReason, (this.#ended.get(endReason) ?? 0) + 1);
    this.#lines += lines;
    return result;
  }

  /** The same for Prometheus. */
  metrics(): MetricFamily[] {
    return [
      gauge("tickbird_traces_running", "Traces that run, or are just being begun or ended.", this.#running()),
      counter("tickbird_traces_started", "Traces that have begun.", this.#started),
      counter("tickbird_traces_refused", "Traces that were asked for and could not begin.", this.#refused),
      counter(
        "tickbird_traces_ended",
        "Traces that are over, by why they ended.",
        [...this.#ended].map(([reason, count]) => [{ reason }, count] as const),
      ),
      counter("tickbird_trace_lines", "Lines of the traces that are over.", this.#lines),
    ];
  }
}
