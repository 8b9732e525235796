import { threadGroupOf } from "../../linux/proc.ts";
import { EventParser, type ParserCounts } from "./events/event-parser.ts";
import { createThreadGroups } from "./events/thread-groups.ts";
import type { OwnEventFollower, Trace, TraceResult } from "./trace.ts";

/** A trace that has been followed to its end, and what its lines made. */
export interface EventsResult {
  readonly result: TraceResult;
  readonly counts: ParserCounts;
}

/** Who follows a trace. Neither may wait. */
export type EventFollower = OwnEventFollower;

/** Follows a trace like `Trace.follow`, and reads its lines, where it has no events of its own. */
export async function followEvents(trace: Trace, follower: EventFollower): Promise<EventsResult> {
  if (trace.followOwnEvents === undefined) return await followLines(trace, follower);
  const { result, events } = await trace.followOwnEvents(follower);
  return { result, counts: { lines: result.lines, events, unparsed: 0, pending: 0, pendingChars: 0 } };
}

async function followLines(trace: Trace, { onLine, onEvent, withRaw }: EventFollower): Promise<EventsResult> {
  const { main, descendants } = trace.targets;
  const pids = new Set([main, ...descendants].map(({ pid }) => pid));
  // A process that has ended meanwhile is known all the same.
  const groups = createThreadGroups((tid) => threadGroupOf(tid) ?? (pids.has(tid) ? tid : undefined));
  const parser = new EventParser({ withRaw, groups }, onEvent);
  const result = await trace.follow(
    (line) => {
      onLine?.(line);
      parser.push(line);
    },
    (remark) => parser.push(remark),
  );
  parser.finish();
  return { result, counts: parser.counts };
}
