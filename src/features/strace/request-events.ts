import { plainAddress } from "../../base/addresses.ts";
import type { Target } from "./events/argument.ts";
import { targetsOf } from "./events/change-targets.ts";
import type { CallEvent, TraceEvent } from "./events/event.ts";

/** From a request to its calls: which of a trace's calls belong to a request that was forwarded. */

/**
 * The connection that carried a request, as the core sees it: `10.0.0.7:8080`, `[::1]:8080`. IPv4 may be written as
 * IPv6 (`[::ffff:10.0.0.7]:8080`): it is the same.
 */
export interface RequestConnection {
  /** The core's end. Null where it is not known, as behind a proxy that gives the core another address (DNAT). */
  readonly local: string | null;
  /** The sidecar's end: its own address and port of the connection. */
  readonly peer: string;
}

/**
 * When a request was under way: milliseconds since 1970, from its first byte to the core to the last one of its answer.
 * With fractions, requests that follow each other on a connection within a millisecond are kept apart.
 */
export interface RequestWindow {
  readonly startMs: number;
  readonly endMs: number;
}

/** What a call has to do with a request. */
export const TOUCHES = ["connection", "same-thread"] as const;

/**
 * A call of a request, marked with what it has to do with it. `connection`: it is on a descriptor of the connection, from
 * accept(2) to close(2). `same-thread`: a thread that works on the connection made it, between the first read of the
 * request and the last write of the answer: files, databases, locks. A thread that serves several clients at once may
 * have made such a call for another of them; what is on the connection of another client is left out.
 */
export type RequestCall = CallEvent & { readonly touches: (typeof TOUCHES)[number] };

/**
 * strace's clock is ours, and it takes the time of a call before it begins and after it has ended: a read that gave the
 * request ends after that was sent, and a write of the answer begins before that came. What is left is that a window may
 * be cut to whole milliseconds, as Date.now() does: then it begins early enough, but ends too early.
 */
const TOLERANCE_MS = 1;

/** Calls by which a request comes, and by which its answer goes. */
const READS = /^(?:readv?|preadv?2?|recv(?:from|msg|mmsg)?)$/;
const WRITES = /^(?:writev?|pwritev?2?|send(?:to|msg|mmsg|file|file64)?)$/;

/** The part of a trace in which threads work on a request: seconds since 1970, as events tell time. */
interface Work {
  readonly from: number;
  readonly to: number;
  /** When each thread first touched the connection. */
  readonly threads: ReadonlyMap<number, number>;
  /** The core's end of the connection, where that is known. */
  readonly local: string | null;
}

/**
 * Selects the calls of a request, in their order.
 * @param events those of a trace that took in the time of the request; sockets with their addresses (`followEvents`). Read
 *   twice.
 * @param toleranceMs how much later than the window a call may begin.
 * @returns nothing where the trace has no call on the connection: then its end in the core has another address, its calls
 *   were left out (`syscalls`), or were made through io_uring(7), which strace can't see.
 */
export function selectRequestCalls(
  events: readonly TraceEvent[],
  connection: RequestConnection,
  window: RequestWindow,
  toleranceMs = TOLERANCE_MS,
): RequestCall[] {
  const ends = endsOf(connection);
  const startTime = window.startMs / 1_000;
  const endTime = (window.endMs + toleranceMs) / 1_000;
  const calls = events.filter(
    (event): event is CallEvent =>
      event.type === "call" && event.time <= endTime && endTimeOf(event) >= startTime,
  );
  const touching = calls.filter((call) => targetsOf(call).some((target) => isOn(target, ends)));
  const onIt = new Set(withoutNeighbours(touching, ends, window.endMs / 1_000));
  const work = workOf(onIt, ends);
  return calls.flatMap((call): RequestCall[] => {
    if (onIt.has(call)) return [{ ...call, touches: "connection" }];
    const isOfWork = work !== undefined && isWithin(call, work) && !isOfAnotherClient(call, work.local);
    return isOfWork ? [{ ...call, touches: "same-thread" }] : [];
  });
}

/** The ends of a connection, in a form in which equal addresses are equal. */
interface Ends {
  readonly local: string | null;
  readonly peer: string;
}

function endsOf({ local, peer }: RequestConnection): Ends {
  return { local: local === null ? null : keyOf(local), peer: keyOf(peer) };
}

/** `10.0.0.7:80` for `[::ffff:10.0.0.7]:80` too. What is no address stays as it is. */
function keyOf(endpoint: string): string {
  const colon = endpoint.lastIndexOf(":");
  const address = endpoint.slice(0, colon).replace(/^\[|\]$/g, "");
  const plain = plainAddress(address);
  return plain === undefined ? endpoint : `${plain} ${endpoint.slice(colon + 1)}`;
}

/** Whether a descriptor is one of the connection. Of a socket that lived shortly not both ends may be known. */
function isOn(target: Target, { local, peer }: Ends): boolean {
  if (target.kind !== "socket" || target.peer === null || keyOf(target.peer) !== peer) return false;
  return local === null || target.local === null || keyOf(target.local) === local;
}

/**
 * Without what the rounding of the window lets in of the requests before and after on the same connection: writes of the answer before,
 * and all from the read of the next request on.
 */
function withoutNeighbours(calls: readonly CallEvent[], ends: Ends, endTime: number): readonly CallEvent[] {
  const first = calls.findIndex((call) => moves(call, READS, ends));
  const next = calls.findIndex(
    (call, index) => index > first && moves(call, READS, ends) && endTimeOf(call) > endTime,
  );
  const isAnswered = calls.slice(0, Math.max(next, 0)).some((call) => moves(call, WRITES, ends));
  const own = isAnswered ? calls.slice(0, next) : calls;
  return own.filter((call, index) => index > first || !moves(call, WRITES, ends));
}

/** Whether a call has brought bytes from or to the connection. */
function moves(call: CallEvent, how: RegExp, ends: Ends): boolean {
  return (call.result ?? 0) > 0 && how.test(call.call) && isOnFirst(call, ends);
}

/** When threads worked on the request; undefined where it was not read, or not answered. */
function workOf(calls: ReadonlySet<CallEvent>, ends: Ends): Work | undefined {
  let from: number | undefined;
  let to: number | undefined;
  let local = ends.local;
  const threads = new Map<number, number>();
  for (const call of calls) {
    const end = endTimeOf(call);
    // A thread may have waited in this read long before the request came.
    if (moves(call, READS, ends)) from = Math.min(from ?? end, end);
    if (moves(call, WRITES, ends)) to = Math.max(to ?? end, end);
    threads.set(call.tid, Math.min(threads.get(call.tid) ?? end, end));
    local ??= localOf(call, ends);
  }
  return from === undefined || to === undefined ? undefined : { from, to, threads, local };
}

function isWithin({ time, tid }: CallEvent, { from, to, threads }: Work): boolean {
  const firstTouch = threads.get(tid);
  return firstTouch !== undefined && time >= Math.max(from, firstTouch) && time <= to;
}

/** Whether a call is on a connection that came in where that of the request did, but from elsewhere. */
function isOfAnotherClient(call: CallEvent, local: string | null): boolean {
  if (local === null) return false;
  return targetsOf(call).some(
    (target) =>
      target.kind === "socket" &&
      target.peer !== null &&
      target.local !== null &&
      keyOf(target.local) === local,
  );
}

/** Whether it is the descriptor that a call reads from or writes to: of sendfile(2) the second is only read. */
function isOnFirst({ args }: CallEvent, ends: Ends): boolean {
  const first = args?.[0];
  return first?.kind === "descriptor" && isOn(first.target, ends);
}

function localOf(call: CallEvent, ends: Ends): string | null {
  const target = targetsOf(call).find((each) => isOn(each, ends));
  return target?.kind === "socket" && target.local !== null ? keyOf(target.local) : null;
}

function endTimeOf({ time, durationNs }: CallEvent): number {
  return time + (durationNs ?? 0) / 1e9;
}
