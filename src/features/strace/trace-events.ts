import { threadGroupOf } from "../../linux/proc.ts";
import type { TraceEvent } from "./events/event.ts";
import { EventParser, type ParserCounts } from "./events/event-parser.ts";
import { createThreadGroups } from "./events/thread-groups.ts";
import type { Trace, TraceResult } from "./trace.ts";

/** A trace that has been followed to its end, and what its lines made. */
export interface EventsResult {
  readonly result: TraceResult;
  readonly counts: ParserCounts;
}

/** Who follows a trace. Neither may wait. */
export interface EventFollower {
  readonly onLine?: (line: string) => void;
  /** Gets the lines that don't count, in their order; see `Trace.follow`. */
  readonly onRemark?: (line: string) => void;
  readonly onEvent: (event: TraceEvent) => void;
  /** Whether each event has the lines it was made of. */
  readonly withRaw: boolean;
}

/** Follows a trace like `Trace.follow`, and reads its lines. */
export async function followEvents(
  trace: Trace,
  { onLine, onRemark, onEvent, withRaw }: EventFollower,
): Promise<EventsResult> {
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
    (remark) => {
      onRemark?.(remark);
      parser.push(remark);
    },
  );
  parser.finish();
  return { result, counts: parser.counts };
}
