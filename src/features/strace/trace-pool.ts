import { AppError } from "../../base/errors.ts";
import type { Settings } from "../../settings/schema.ts";
import { countTrace } from "./count-trace.ts";
import type { Engine } from "./engine-names.ts";
import type { Governor } from "./governor/governor.ts";
import { startTrace } from "./start-trace.ts";
import { startTracefsTrace } from "./start-tracefs-trace.ts";
import type { TraceTargets } from "./targets.ts";
import type { Trace } from "./trace.ts";
import { TraceCounts } from "./trace-counts.ts";
import type { TraceOptions } from "./trace-options.ts";

/** All traces of this sidecar: how many there may be at once, and that they all end with it. */
export interface TracePool extends AsyncDisposable {
  /** What came of all of them so far. */
  readonly counts: TraceCounts;
  /**
   * Starts a trace, which ends with `client` or with the pool. Whoever asked for it disposes of it.
   * @throws {AppError} `limit-reached` with Retry-After, `shutting-down`, or what keeps strace from attaching.
   */
  begin(targets: TraceTargets, asked: TraceAsked, client: AbortSignal): Promise<Trace>;
  /** Ends all traces, and takes no further ones. */
  stop(): void;
}

/** What a trace is to be. */
export interface TraceAsked extends Omit<TraceOptions, "engine"> {
  /** What traces: decided by `prepareTrace`. */
  readonly engine: Engine;
  readonly lines: number;
  /** The most output; strace.maxBytes where it is left out. */
  readonly maxBytes?: number;
  /** As in `TraceLimits`. */
  readonly addressesInLines?: boolean;
  /** As in `TraceLimits`. */
  readonly maxLagBytes?: number;
}

/** Makes a pool without traces. What it starts is watched over by `governor`. */
export function createTracePool(settings: Settings["strace"], governor: Governor): TracePool {
  const stopping = new AbortController();
  const active = new Map<symbol, { endsAtMs: number; ended: PromiseWithResolvers<void> }>();
  const counts = new TraceCounts(() => active.size);

  const occupy = (durationMs: number) => {
    if (stopping.signal.aborted) throw new AppError("shutting-down", "The sidecar is shutting down.");
    if (active.size >= settings.maxConcurrent) {
      throw limitReached(
        settings.maxConcurrent,
        [...active.values()].map(({ endsAtMs }) => endsAtMs),
      );
    }
    const slot = Symbol("trace");
    const ended = Promise.withResolvers<void>();
    active.set(slot, { endsAtMs: performance.now() + durationMs, ended });
    return () => {
      active.delete(slot);
      ended.resolve();
    };
  };

  const begin: TracePool["begin"] = async (targets, asked, client) => {
    await using stack = new AsyncDisposableStack();
    stack.defer(occupy(asked.durationMs));
    const signal = AbortSignal.any([client, stopping.signal]);
    const limits = { ...settings, ...asked };
    const trace = stack.use(
      asked.engine === "tracefs"
        ? await startTracefsTrace(targets, limits, signal)
        : await startTrace(targets, limits, { signal, governor }),
    );
    return countTrace(trace, counts, stack.move());
  };

  return {
    counts,
    begin: (targets, asked, client) => counts.begin(() => begin(targets, asked, client)),
    stop: () => stopping.abort(),
    async [Symbol.asyncDispose]() {
      stopping.abort();
      // Each is disposed of by its own answer, as soon as it has seen the end.
      await Promise.all([...active.values()].map(({ ended }) => ended.promise));
    },
  };
}

/** One that goes on for ever may be stopped at any time. */
const MAX_RETRY_SECONDS = 60;

function limitReached(maxConcurrent: number, endings: readonly number[]): AppError {
  const untilEnd = Math.ceil((Math.min(...endings) - performance.now()) / 1_000);
  const seconds = Math.min(MAX_RETRY_SECONDS, Math.max(1, untilEnd));
  return new AppError(
    "limit-reached",
    `${maxConcurrent} traces are running, and more are not allowed at once.`,
    {
      remedy: `Try again in ${seconds} s, or SIDECAR_STRACE_MAX_CONCURRENT=${maxConcurrent + 1}: each trace costs up to one CPU core.`,
      headers: { "Retry-After": String(seconds) },
      extra: { maxConcurrent },
    },
  );
}
