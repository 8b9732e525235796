import { randomBytes } from "node:crypto";
import type { Result } from "../../../web/kept-results.ts";
import type { TraceEvent } from "../events/event.ts";
import { createSummariser, type Summariser } from "../summarise.ts";
import type { Trace, TraceResult } from "../trace.ts";
import { followEvents } from "../trace-events.ts";
import { RecordLog } from "./record-log.ts";
import type { TraceRequest } from "./trace-request.ts";

/** What a trace has come to. */
export interface TraceEnd {
  readonly result: TraceResult;
  readonly unparsed: number;
}

/** What a {@link KeptTrace} is made of. */
export interface KeptTraceParts {
  readonly trace: Trace;
  readonly asked: TraceRequest;
  /** Ends the trace: what `trace` was begun with. */
  readonly stopping: AbortController;
  /** Called as it grows; false where there is no room for more of it. */
  readonly makeRoom: () => boolean;
}

/** So often it is looked whether there is room: whenever it has grown by so much before it is compressed. */
const ROOM_EVERY_BYTES = 131_072;

/** A trace that runs on its own, or did, with all that it told: for whoever asks, now and later. */
export class KeptTrace implements Result {
  readonly id = randomBytes(9).toString("base64url");
  readonly trace: Trace;
  readonly asked: TraceRequest;
  /** Each as JSON. */
  readonly events = new RecordLog();
  /** strace's own lines. */
  readonly lines = new RecordLog();
  readonly summariser: Summariser = createSummariser();
  readonly #parts: KeptTraceParts;
  readonly #startedAtMs = performance.now();
  #over: Promise<void> = Promise.resolve();
  #end: TraceEnd | undefined;
  #failure: unknown;
  #endedAtMs: number | null = null;
  #lacksRoom = false;
  #sinceRoomBytes = 0;
  #lastTime = Date.now() / 1_000;

  constructor(parts: KeptTraceParts) {
    this.#parts = parts;
    this.trace = parts.trace;
    this.asked = parts.asked;
  }

  get endedAtMs(): number | null {
    return this.#endedAtMs;
  }

  get bytes(): number {
    return this.events.bytes + this.lines.bytes;
  }

  /** `failed` is an error of ours; a trace that strace broke off has ended, and its reason says so. */
  get state(): "running" | "ended" | "failed" {
    if (this.#endedAtMs === null) return "running";
    return this.#failure === undefined ? "ended" : "failed";
  }

  /** Undefined while it runs, and where it has failed. */
  get end(): TraceEnd | undefined {
    return this.#end;
  }

  /** What made it fail, where it has. */
  get failure(): unknown {
    return this.#failure;
  }

  /** How long it has run. */
  get durationMs(): number {
    return (
      this.#end?.result.durationMs ?? Math.round((this.#endedAtMs ?? performance.now()) - this.#startedAtMs)
    );
  }

  /** Whether it was ended for want of room for what it told. */
  get lacksRoom(): boolean {
    return this.#lacksRoom;
  }

  /** Follows the trace to its end; to be called once. Never rejects: {@link state} tells. */
  run(): Promise<void> {
    this.#over = this.#follow();
    return this.#over;
  }

  /** Ends the trace, and resolves when its processes run free; what it told is kept. Harmless when it has ended. */
  async stop(): Promise<void> {
    this.#parts.stopping.abort();
    await this.#over;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #follow(): Promise<void> {
    try {
      await using trace = this.trace;
      const { result, counts } = await followEvents(trace, {
        onLine: (line) => this.#addLine(line),
        onRemark: (line) => this.#addLine(line),
        onEvent: (event) => this.#addEvent(event),
        withRaw: this.asked.raw,
      });
      this.#end = { result, unparsed: counts.unparsed };
    } catch (error) {
      this.#failure = error;
    } finally {
      this.#endedAtMs = performance.now();
      this.events.end();
      this.lines.end();
    }
  }

  #addLine(line: string): void {
    // That of the last event is near enough: it serves to drop what is old.
    this.lines.append(line, this.#lastTime);
  }

  #addEvent(event: TraceEvent): void {
    this.summariser.add(event);
    if ("time" in event && event.time !== null) this.#lastTime = event.time;
    const json = JSON.stringify(event);
    this.events.append(json, this.#lastTime);
    this.#sinceRoomBytes += json.length;
    if (this.#sinceRoomBytes < ROOM_EVERY_BYTES) return;
    this.#sinceRoomBytes = 0;
    if (this.#parts.makeRoom()) return;
    this.#lacksRoom = true;
    this.#parts.stopping.abort();
  }
}
