import type { TraceEvent } from "../../api/api-types.ts";

/** The events of a trace that the page keeps: the latest of them, as JSON, with what one filters by beside it as numbers. */

/** So many are kept at once; of older ones only the count is known. */
export const MAX_EVENTS = 200_000;
/** Of all the events that are kept, as JSON: a trace with long texts would fill the memory otherwise. */
const MAX_CHARACTERS = 100_000_000;
const BLOCK_SIZE = 4_096;

/** What one filters by, without reading the event. */
export interface EventHead {
  /** Seconds since 1970; not a number where it has none. */
  readonly time: number;
  /** Nanoseconds; not a number where it is not known. */
  readonly durationNs: number;
  readonly tid: number;
  /** Empty for what is no call. */
  readonly call: string;
  /** Empty for what has not failed. */
  readonly error: string;
}

/** An event that came, with the cursor after it. */
export interface ReceivedEvent {
  readonly json: string;
  readonly next: number;
}

/** Holds events; they are called by numbers that only rise. */
export interface EventStore {
  /** The number of the oldest that is kept, and of the one that is to come. */
  readonly first: number;
  readonly end: number;
  /** The cursor of the API to go on at. */
  readonly cursor: number;
  /** How many the sidecar had forgotten before they could be read. */
  readonly missing: number;
  /** Adds what came; what has been seen already is left out. */
  add(events: readonly ReceivedEvent[]): void;
  head(index: number): EventHead;
  event(index: number): TraceEvent;
  /** Names of calls and errors, and threads, as they were first seen. */
  readonly calls: ReadonlySet<string>;
  readonly errors: ReadonlySet<string>;
  readonly threads: ReadonlySet<number>;
}

interface Block {
  /** Empty for what has been dropped. */
  readonly json: string[];
  readonly heads: EventHead[];
}

/** An event as the sidecar wrote it. */
export function readEvent(json: string): TraceEvent {
  const event: TraceEvent = JSON.parse(json);
  return event;
}

/** How much is kept. */
export interface StoreLimits {
  readonly maxEvents?: number;
  readonly maxCharacters?: number;
}

/** Makes an empty one that goes on at a cursor. */
export function createEventStore(startCursor = 0, limits: StoreLimits = {}): EventStore {
  const kept = createQueue(limits);
  let [cursor, missing] = [startCursor, 0];
  const [calls, errors, threads] = [new Set<string>(), new Set<string>(), new Set<number>()];
  const append = (json: string) => {
    const head = headOf(readEvent(json));
    kept.push(json, head);
    calls.add(head.call);
    errors.add(head.error);
    threads.add(head.tid);
  };
  return {
    get first() {
      return kept.first;
    },
    get end() {
      return kept.end;
    },
    get cursor() {
      return cursor;
    },
    get missing() {
      return missing;
    },
    ...{ calls, errors, threads },
    add(events) {
      for (const { json, next } of events) {
        if (next <= cursor) continue;
        missing += next - 1 - cursor;
        cursor = next;
        append(json);
      }
    },
    head: (index) => kept.at(index)?.head ?? NOTHING,
    event: (index) => readEvent(kept.at(index)?.json ?? NO_EVENT),
  };
}

interface Queue {
  readonly first: number;
  readonly end: number;
  /** Undefined for what is no longer there. */
  at(index: number): { readonly json: string; readonly head: EventHead } | undefined;
  push(json: string, head: EventHead): void;
}

/** Keeps the latest within the limits, in blocks: to take from the front of one long array would move all the rest. */
function createQueue({ maxEvents = MAX_EVENTS, maxCharacters = MAX_CHARACTERS }: StoreLimits): Queue {
  const blocks: Block[] = [];
  // Of the first block some may be dropped already.
  let firstBlockAt = 0;
  let [first, end, characters] = [0, 0, 0];
  const place = (index: number): readonly [Block | undefined, number] => {
    const at = index - firstBlockAt;
    return [blocks[Math.floor(at / BLOCK_SIZE)], at % BLOCK_SIZE];
  };
  const dropOldest = () => {
    const [block, at] = place(first);
    if (block === undefined) return;
    characters -= block.json[at]?.length ?? 0;
    block.json[at] = "";
    first += 1;
    if (at < BLOCK_SIZE - 1) return;
    blocks.shift();
    firstBlockAt = first;
  };
  const isTooMuch = () => end - first > maxEvents || characters > maxCharacters;
  return {
    get first() {
      return first;
    },
    get end() {
      return end;
    },
    at(index) {
      if (index < first) return undefined;
      const [block, at] = place(index);
      const [json, head] = [block?.json[at], block?.heads[at]];
      return json === undefined || head === undefined ? undefined : { json, head };
    },
    push(json, head) {
      const last = blocks.at(-1);
      const block: Block =
        last === undefined || last.json.length === BLOCK_SIZE ? { json: [], heads: [] } : last;
      if (block !== last) blocks.push(block);
      block.json.push(json);
      block.heads.push(head);
      end += 1;
      characters += json.length;
      // The latest stays, however long it is.
      while (end - first > 1 && isTooMuch()) dropOldest();
    },
  };
}

const NO_EVENT = JSON.stringify({ type: "unparsed", text: "" });
const NOTHING: EventHead = { time: Number.NaN, durationNs: Number.NaN, tid: 0, call: "", error: "" };

function headOf(event: TraceEvent): EventHead {
  if (event.type === "unparsed") return NOTHING;
  const { tid } = event;
  const time = event.time ?? Number.NaN;
  if (event.type !== "call") return { ...NOTHING, time, tid };
  const { durationNs, call, errno } = event;
  return { time, durationNs: durationNs ?? Number.NaN, tid, call, error: errno?.name ?? "" };
}
