import type { Engine } from "./engine-names.ts";
import type { TraceEvent } from "./events/event.ts";
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
  /**
   * How much of strace's output may wait to be read, where the newest is what counts: what is beyond is passed over, and
   * said. Left out: all is read, however late.
   */
  readonly maxLagBytes?: number;
}

/** How a trace has ended. */
export interface TraceResult {
  readonly endReason: EndReason;
  readonly lines: number;
  readonly bytes: number;
  readonly durationMs: number;
  /** Events of the kernel that came faster than they were read: two for each call. 0 with strace, which loses none. */
  readonly lost: number;
  /** The calls that were under way at the end. */
  readonly pending: readonly string[];
  readonly warnings: readonly string[];
  /** Whether every thread runs free again; where not, `warnings` say which. */
  readonly released: boolean;
}

/** Who follows the lines of a trace. None of these may wait. */
export interface LineFollower {
  readonly onLine: (line: string) => void;
  /**
   * Gets, in their order, the lines that don't count: calls that were under way when strace let go, and what strace
   * remarks of a process.
   */
  readonly onRemark?: (line: string) => void;
  /** Lines were passed over: what comes now does not go on from what came before. */
  readonly onGap?: () => void;
  /** A thread has ended; told where its end is not among the lines, since only some calls are. */
  readonly onEnded?: (tid: number) => void;
}

/** Who follows a trace that makes events itself. Neither may wait. */
export interface OwnEventFollower {
  /** Gets the line of each event, where it is asked for. */
  readonly onLine?: (line: string) => void;
  readonly onEvent: (event: TraceEvent) => void;
  /** Whether each event has its line. */
  readonly withRaw: boolean;
}

/** A running trace of processes. Whoever started it disposes of it: then they run free again. */
export interface Trace extends AsyncDisposable {
  readonly engine: Engine;
  readonly targets: TraceTargets;
  /** How strace was called; empty where another engine traces. */
  readonly command: readonly string[];
  readonly startedAt: string;
  /**
   * Reads the lines as they come and hands them on; resolves when strace has ended and its processes run free. To be
   * called once.
   */
  follow(follower: LineFollower): Promise<TraceResult>;
  /** The same for an engine that has events and no lines: they need no reading. Instead of `follow`. */
  readonly followOwnEvents?:
    | ((follower: OwnEventFollower) => Promise<{ readonly result: TraceResult; readonly events: number }>)
    | undefined;
}

/** What is told of every trace from its beginning. */
export type TraceHead = Pick<Trace, "targets" | "engine" | "command" | "startedAt">;

/** How an abort of a trace names its reason: `controller.abort("client-gone")`. Anything else counts as `stopped`. */
export const CLIENT_GONE = "client-gone" satisfies EndReason;
