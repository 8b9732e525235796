import { setTimeout as delay, setImmediate as turn } from "node:timers/promises";
import type { CpuBuffers } from "../../linux/tracefs/cpu-buffers.ts";
import type { TraceInstance } from "../../linux/tracefs/instance.ts";
import { startTicksOf } from "../../linux/watched-process.ts";
import type { TraceEvent } from "./events/event.ts";
import { type AssemblerOptions, CallAssembler } from "./events/tracefs/call-assembler.ts";
import { lineOf } from "./events/tracefs/event-line.ts";
import type { TraceTargets } from "./targets.ts";
import {
  CLIENT_GONE,
  type EndReason,
  type LineFollower,
  type OwnEventFollower,
  type Trace,
  type TraceLimits,
  type TraceResult,
} from "./trace.ts";

/** The kernel goes on recording whatever we do, and never waits for us: so there is no haste. */
const POLL_MS = 10;
/** Others of this process, the forwarding and the sending of the answer among them, have their turn after so much. */
const SLICE_MS = 4;
const SLICE_RECORDS = 1_000;
const PAUSE_MS = 2;
/** What was recorded before the end is read for so long at the most. */
const DRAIN_MS = 500;
/** See `CpuBuffers.read`: what is younger may not be in order yet. */
const SETTLE_MS = 3;
const LOOK_MS = 250;
const MAX_PENDING = 100;

/** What a {@link TracefsTrace} is made of. */
export interface TracefsTraceParts {
  readonly targets: TraceTargets;
  readonly limits: Pick<TraceLimits, "lines" | "maxBytes" | "durationMs">;
  readonly signal: AbortSignal;
  readonly instance: TraceInstance;
  readonly buffers: CpuBuffers;
  readonly assembling: AssemblerOptions;
  readonly warnings: readonly string[];
  /** What is disposed of with the trace. */
  readonly owned: AsyncDisposable;
}

/** A recording of the kernel's own trace events. */
export class TracefsTrace implements Trace {
  readonly engine = "tracefs";
  readonly command = [];
  readonly startedAt = new Date().toISOString();
  readonly targets: TraceTargets;
  readonly #parts: TracefsTraceParts;
  readonly #startedAtMs = performance.now();
  readonly #pending: string[] = [];
  #follower: OwnEventFollower = { onEvent: () => undefined, withRaw: false };
  #ended: EndReason | undefined;
  #events = 0;
  #lines = 0;
  #bytes = 0;
  #brokenPages = 0;
  #lookedAtMs = performance.now();

  constructor(parts: TracefsTraceParts) {
    this.#parts = parts;
    this.targets = parts.targets;
  }

  async follow({ onLine, onRemark }: LineFollower): Promise<TraceResult> {
    this.#follower = { onLine, onEvent: () => undefined, withRaw: false };
    return await this.#run((event) => onRemark?.(lineOf(event)));
  }

  readonly followOwnEvents = async (follower: OwnEventFollower) => {
    this.#follower = follower;
    const result = await this.#run((event) => this.#hand(event));
    return { result, events: this.#events };
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.owned[Symbol.asyncDispose]();
  }

  async #run(onPending: (event: TraceEvent) => void): Promise<TraceResult> {
    const { instance, assembling, warnings } = this.#parts;
    const assembler = new CallAssembler(assembling, (event) => this.#take(event));
    const endReason = await this.#untilEnd(assembler);
    const durationMs = Math.round(performance.now() - this.#startedAtMs);
    await instance.set("tracing_on", "0");
    const isFull = endReason === "lines" || endReason === "byte-limit";
    if (!isFull) await this.#drain(assembler);
    const { lost, waiting } = await instance.counts();
    // What nobody asked for any more is not lost.
    const missed = lost + (isFull ? 0 : waiting);
    if (!isFull)
      assembler.finish((event) => {
        if (this.#pending.length < MAX_PENDING)
          this.#pending.push(lineOf(event).replace(/ <detached \.\.\.>$/, ""));
        onPending(event);
      });
    return {
      ...{ endReason: this.#ended ?? endReason, lines: this.#lines, bytes: this.#bytes, lost: missed },
      ...{ durationMs, pending: this.#pending, released: true },
      warnings: [...warnings, ...this.#complaints(missed)],
    };
  }

  async #untilEnd(assembler: CallAssembler): Promise<EndReason> {
    const { signal } = this.#parts;
    while (true) {
      const isDrained = await this.#readSome(assembler);
      const reason = this.#ended ?? this.#endNow();
      if (reason !== undefined) return reason;
      await delay(isDrained ? POLL_MS : PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #drain(assembler: CallAssembler): Promise<void> {
    const giveUpAtMs = performance.now() + DRAIN_MS;
    let isDrained = false;
    while (!isDrained && this.#ended === undefined && performance.now() < giveUpAtMs) {
      await delay(SETTLE_MS);
      isDrained = await this.#readSome(assembler);
    }
  }

  /** Whether there was no more. */
  async #readSome(assembler: CallAssembler): Promise<boolean> {
    const { records, isDrained, brokenPages } = this.#parts.buffers.read(SLICE_MS);
    this.#brokenPages = brokenPages;
    assembler.announce(records);
    for (let start = 0; start < records.length && this.#ended === undefined; start += SLICE_RECORDS) {
      if (start > 0) await turn();
      assembler.push(records.slice(start, start + SLICE_RECORDS));
    }
    return isDrained;
  }

  #take(event: TraceEvent): void {
    if (this.#ended !== undefined) return;
    this.#ended = this.#count(event);
    if (this.#ended === "byte-limit") return;
    this.#hand(event);
  }

  /** Says so where a limit is reached with an event; that of lines with the last of them, that of bytes before. */
  #count(event: TraceEvent): EndReason | undefined {
    const { lines, maxBytes } = this.#parts.limits;
    if (this.#follower.onLine !== undefined) {
      const bytes = lineOf(event).length + 1;
      if (this.#bytes + bytes > maxBytes) return "byte-limit";
      this.#bytes += bytes;
    }
    this.#lines += 1;
    return this.#lines >= lines ? "lines" : undefined;
  }

  #hand(event: TraceEvent): void {
    const { onLine, onEvent, withRaw } = this.#follower;
    this.#events += 1;
    if (withRaw) event.raw = [lineOf(event)];
    onLine?.(lineOf(event));
    onEvent(event);
  }

  #endNow(): EndReason | undefined {
    const { signal, limits, assembling } = this.#parts;
    if (signal.aborted) return signal.reason === CLIENT_GONE ? CLIENT_GONE : "stopped";
    if (assembling.threads.size === 0) return "process-exited";
    const nowMs = performance.now();
    if (nowMs - this.#startedAtMs >= limits.durationMs) return "time-limit";
    if (nowMs - this.#lookedAtMs < LOOK_MS) return undefined;
    this.#lookedAtMs = nowMs;
    return this.#isAnyoneThere() ? undefined : "process-exited";
  }

  /** Where events are lost, the ends of threads may be among them. */
  #isAnyoneThere(): boolean {
    const { main, descendants } = this.targets;
    if ([main, ...descendants].some(({ pid, startTicks }) => startTicksOf(pid) === startTicks)) return true;
    for (const { pid } of this.#parts.assembling.threads.all())
      if (pid !== null && startTicksOf(pid) !== undefined) return true;
    return false;
  }

  #complaints(missed: number): string[] {
    const broken =
      this.#brokenPages === 0
        ? []
        : [`${this.#brokenPages} pages of the kernel's trace buffer were not understood, in part.`];
    if (missed === 0) return broken;
    return [
      `${missed} of the kernel's events, two for each call, came faster than they were read, and are missing. Mend: fewer calls (syscalls=…), or more CPU for the sidecar`,
      ...broken,
    ];
  }
}
