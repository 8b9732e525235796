import { type Signal, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { untilConnected } from "../../api/connection.ts";
import { eventStream } from "../../api/event-stream.ts";
import { pause } from "../../api/pause.ts";
import { ApiError } from "../../api/problem.ts";
import { createEventStore, type EventStore } from "./event-store.ts";

/** The events of a trace as they come, without losing or doubling any where the connection breaks off. */

/** How far the reading of a trace is. */
export type FeedState = "reading" | "paused" | "complete" | "failed";

/** What has come of a trace. */
export interface Feed {
  readonly store: EventStore;
  /** Rises when there is something new, but not more often than eyes can see. */
  readonly version: Signal<number>;
  /** Rises when what passes a filter has changed. */
  readonly shown: Signal<number>;
  readonly state: Signal<FeedState>;
  readonly error: Signal<unknown>;
}

const SHOW_EVERY_MS = 100;
const RETRY_MS = 2_000;

/** Reads the events of a trace from a cursor on, for as long as it is not paused: meanwhile the sidecar keeps them. */
export function useFeed(id: string, startCursor: number, isPaused: boolean): Feed {
  const feed = useMemo(() => createFeed(startCursor), [id, startCursor]);
  useEffect(() => {
    const isOver = feed.state.peek() === "complete";
    if (isOver) return;
    if (isPaused) {
      feed.state.value = "paused";
      return;
    }
    const abort = new AbortController();
    feed.state.value = "reading";
    void follow(id, feed, abort.signal);
    return () => abort.abort();
  }, [id, feed, isPaused]);
  return feed;
}

function createFeed(startCursor: number): Feed {
  return {
    store: createEventStore(startCursor),
    version: signal(0),
    shown: signal(0),
    state: signal<FeedState>("reading"),
    error: signal<unknown>(undefined),
  };
}

async function follow(id: string, feed: Feed, abort: AbortSignal): Promise<void> {
  while (!abort.aborted) {
    await untilConnected(abort);
    try {
      await readOn(id, feed, abort);
      return;
    } catch (error) {
      if (abort.aborted) return;
      if (!(error instanceof ApiError) || (error.status !== 0 && error.status < 500)) {
        feed.error.value = error;
        feed.state.value = "failed";
        return;
      }
      if (error.status >= 500) await pause(RETRY_MS, abort);
    }
  }
}

/** Reads to the end of the trace. */
async function readOn(id: string, feed: Feed, abort: AbortSignal): Promise<void> {
  const { store, version, state } = feed;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const show = () => {
    timer = undefined;
    version.value += 1;
  };
  try {
    const request = { params: { id }, query: { cursor: store.cursor }, signal: abort };
    for await (const batch of eventStream("GET /traces/{id}/events", request)) {
      if (abort.aborted) return;
      store.add(
        batch.flatMap(({ event, id: next, data }) =>
          event === "event" ? [{ json: data, next: Number(next) }] : [],
        ),
      );
      timer ??= setTimeout(show, SHOW_EVERY_MS);
      if (batch.at(-1)?.event === "end") state.value = "complete";
    }
    // An answer that ended without its last record was cut.
    if (state.peek() !== "complete") throw new ApiError("The stream was cut.", 503);
  } finally {
    clearTimeout(timer);
    version.value += 1;
  }
}
