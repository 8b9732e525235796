import { monitorEventLoopDelay } from "node:perf_hooks";

const RESOLUTION_MS = 10;

/** How late an event loop was, in milliseconds; null where it is not known. */
export interface EventLoopDelay {
  readonly p99Ms: number | null;
  readonly maxMs: number | null;
}

/** Measures this process from its first reading until it is disposed of. */
export interface EventLoopMeter extends Disposable {
  /** The delay since the reading before. */
  read(): EventLoopDelay;
}

/** Makes a meter of this process's event loop. */
export function createEventLoopMeter(): EventLoopMeter {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  return {
    read() {
      histogram.enable();
      // An empty histogram gives figures too, which mean nothing.
      const isEmpty = histogram.count === 0;
      const p99Ms = isEmpty ? null : delayMs(histogram.percentile(99));
      const maxMs = isEmpty ? null : delayMs(histogram.max);
      histogram.reset();
      return { p99Ms, maxMs };
    },
    [Symbol.dispose]() {
      histogram.disable();
    },
  };
}

/** The worst of some; what is not known of one does not hide what is known of another. */
export function worstDelay(delays: readonly EventLoopDelay[]): EventLoopDelay {
  const most = (values: readonly (number | null)[]) => {
    const known = values.filter((value) => value !== null);
    return known.length === 0 ? null : Math.max(...known);
  };
  return { p99Ms: most(delays.map(({ p99Ms }) => p99Ms)), maxMs: most(delays.map(({ maxMs }) => maxMs)) };
}

/** A sample is the whole time between two ticks of a timer of {@link RESOLUTION_MS}, in nanoseconds. */
function delayMs(sampleNs: number): number {
  return Math.max(0, Math.round(sampleNs / 1e5 - RESOLUTION_MS * 10) / 10);
}
