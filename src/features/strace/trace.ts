import type { GovernorLimits } from "./governor/limits.ts";
import type { Verdict } from "./governor/verdict.ts";
import type { TraceTargets } from "./targets.ts";
import type { TraceOptions } from "./trace-options.ts";

/** Why a trace has ended. */
export type EndReason = "lines" | "process-exited" | "stopped" | "client-gone" | "tracer-failed" | Verdict;

/** What bounds a trace. */
export interface TraceLimits
  extends GovernorLimits,
    Omit<TraceOptions, "isDurationAsked" | "withRaw" | "asEvents"> {
  readonly lines: number;
  /** The most threads that the processes may have together. */
  readonly maxThreads: number;
  /**
   * Whether strace itself is to tell the addresses of sockets where it can, for whoever reads its lines. It costs the app
   * dearly, and events have addresses without it (trace-events.ts).
   */
  readonly addressesInLines?: boolean;
}

/** How a trace has ended. */
export interface TraceResult {
  readonly endReason: EndReason;
  readonly lines: number;
  readonly bytes: number;
  readonly durationMs: number;
  /** The calls that were under way at the end. */
  readonly pending: readonly string[];
  readonly warnings: readonly string[];
  /** Whether every thread runs free again; where not, `warnings` say which. */
  readonly released: boolean;
}

/** A running strace that holds its processes. Whoever started it disposes of it: then they run free again. */
export interface Trace extends AsyncDisposable {
  readonly targets: TraceTargets;
  readonly command: readonly string[];
  readonly startedAt: string;
  /**
   * Reads the lines as they come and hands each to `onLine`, which must not wait; resolves when strace has ended and
   * its processes run free. To be called once.
   * @param onRemark gets, in their order, the lines that don't count: calls that were under way when strace let go, and
   *   what strace remarks of a process.
   */
  follow(onLine: (line: string) => void, onRemark?: (line: string) => void): Promise<TraceResult>;
}

/** How an abort of a trace names its reason: `controller.abort("client-gone")`. Anything else counts as `stopped`. */
export const CLIENT_GONE = "client-gone" satisfies EndReason;
