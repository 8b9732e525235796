import type { CallEvent, TraceEvent } from "../../../../src/features/strace/events/event.ts";
import type { Trace } from "../../../../src/features/strace/trace.ts";
import { KeptTrace, type KeptTraceParts } from "../../../../src/features/strace/traces/kept-trace.ts";
import { poll } from "../../../support/poll.ts";

/** A trace that runs on its own, and tells what a test tells it, without a tracer. */
export interface ScriptedTrace extends AsyncDisposable {
  readonly kept: KeptTrace;
  /** Tells calls of this time, until so many events were told since its beginning. */
  tell(until: number, time?: number): Promise<void>;
}

const TARGET: Trace["targets"]["main"] = {
  ...{ pid: process.pid, name: "node", threads: 1, wasStopped: false },
  ...{ startTicks: 0, startTime: "2026-01-01T00:00:00.000Z" },
};

/** Begins one. */
export function beginScripted(
  parts: Partial<Pick<KeptTraceParts, "makeRoom" | "windowSeconds">> = {},
): ScriptedTrace {
  const stopping = new AbortController();
  const startedAtMs = performance.now();
  let onEvent: ((event: TraceEvent) => void) | undefined;
  const trace: Trace = {
    ...{ engine: "tracefs", command: [], startedAt: new Date().toISOString() },
    targets: { main: TARGET, descendants: [], warnings: [] },
    follow: () => Promise.reject(new Error("It has events of its own.")),
    async followOwnEvents(follower) {
      onEvent = follower.onEvent;
      await new Promise((resolve) => stopping.signal.addEventListener("abort", resolve, { once: true }));
      const durationMs = Math.round(performance.now() - startedAtMs);
      const nothing = { lines: 0, bytes: 0, lost: 0, pending: [], warnings: [] };
      return { result: { endReason: "stopped", durationMs, released: true, ...nothing }, events: 0 };
    },
    async [Symbol.asyncDispose]() {
      // Nothing is traced.
    },
  };
  const kept = new KeptTrace({
    trace,
    asked: { process: "main", raw: false },
    stopping,
    makeRoom: () => true,
    ...parts,
  });
  void kept.run();
  return {
    kept,
    async tell(until, time = Date.now() / 1_000) {
      for (let index = kept.events.count; index < until; index += 1) onEvent?.(callOf(index, time));
      await poll("all is kept", () => kept.events.count === until);
    },
    [Symbol.asyncDispose]: () => kept.stop(),
  };
}

/** About 400 bytes as JSON. */
function callOf(index: number, time: number): CallEvent {
  return {
    ...{ type: "call", time, tid: process.pid, pid: process.pid, call: "getpid", args: [], marks: [] },
    ...{ result: index, resultText: null, resultTarget: null, errno: null, durationNs: 1_000 },
    decoded: `${index} `.repeat(40),
  };
}
