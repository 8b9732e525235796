import type { GovernorLimits } from "./limits.ts";

/** What the governor is told of a trace when strace has been started. */
export interface WatchOrder {
  readonly pid: number;
  /** Together with the pid it names strace for good. */
  readonly startTicks: number;
  /** Strace's output, open in this process. */
  readonly descriptor: number;
  readonly targetPids: readonly number[];
  /** How long strace may take to attach. */
  readonly attachMs: number;
  readonly limits: GovernorLimits;
  /** How long the app lets requests wait: the memory of a `RecentLatency`. Undefined where nothing is forwarded. */
  readonly latency: SharedArrayBuffer | undefined;
  /** The memory of a {@link traceSlot}. */
  readonly memory: SharedArrayBuffer;
}

/** Tells whether a message is an order: from our own main thread nothing else comes. */
export function isWatchOrder(message: unknown): message is WatchOrder {
  return (
    typeof message === "object" &&
    message !== null &&
    "memory" in message &&
    message.memory instanceof SharedArrayBuffer
  );
}
