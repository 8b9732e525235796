import type { Trace } from "./trace.ts";
import type { TraceCounts } from "./trace-counts.ts";

/**
 * The same trace, whose end is counted.
 * @param owned is disposed of with it.
 */
export function countTrace(trace: Trace, counts: TraceCounts, owned: AsyncDisposable): Trace {
  const { targets, engine, command, startedAt, followOwnEvents } = trace;
  const followOwn: Trace["followOwnEvents"] =
    followOwnEvents === undefined
      ? undefined
      : async (follower) => {
          let events = 0;
          const result = await counts.follow(async () => {
            const over = await followOwnEvents(follower);
            ({ events } = over);
            return over.result;
          });
          return { result, events };
        };
  return {
    ...{ targets, engine, command, startedAt, followOwnEvents: followOwn },
    follow: (follower) => counts.follow(() => trace.follow(follower)),
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}
