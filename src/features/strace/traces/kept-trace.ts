import { nameOfProcess } from "../../../linux/proc.ts";
import { newResultId, type ResultPart } from "../../../web/kept-results.ts";
import { createEventJson } from "../event-json.ts";
import type { TraceEvent } from "../events/event.ts";
import { createSummariser, type Summariser } from "../summarise.ts";
import type { TraceSummary } from "../summary-schema.ts";
import type { Trace } from "../trace.ts";
import { followEvents } from "../trace-events.ts";
import { type KeptRecords, summariseKept, type TraceEnd } from "./kept-records.ts";
import { RecordLog } from "./record-log.ts";
import type { TraceRequest } from "./trace-request.ts";

/** What a {@link KeptTrace} is made of. */
export interface KeptTraceParts {
  readonly trace: Trace;
  readonly asked: TraceRequest;
  /** Ends the trace: what `trace` was begun with. */
  readonly stopping: AbortController;
  /** Called as it grows; false where there is no room for more of it, and it has to end. */
  readonly makeRoom: (kept: KeptTrace) => boolean;
  /** Keeps the last seconds only; all, where it is left out. */
  readonly windowSeconds?: number;
}

/** So often it is looked whether there is room: whenever it has grown by so much before it is compressed. */
const LOOK_EVERY_BYTES = 131_072;

/** A trace that runs on its own, or did, with all that it told: for whoever asks, now and later. */
export class KeptTrace implements KeptRecords {
  readonly id = newResultId();
  readonly kind: KeptRecords["kind"];
  readonly head: Trace;
  readonly asked: TraceRequest;
  readonly events = new RecordLog();
  readonly lines = new RecordLog();
  readonly #summariser: Summariser = createSummariser(nameOfProcess);
  readonly #parts: KeptTraceParts;
  readonly #startedAtMs = performance.now();
  #over: Promise<void> = Promise.resolve();
  #end: TraceEnd | undefined;
  #failure: unknown;
  #endedAtMs: number | null = null;
  #lacksRoom = false;
  #sinceLookBytes = 0;
  #lastTime = Date.now() / 1_000;

  constructor(parts: KeptTraceParts) {
    this.#parts = parts;
    this.kind = parts.windowSeconds === undefined ? "trace" : "recorder";
    this.head = parts.trace;
    this.asked = parts.asked;
  }

  get endedAtMs(): number | null {
    return this.#endedAtMs;
  }

  get bytes(): number {
    return this.events.bytes + this.lines.bytes;
  }

  get parts(): readonly ResultPart[] {
    return [...this.events.parts, ...this.lines.parts];
  }

  get state(): KeptRecords["state"] {
    if (this.#endedAtMs === null) return "running";
    return this.#failure === undefined ? "ended" : "failed";
  }

  get end(): TraceEnd | undefined {
    return this.#end;
  }

  get failure(): unknown {
    return this.#failure;
  }

  get durationMs(): number {
    return (
      this.#end?.result.durationMs ?? Math.round((this.#endedAtMs ?? performance.now()) - this.#startedAtMs)
    );
  }

  get spanMs(): number {
    const { firstIndex, beganAtMs } = this.events;
    if (firstIndex === 0 || beganAtMs === undefined) return this.durationMs;
    return Math.round((this.#endedAtMs ?? performance.now()) - beganAtMs);
  }

  get lacksRoom(): boolean {
    return this.#lacksRoom;
  }

  /** Of the last seconds, where no more is kept. */
  async summary(): Promise<TraceSummary> {
    const { windowSeconds } = this.#parts;
    if (windowSeconds === undefined) return this.#summariser.summary(this.durationMs);
    return await summariseKept(this);
  }

  /** Drops the oldest that it holds, in one piece, and gives it; undefined where only the newest is left. */
  dropOldest(): ResultPart | undefined {
    const { events, lines } = this;
    const areLinesOlder = (lines.beganAtMs ?? Number.POSITIVE_INFINITY) < (events.beganAtMs ?? 0);
    const [older, newer] = areLinesOlder ? [lines, events] : [events, lines];
    return older.dropOldest() ?? newer.dropOldest();
  }

  /** Follows the trace to its end; to be called once. Never rejects: {@link state} tells. */
  run(): Promise<void> {
    this.#over = this.#follow();
    return this.#over;
  }

  async stop(): Promise<void> {
    this.#parts.stopping.abort();
    await this.#over;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #follow(): Promise<void> {
    try {
      await using trace = this.#parts.trace;
      const toJson = createEventJson();
      const { result, counts } = await followEvents(trace, {
        onLine: (line) => this.#addLine(line),
        onRemark: (line) => this.#addLine(line),
        onEvent: (event) => this.#addEvent(event, toJson(event)),
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

  #addEvent(event: TraceEvent, json: string): void {
    const { windowSeconds } = this.#parts;
    if (windowSeconds === undefined) this.#summariser.add(event);
    if ("time" in event && event.time !== null) this.#lastTime = event.time;
    this.events.append(json, this.#lastTime);
    this.#sinceLookBytes += json.length;
    if (this.#sinceLookBytes < LOOK_EVERY_BYTES) return;
    this.#sinceLookBytes = 0;
    if (windowSeconds !== undefined) this.#dropBefore(this.#lastTime - windowSeconds);
    if (this.#parts.makeRoom(this)) return;
    this.#lacksRoom = true;
    this.#parts.stopping.abort();
  }

  #dropBefore(time: number): void {
    this.events.dropBefore(time);
    this.lines.dropBefore(time);
  }
}
