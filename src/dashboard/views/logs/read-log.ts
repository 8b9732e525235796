import { untilConnected } from "../../api/connection.ts";
import { flow } from "../../api/ndjson.ts";
import { pause } from "../../api/pause.ts";
import { ApiError } from "../../api/problem.ts";
import type { EndReason, LogReading, LogRecord } from "./log-reading.ts";
import { firstQuery, isFollowed, type LogQuery, type LogWish, nextQuery } from "./log-wish.ts";

/** Reads a log, and goes on with what comes, through lost connections. */

/** How it is going. */
export type LogState =
  | { readonly kind: "reading" }
  | { readonly kind: "following" }
  /** The connection is away; it goes on where it broke off. */
  | { readonly kind: "waiting" }
  | { readonly kind: "paused" }
  /** All that was wanted is there; or there is more, which can be asked for. */
  | { readonly kind: "ended"; readonly hasMore: boolean }
  | { readonly kind: "failed"; readonly error: unknown };

/** What is read, and who hears of it. */
export interface ReadOptions {
  readonly name: string;
  readonly wish: LogWish;
  readonly reading: LogReading;
  readonly signal: AbortSignal;
  onState(state: LogState): void;
  onLines(): void;
}

type Over = EndReason | "dropped" | "broken";

/** There is a heartbeat every 5 seconds: who hears nothing for so long hears nobody. */
const SILENCE_MS = 15_000;
const PAUSE_MS = 500;

/** Reads until the signal fires, all is there, or it fails. @param how `more`: the next lines of those that are wanted. */
export async function readLog(options: ReadOptions, how: "go-on" | "more" = "go-on"): Promise<void> {
  try {
    await readParts(options, how);
  } catch (error) {
    if (!options.signal.aborted) options.onState({ kind: "failed", error });
  }
}

async function readParts(options: ReadOptions, how: "go-on" | "more"): Promise<void> {
  const { wish, reading, signal, onState } = options;
  let isFollowing = how === "go-on" && reading.cursor !== undefined && isFollowed(wish);
  while (!signal.aborted) {
    onState({ kind: isFollowing ? "following" : "reading" });
    const over = await readAnswer(options, isFollowing);
    if (signal.aborted) return;
    const hasMore = over !== "complete";
    if (!isFollowing && isAllRead(over, wish) && (hasMore || !isFollowed(wish))) {
      onState({ kind: "ended", hasMore });
      return;
    }
    if (over === "broken" || over === "stopped") await untilItCanGoOn(options);
    else if (over !== "dropped") isFollowing = isFollowed(wish);
  }
}

async function untilItCanGoOn({ signal, onState }: ReadOptions): Promise<void> {
  onState({ kind: "waiting" });
  await pause(PAUSE_MS, signal);
  await untilConnected(signal);
}

/** From a time on there may be more than one wants to see at once; of the end there is not. */
function isAllRead(over: Over, { since, until }: LogWish): boolean {
  if (over === "complete") return true;
  return (over === "limit" || over === "byte-limit") && (since !== undefined || until !== undefined);
}

async function readAnswer(options: ReadOptions, isFollowing: boolean): Promise<Over> {
  const { name, reading, signal, onLines } = options;
  const silence = new AbortController();
  const over = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const listen = () => {
    clearTimeout(timer);
    if (isFollowing) timer = setTimeout(() => silence.abort(), SILENCE_MS);
  };
  // The browser says at once that the network is away; the connection may seem to be there for minutes.
  addEventListener("offline", () => silence.abort(), { signal: AbortSignal.any([signal, over.signal]) });
  reading.begin();
  try {
    listen();
    const request = { params: { name }, query: queryOf(options, isFollowing) };
    const answer = flow<LogRecord>("GET /logs/{name}", {
      ...request,
      signal: AbortSignal.any([signal, silence.signal]),
    });
    for await (const records of answer) {
      listen();
      const reason = reading.take(records);
      onLines();
      if (reason !== undefined) return reason;
    }
    return "broken";
  } catch (error) {
    const isLost = silence.signal.aborted || (error instanceof ApiError && error.status === 0);
    if (signal.aborted || isLost) return "broken";
    throw error;
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}

function queryOf({ wish, reading: { cursor } }: ReadOptions, isFollowing: boolean): LogQuery {
  if (cursor === undefined) return firstQuery(wish);
  return nextQuery(wish, cursor, isFollowing ? "follow" : "more");
}
