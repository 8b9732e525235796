import type { Turns } from "../../base/turns.ts";
import type { LogFile } from "./log-file.ts";
import { beginOf } from "./log-lines.ts";
import type { FlowPart, LogPart } from "./log-parts.ts";
import type { LogWish } from "./log-query.ts";
import { createSelection, type Selection } from "./log-selection.ts";
import { readLog } from "./read-log.ts";
import { createFlowSearch, type FlowSearch } from "./search/flow-search.ts";
import { batchesOf } from "./search/found-batch.ts";
import type { Searchers } from "./search/searcher.ts";
import { startOf } from "./start-of-log.ts";

/** What bounds an answer beside what is asked for. */
export interface FlowLimits {
  readonly maxLineBytes: number;
  readonly followMs: number;
  /** What may wait for a client that follows. */
  readonly maxLagBytes?: number;
  readonly searchers: Searchers;
  /** Nobody else waits while there is much to look at. */
  readonly turns: Turns;
  /** The lines are given as they are, without what they say of themselves. */
  readonly isText?: boolean;
  /** The client is gone, or the sidecar stops. */
  readonly signal: AbortSignal;
}

/**
 * Gives what is asked for of a log, ending with its `end`.
 * @throws {AppError} where it can't be read.
 */
export async function* flowOf(log: LogFile, wish: LogWish, limits: FlowLimits): AsyncGenerator<FlowPart> {
  const timeLimit = AbortSignal.timeout(limits.followMs);
  const signal = AbortSignal.any([limits.signal, timeLimit]);
  const { maxLineBytes, maxLagBytes, turns } = limits;
  const progress = beginOf(wish);
  await using search = await createFlowSearch(wish, progress, { maxLineBytes, searchers: limits.searchers });
  const start = await startOf(log, wish, turns);
  const selection = createSelection(wish, start.cursor, { ...limits, progress });
  const { isFollowing } = wish;
  const options = { maxLineBytes, isFollowing, turns, signal, ...search.options };
  const waited = { ms: 0 };
  const lag = maxLagBytes === undefined ? {} : { maxLagBytes, waited };
  for await (const part of readLog(log, start.at, { ...options, ...lag })) {
    yield* take(part, { selection, search, turns, waited });
    if (selection.reason() !== undefined) break;
  }
  const stopped = timeLimit.aborted ? "time-limit" : limits.signal.aborted ? "stopped" : "complete";
  yield { kind: "end", reason: selection.reason() ?? stopped, cursor: selection.cursor() };
}

interface Taking {
  readonly selection: Selection;
  readonly search: FlowSearch;
  readonly turns: Turns;
  /** Of what is waited for, only the client is slow: neither we, nor others whose turn it is. */
  readonly waited: { ms: number };
}

async function* take(part: LogPart, taking: Taking): AsyncGenerator<FlowPart> {
  const { selection, search, turns } = taking;
  if (part.kind !== "found") {
    yield* inTurns(selection.take(part.kind === "lines" ? await search.mark(part) : part), taking);
    return;
  }
  const whole = selection.takeWhole(part);
  if (whole !== undefined) {
    yield* inTurns([whole], taking);
    return;
  }
  for (const batch of batchesOf(part)) {
    await turns();
    yield* inTurns(selection.take(batch), taking);
    if (selection.reason() !== undefined) return;
  }
}

async function* inTurns(parts: Iterable<FlowPart>, { turns, waited }: Taking): AsyncGenerator<FlowPart> {
  for (const part of parts) {
    const givenAtMs = performance.now();
    yield part;
    waited.ms += performance.now() - givenAtMs;
    await turns();
  }
}
