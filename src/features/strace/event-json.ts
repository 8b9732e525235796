import type { Argument } from "./events/argument.ts";
import type { CallEvent, TraceEvent } from "./events/event.ts";

/** Writes an event as JSON. */
export type EventJson = (event: TraceEvent) => string;

/** What the JSON of a call has whenever it comes. */
interface Known {
  readonly event: CallEvent;
  /** From its name to its duration. */
  readonly call: string;
  readonly marks: string;
}

/** Some megabytes at most: what is longer is not kept. */
const MAX_KNOWN = 2_048;
const MAX_KNOWN_CHARS = 2_048;
/** Seen once: most that is never seen again is not worth more. */
const SEEN = Symbol("seen");

/**
 * Makes a writer that gives the same as `JSON.stringify`, and remembers the calls that it has written: those that come
 * again share their arguments (events/call-memory.ts), and most of the time goes into these.
 */
export function createEventJson(): EventJson {
  const knownByArgs = new Map<readonly Argument[], Known | typeof SEEN>();

  const remember = (args: readonly Argument[], known: Known | typeof SEEN) => {
    if (knownByArgs.size >= MAX_KNOWN) knownByArgs.clear();
    knownByArgs.set(args, known);
  };

  return (event) => {
    if (event.type !== "call" || event.args === null) return JSON.stringify(event);
    if (event.raw !== undefined || event.pidReason !== undefined) return JSON.stringify(event);
    const found = knownByArgs.get(event.args);
    if (found === undefined) {
      const json = JSON.stringify(event);
      if (json.length <= MAX_KNOWN_CHARS) remember(event.args, SEEN);
      return json;
    }
    if (found !== SEEN && isSame(found.event, event)) return again(found, event);
    const known = read(event);
    remember(event.args, known);
    return again(known, event);
  };
}

function again({ call, marks }: Known, { time, tid, pid, durationNs }: CallEvent): string {
  return `{"type":"call","time":${time},"tid":${tid},"pid":${pid},${call},"durationNs":${durationNs},${marks}}`;
}

function read(event: CallEvent): Known {
  const { call, args, result, resultText, resultTarget, errno, decoded, marks } = event;
  return {
    event,
    call: membersOf({ call, args, result, resultText, resultTarget, errno, decoded }),
    marks: membersOf({ marks }),
  };
}

function membersOf(part: Partial<CallEvent>): string {
  return JSON.stringify(part).slice(1, -1);
}

/** Whether two calls of the same arguments are the same in all that is remembered. */
function isSame(one: CallEvent, other: CallEvent): boolean {
  return (
    one.call === other.call &&
    one.result === other.result &&
    one.resultText === other.resultText &&
    one.resultTarget === other.resultTarget &&
    one.errno === other.errno &&
    one.decoded === other.decoded &&
    one.marks === other.marks
  );
}
