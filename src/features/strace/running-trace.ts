import { setImmediate as turn } from "node:timers/promises";
import { SCRATCH_PIECE_BYTES, type Scratch } from "../../linux/scratch.ts";
import type { Child, ChildExit } from "../../linux/spawn.ts";
import { attachComplaints, superseding } from "./attach.ts";
import { createDurationFilter, type DurationFilter } from "./duration-filter.ts";
import type { Watch } from "./governor/governor.ts";
import { verdictWords } from "./governor/limits.ts";
import { VERDICTS, type Verdict } from "./governor/verdict.ts";
import { LookPace } from "./look-pace.ts";
import { verifyReleased } from "./release.ts";
import type { TraceTarget, TraceTargets } from "./targets.ts";
import {
  CLIENT_GONE,
  type EndReason,
  type LineFollower,
  type Trace,
  type TraceLimits,
  type TraceResult,
} from "./trace.ts";
import { createLineSplitter, kindOfLine, type LineSplitter, pendingCall } from "./trace-lines.ts";

/** Detaching takes some milliseconds for each hundred threads; then strace is killed, which lets go as well. */
const DETACH_MS = 500;
const DETACH_MANY_THREADS_MS = 2_000;
const MANY_THREADS = 1_000;
const MAX_PENDING = 100;

/** What a {@link RunningTrace} is made of. */
export interface RunningTraceParts {
  readonly targets: TraceTargets;
  readonly command: readonly string[];
  readonly limits: TraceLimits;
  readonly signal: AbortSignal;
  readonly scratch: Scratch;
  readonly strace: Child;
  readonly watch: Watch;
  readonly warnings: readonly string[];
  /** What is disposed of with the trace. */
  readonly owned: AsyncDisposable;
}

/** A strace that has attached. */
export class RunningTrace implements Trace {
  readonly engine = "strace";
  readonly startedAt = new Date().toISOString();
  readonly targets: TraceTargets;
  readonly command: readonly string[];
  readonly #parts: RunningTraceParts;
  readonly #attachedAtMs = performance.now();
  readonly #splitter: LineSplitter;
  readonly #pending: string[] = [];
  readonly #banners = new Set<string>();
  #follower: LineFollower = { onLine: () => undefined };
  readonly #filter: DurationFilter | undefined;
  readonly #pace: LookPace;
  #exit: ChildExit | undefined;
  #lines = 0;
  #bytes = 0;
  /** Of strace's output, since there was no keeping up with it. */
  #passedBytes = 0;

  constructor(parts: RunningTraceParts) {
    this.#parts = parts;
    this.targets = parts.targets;
    const { main, descendants } = parts.targets;
    const isSole = !parts.limits.follow && descendants.length === 0;
    this.#splitter = createLineSplitter(isSole ? main.pid : undefined);
    this.command = parts.command;
    const { minDurationNs } = parts.limits;
    const onEnded = (tid: number) => this.#follower.onEnded?.(tid);
    this.#filter = minDurationNs > 0 ? createDurationFilter(minDurationNs, onEnded) : undefined;
    this.#pace = new LookPace(parts.scratch);
    void parts.strace.exited.then((exit) => {
      this.#exit = exit;
      this.#pace.ring();
    });
  }

  async follow(follower: LineFollower): Promise<TraceResult> {
    this.#follower = follower;
    let endReason = await this.#untilEnd();
    const durationMs = Math.round(performance.now() - this.#attachedAtMs);
    const { main, descendants } = this.targets;
    const released = await stopTracer(this.#parts.strace, [main, ...descendants]);
    if (endReason !== "lines" && endReason !== "byte-limit") {
      // What strace wrote between our last look and its end.
      endReason = (await this.#drain()) ?? endReason;
    }
    return {
      endReason,
      lines: this.#lines,
      bytes: this.#bytes,
      lost: 0,
      durationMs,
      pending: this.#pending,
      warnings: [...this.#parts.warnings, ...this.#banners, ...this.#complaints(endReason), ...released],
      released: released.length === 0,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.owned[Symbol.asyncDispose]();
  }

  async #untilEnd(): Promise<EndReason> {
    const { scratch, signal, limits } = this.#parts;
    using pace = this.#pace;
    pace.ringAt(signal);
    while (true) {
      // Asked before the read: what strace wrote before its end is then in it.
      const exit = this.#exit;
      this.#catchUp();
      const piece = await scratch.readMore();
      const reason = this.#take(piece) ?? this.#endNow();
      if (reason !== undefined) return reason;
      if (exit !== undefined && piece.length === 0) return this.#parts.watch.verdict() ?? reasonOf(exit);
      // At once only where there is more for certain: who looks after each line costs as much as strace does. Others get
      // their turn in between: whoever lags behind strace would else be alone with it until the end.
      if (exit !== undefined || piece.length === SCRATCH_PIECE_BYTES) {
        await turn();
        continue;
      }
      const leftMs = this.#attachedAtMs + limits.durationMs - performance.now();
      await pace.next(piece.length, Math.max(0, leftMs));
    }
  }

  /** Where the newest is what counts, what would be read too late is not read. */
  #catchUp(): void {
    const { scratch, limits } = this.#parts;
    const passedBytes = limits.maxLagBytes === undefined ? 0 : scratch.passOver(limits.maxLagBytes);
    if (passedBytes === 0) return;
    this.#passedBytes += passedBytes;
    this.#splitter.tear();
    this.#filter?.passOver();
    this.#follower.onGap?.();
  }

  async #drain(): Promise<EndReason | undefined> {
    while (true) {
      const piece = await this.#parts.scratch.readMore();
      const reason = this.#take(piece);
      if (reason !== undefined) return reason;
      if (piece.length === 0) break;
      await turn();
    }
    this.#addRest(this.#splitter.rest());
    return undefined;
  }

  /** Hands on the lines of a piece; says so where a limit is reached with them. */
  #take(piece: Buffer): EndReason | undefined {
    for (const line of this.#splitter.split(piece)) {
      const kind = kindOfLine(line);
      if (kind === "data") {
        const reason = this.#takeData(line);
        if (reason !== undefined) return reason;
      } else if (kind === "banner") {
        this.#banners.add(line);
        this.#remark(line);
      } else {
        this.#addPending(pendingCall(line));
        // Its first half may be in the filter.
        for (const half of this.#filter?.push(line) ?? [line]) this.#remark(half);
      }
    }
    return undefined;
  }

  #takeData(line: string): EndReason | undefined {
    if (this.#filter === undefined) return this.#handOn(line);
    for (const left of this.#filter.push(line)) {
      const reason = this.#handOn(left);
      if (reason !== undefined) return reason;
    }
    return undefined;
  }

  #remark(line: string): void {
    this.#follower.onRemark?.(line);
  }

  #handOn(line: string): EndReason | undefined {
    const { lines, maxBytes } = this.#parts.limits;
    if (this.#bytes + line.length + 1 > maxBytes) return "byte-limit";
    this.#lines += 1;
    this.#bytes += line.length + 1;
    this.#follower.onLine(line);
    return this.#lines >= lines ? "lines" : undefined;
  }

  /** strace was ended within a line. */
  #addRest(rest: string): void {
    if (rest === "") return;
    this.#addPending(rest);
    this.#remark(rest);
  }

  #addPending(call: string): void {
    if (this.#pending.length < MAX_PENDING) this.#pending.push(call);
  }

  #endNow(): EndReason | undefined {
    const { signal, limits, strace, watch } = this.#parts;
    // First: where we were held up ourselves, this has ended it, and our own clock says so too late.
    const verdict = watch.verdict();
    if (verdict !== undefined) return verdict;
    if (signal.aborted) return signal.reason === CLIENT_GONE ? CLIENT_GONE : "stopped";
    if (performance.now() - this.#attachedAtMs >= limits.durationMs) return "time-limit";
    return strace.stderr().includes("No space left on device") ? "storage-full" : undefined;
  }

  #complaints(endReason: EndReason): string[] {
    const { strace, limits } = this.#parts;
    const failed = [...attachComplaints(strace.stderr())].map(
      ([pid, text]) => `Process ${pid} is not traced: ${text}.`,
    );
    if (this.#passedBytes > 0) {
      failed.push(`${this.#passedBytes} bytes of what strace wrote were passed over: they came too fast.`);
    }
    if (isOfGovernor(endReason)) {
      failed.push(`The trace was ended: ${verdictWords(endReason, limits)}.`);
    }
    if (endReason !== "tracer-failed") return failed;
    const superseded = superseding(strace.stderr());
    if (superseded !== undefined) return [...failed, `${superseded.message} Mend: ${superseded.remedy}`];
    return [
      ...failed,
      `strace ended with ${this.#exit?.signal ?? this.#exit?.exitCode}: ${strace.stderr().trim()}`,
    ];
  }
}

/** Ends strace, and gives what is not as it was before: nothing, where all its processes run free. Harmless when it has ended. */
export async function stopTracer(strace: Child, targets: readonly TraceTarget[]): Promise<string[]> {
  const threads = targets.reduce((sum, target) => sum + target.threads, 0);
  await strace.stop("SIGINT", threads > MANY_THREADS ? DETACH_MANY_THREADS_MS : DETACH_MS);
  return verifyReleased(targets, strace.pid);
}

/** Whether a reason is one that needs words: the limits of lines, bytes and time are known to whoever asked. */
function isOfGovernor(reason: EndReason): reason is Verdict {
  if (reason === "byte-limit" || reason === "time-limit") return false;
  return VERDICTS.some((verdict) => verdict === reason);
}

/** Why strace has ended by itself: with its last process, by a guard of the kernel, or by somebody else. */
function reasonOf({ exitCode, signal }: ChildExit): EndReason {
  if (exitCode === 0) return "process-exited";
  return signal === "SIGXFSZ" ? "byte-limit" : "tracer-failed";
}
