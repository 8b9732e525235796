import { listThreads, threadGroupOf } from "../../linux/proc.ts";
import { EventParser, type ParserCounts } from "./events/event-parser.ts";
import { createThreadGroups } from "./events/thread-groups.ts";
import { EventResolver } from "./sockets/event-resolver.ts";
import type { TraceTarget } from "./targets.ts";
import type { OwnEventFollower, Trace, TraceResult } from "./trace.ts";

/** A trace that has been followed to its end, and what its lines made. */
export interface EventsResult {
  readonly result: TraceResult;
  readonly counts: ParserCounts;
}

/** Who follows a trace. None may wait. */
export interface EventFollower extends OwnEventFollower {
  /** Gets the lines that don't count, in their order; see `Trace.follow`. */
  readonly onRemark?: (line: string) => void;
}

/** About what an event without a line holds while it waits. */
const EVENT_CHARS = 128;

/**
 * Follows a trace like `Trace.follow`, and reads its lines, where it has no events of its own. Events have the addresses
 * of sockets, and paths relative to the root of their process; they may come some milliseconds after their lines, in the
 * same order. What could not be told is among the warnings of the result.
 */
export async function followEvents(trace: Trace, follower: EventFollower): Promise<EventsResult> {
  const resolver = new EventResolver(trace.targets.main.pid, follower.onEvent);
  const { result, counts } =
    trace.followOwnEvents === undefined
      ? await followLines(trace, follower, resolver)
      : await followOwn(trace.followOwnEvents, follower, resolver);
  await resolver.finish();
  // What went wrong at the end stays the last.
  const warnings = [...resolver.warnings(), ...result.warnings];
  return { result: { ...result, warnings }, counts };
}

async function followOwn(
  follow: NonNullable<Trace["followOwnEvents"]>,
  follower: EventFollower,
  resolver: EventResolver,
): Promise<EventsResult> {
  const onEvent: EventFollower["onEvent"] = (event) => resolver.push(event, EVENT_CHARS);
  const { result, events } = await follow({ ...follower, onEvent });
  return { result, counts: { lines: result.lines, events, unparsed: 0, pending: 0, pendingChars: 0 } };
}

async function followLines(
  trace: Trace,
  { onLine, onRemark, withRaw }: EventFollower,
  resolver: EventResolver,
): Promise<EventsResult> {
  const { main, descendants } = trace.targets;
  const groups = createThreadGroups(threadGroupOf, await threadsOf([main, ...descendants]));
  let chars = 0;
  const parser = new EventParser({ withRaw, groups }, (event) => resolver.push(event, chars));
  const result = await trace.follow({
    onLine(line) {
      onLine?.(line);
      chars = line.length;
      parser.push(line);
    },
    onRemark(remark) {
      onRemark?.(remark);
      parser.push(remark);
    },
    onGap: () => parser.passOver(),
    onEnded: (tid) => groups.forget(tid),
  });
  parser.finish();
  return { result, counts: parser.counts };
}

/** Each thread with its process. */
async function threadsOf(
  targets: readonly TraceTarget[],
): Promise<(readonly [tid: number, group: number])[]> {
  const listed = targets.map(async ({ pid }) =>
    [pid, ...(await listThreads(pid))].map((tid) => [tid, pid] as const),
  );
  return (await Promise.all(listed)).flat();
}
