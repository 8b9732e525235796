import { CallMemory } from "./call-memory.ts";
import type { CallEvent, TraceEvent } from "./event.ts";
import { type LineHead, readHead } from "./line-head.ts";
import { type FirstHalf, PendingHalves, type PendingLimits } from "./pending-halves.ts";
import { type CallOrigin, readBeginning, readCall, readEnding } from "./read-call.ts";
import { readPersonality, readRemark } from "./read-remark.ts";
import { GREATER, isWordCode, LESS } from "./scan.ts";
import { type ThreadGroups, UNKNOWN_GROUP } from "./thread-groups.ts";

/** How lines are made events of. */
export interface EventParserOptions {
  /** Whether each event has the lines it was made of. */
  readonly withRaw?: boolean;
  /** Who knows the processes of threads. */
  readonly groups: ThreadGroups;
  readonly limits?: PendingLimits;
}

/** What has been parsed. */
export interface ParserCounts {
  readonly lines: number;
  readonly events: number;
  readonly unparsed: number;
  /** First halves of calls that wait for their second, and their characters. */
  readonly pending: number;
  readonly pendingChars: number;
}

/** As many as a process may have threads, for most. */
const DEFAULT_LIMITS: PendingLimits = { maxHalves: 4_096, maxChars: 4_194_304 };

const UNFINISHED = " <unfinished ...>";
const DETACHED = " <detached ...>";
const RESUMED_HEAD = "<... ";
const RESUMED = " resumed>";

/**
 * Makes events of the lines that `strace -f -ttt -T -o` writes, of versions 5.10 to 6.13. Every line becomes one event,
 * but that the two halves of a call become one; what can't be read becomes `unparsed`. Keeps nothing but first halves.
 */
export class EventParser {
  readonly #options: EventParserOptions;
  readonly #onEvent: (event: TraceEvent) => void;
  readonly #pending: PendingHalves;
  readonly #calls = new CallMemory();
  #lines = 0;
  #events = 0;
  #unparsed = 0;

  constructor(options: EventParserOptions, onEvent: (event: TraceEvent) => void) {
    this.#options = options;
    this.#onEvent = onEvent;
    this.#pending = new PendingHalves(options.limits ?? DEFAULT_LIMITS);
  }

  get counts(): ParserCounts {
    return {
      ...{ lines: this.#lines, events: this.#events, unparsed: this.#unparsed },
      ...{ pending: this.#pending.size, pendingChars: this.#pending.chars },
    };
  }

  /** Takes a line without its end. Events are handed on before this returns. */
  push(line: string): void {
    this.#lines += 1;
    const head = readHead(line);
    if (head === undefined) this.#emitOr(readPersonality(line), line);
    else if (line.charCodeAt(line.length - 1) === GREATER && line.endsWith("...>")) this.#pushCut(line, head);
    else this.#pushWhole(line, head);
  }

  /** Lines were passed over: what waits for its second half may have had it among them, and is given up. */
  passOver(): void {
    for (const half of this.#pending.takeAll()) this.#giveUp(half);
    this.#options.groups.passOver();
  }

  /** Hands on what still waits for its second half. Nothing may be pushed any more. */
  finish(): void {
    for (const half of this.#pending.takeAll()) this.#giveUp(half);
  }

  #pushWhole(line: string, head: LineHead): void {
    const { start } = head;
    const first = line.charCodeAt(start);
    if (first === LESS) {
      this.#pushResumed(line, line, head);
      return;
    }
    this.#options.groups.goOn(head.tid);
    if (isWordCode(first)) this.#emitOr(this.#calls.read(line, start, this.#originOf(head)), line);
    else this.#pushRemark(line, head);
  }

  /** `name(args <unfinished ...>`, `name(args <detached ...>`, and the latter after the first half of a call. */
  #pushCut(line: string, head: LineHead): void {
    const isFirst = line.charCodeAt(head.start) !== LESS;
    if (line.endsWith(UNFINISHED) && isFirst) this.#pushUnfinished(line, head);
    else if (line.endsWith(DETACHED)) this.#pushDetached(line, head, isFirst);
    else this.#pushWhole(line, head);
  }

  #pushUnfinished(line: string, { tid, time, start }: LineHead): void {
    const open = line.indexOf("(", start);
    if (open === -1) {
      this.#emitOr(undefined, line);
      return;
    }
    const text = line.slice(start, -UNFINISHED.length);
    const half = { tid, time, call: line.slice(start, open), text, line };
    for (const given of this.#pending.add(half)) this.#giveUp(given);
    // After that: what is given up ends what the thread had begun before.
    this.#options.groups.expect(tid, half.call, text);
  }

  #pushDetached(line: string, head: LineHead, isFirst: boolean): void {
    const text = line.slice(0, -DETACHED.length);
    if (isFirst) {
      this.#emitOr(readBeginning(text, head.start, this.#originOf(head), "detached"), line);
      return;
    }
    const second = secondHalf(text, head.start);
    const half = second && this.#pending.takeOf(head.tid, second.call);
    if (second === undefined || half === undefined) {
      this.#emitOr(undefined, line);
      return;
    }
    const joined = half.text + text.slice(second.start);
    this.#emitJoined(readBeginning(joined, 0, this.#originOf(half), "detached"), half, line);
  }

  #pushResumed(line: string, text: string, head: LineHead): void {
    const second = secondHalf(text, head.start);
    if (second === undefined) {
      this.#emitOr(undefined, line);
      return;
    }
    const half = this.#pending.takeOf(head.tid, second.call);
    if (half === undefined) {
      this.#emitOr(readEnding(text, second.start, second.call, this.#originOf(head)), line);
      return;
    }
    const joined = half.text + text.slice(second.start);
    this.#emitJoined(readCall(joined, 0, this.#originOf(half), true), half, line);
  }

  #pushRemark(line: string, head: LineHead): void {
    const remark = readRemark(line.slice(head.start), this.#originOf(head));
    if (remark?.type === "exit" || remark?.type === "killed") this.#end(head.tid);
    if (remark?.type === "superseded") this.#supersede(head.tid, remark.byTid);
    this.#emitOr(remark, line);
    if (remark?.type === "exit" || remark?.type === "killed") this.#options.groups.forget(head.tid);
  }

  /** What a thread was in when it ended will not be resumed. */
  #end(tid: number): void {
    const half = this.#pending.take(tid);
    if (half !== undefined) this.#giveUp(half);
  }

  /** The call that the main thread was in is over; the execve(2) of the other is resumed under the main thread's id. */
  #supersede(tid: number, byTid: number): void {
    this.#end(tid);
    // That number is free now, and no end of it is written.
    this.#options.groups.forget(byTid);
    const half = this.#pending.take(byTid);
    if (half === undefined) return;
    for (const given of this.#pending.add({ ...half, tid })) this.#giveUp(given);
  }

  #giveUp(half: FirstHalf): void {
    this.#emitOr(readBeginning(half.text, 0, this.#originOf(half), "unfinished"), half.line);
  }

  #emitJoined(event: CallEvent | undefined, half: FirstHalf, line: string): void {
    if (event === undefined) {
      this.#emitOr(undefined, half.line);
      this.#emitOr(undefined, line);
    } else this.#emit(event, half.line, line);
  }

  #emitOr(event: TraceEvent | undefined, line: string): void {
    this.#emit(event ?? { type: "unparsed", text: line }, line);
  }

  #emit(event: TraceEvent, line: string, second?: string): void {
    this.#events += 1;
    if (this.#options.withRaw === true) event.raw = second === undefined ? [line] : [line, second];
    if (event.type === "unparsed") this.#unparsed += 1;
    else if (event.pid === null) event.pidReason = UNKNOWN_GROUP;
    if (event.type === "call") this.#options.groups.learn(event);
    this.#onEvent(event);
  }

  #originOf({ tid, time }: { readonly tid: number; readonly time: number }): CallOrigin {
    return { tid, time, pid: this.#options.groups.groupOf(tid) };
  }
}

/** `<... name resumed>`: the name, and where the rest begins. */
function secondHalf(text: string, start: number): { call: string; start: number } | undefined {
  if (!text.startsWith(RESUMED_HEAD, start)) return undefined;
  const end = text.indexOf(RESUMED, start);
  if (end === -1) return undefined;
  return { call: text.slice(start + RESUMED_HEAD.length, end), start: end + RESUMED.length };
}
