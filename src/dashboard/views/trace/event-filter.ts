import type { EventStore } from "./event-store.ts";
import { wholeText } from "./event-text.ts";

/** Which of the events are shown. */

/** What is asked for, as it is written in the address of the page; empty strings ask for nothing. */
export interface EventFilter {
  /** Names of calls, with commas or blanks between. */
  readonly calls: string;
  /** A part of the arguments or of the result, in any case: a path, an address, data. */
  readonly text: string;
  /** `any` for all that failed, or the name of an error. */
  readonly error: string;
  /** The least duration in milliseconds. */
  readonly minMs: string;
  readonly tid: string;
}

/** The names of the filter's fields. */
export const FILTER_FIELDS = ["calls", "text", "error", "minMs", "tid"] as const;

/** Reads a filter from the query of a place. */
export function filterOf(query: URLSearchParams): EventFilter {
  const [calls, text, error, minMs, tid] = FILTER_FIELDS.map((name) => query.get(name) ?? "");
  return { calls: calls ?? "", text: text ?? "", error: error ?? "", minMs: minMs ?? "", tid: tid ?? "" };
}

/** Whether it asks for anything. */
export function isFiltering(filter: EventFilter): boolean {
  return FILTER_FIELDS.some((name) => filter[name].trim() !== "");
}

/** The change of a query that asks for this and nothing else. */
export function onlyThese(filter: Partial<EventFilter>): Readonly<Record<string, string | undefined>> {
  const none = Object.fromEntries(FILTER_FIELDS.map((name) => [name, undefined]));
  return { ...none, at: undefined, ...filter };
}

/** A test of an event in a store; undefined where all pass. */
export function testOf(filter: EventFilter): ((store: EventStore, index: number) => boolean) | undefined {
  if (!isFiltering(filter)) return undefined;
  const names = new Set(filter.calls.split(/[\s,]+/).filter((name) => name !== ""));
  const minNs = Number(filter.minMs) * 1e6;
  const tid = filter.tid.trim() === "" ? undefined : Number(filter.tid);
  const text = filter.text.trim().toLowerCase();
  return (store, index) => {
    const head = store.head(index);
    if (names.size > 0 && !names.has(head.call)) return false;
    if (tid !== undefined && head.tid !== tid) return false;
    if (!isErrorWanted(head.error, filter.error)) return false;
    if (minNs > 0 && !(head.durationNs >= minNs)) return false;
    // Last, since it reads the whole event.
    return text === "" || wholeText(store.event(index)).toLowerCase().includes(text);
  };
}

function isErrorWanted(error: string, wanted: string): boolean {
  if (wanted === "any") return error !== "";
  return wanted === "" || error === wanted;
}

/** The events that pass a filter, found bit by bit. */
export interface Matches {
  readonly length: number;
  /** The number of an event in the store. */
  at(position: number): number;
  /** The first position whose event began at this time or later. */
  positionAt(time: number): number;
  /** Looks on for so long at most; whether it has seen all there is. */
  extend(untilMs: number): boolean;
}

/** So many are looked at between two looks at the clock. */
const STRIDE = 256;

/** Makes one that has looked at nothing yet. */
export function createMatches(store: EventStore, filter: EventFilter): Matches {
  const test = testOf(filter);
  if (test === undefined) return allOf(store);
  let found: number[] = [];
  let seen = store.first;
  // Those that the store has dropped since stand at the beginning.
  let gone = 0;
  return {
    get length() {
      return found.length - gone;
    },
    at: (position) => found[gone + position] ?? store.first,
    positionAt: (time) => search(found.length - gone, (at) => store.head(found[gone + at] ?? 0).time >= time),
    extend(untilMs) {
      seen = Math.max(seen, store.first);
      while (seen < store.end) {
        if (test(store, seen)) found.push(seen);
        seen += 1;
        if (seen % STRIDE === 0 && performance.now() > untilMs) break;
      }
      while (gone < found.length && (found[gone] ?? 0) < store.first) gone += 1;
      if (gone > found.length / 2) {
        found = found.slice(gone);
        gone = 0;
      }
      return seen >= store.end;
    },
  };
}

function allOf(store: EventStore): Matches {
  return {
    get length() {
      return store.end - store.first;
    },
    at: (position) => store.first + position,
    positionAt: (time) => search(store.end - store.first, (at) => store.head(store.first + at).time >= time),
    extend: () => true,
  };
}

/** Events are in the order in which they end, nearly that in which they begin: good enough to go to a time. */
function search(length: number, isThere: (position: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isThere(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
