import { useEffect, useState } from "preact/hooks";
import type { Answers } from "../../api/api-types.ts";
import { ask } from "../../api/ask.ts";
import { untilConnected } from "../../api/connection.ts";
import { pause, untilSeen } from "../../api/pause.ts";
import { asError, isLoss } from "../../api/problem.ts";
import type { ResourcePoint, TrafficPoint } from "./answers.ts";
import { appendTail, joined, MAX_TAIL, type Point } from "./series.ts";

/** The last hour, and live: a window of a history once in a while, and the newest seconds all the time. */

export type HistoryWindow = "5m" | "1h" | "24h";

/** What is known of a history. */
export interface LiveHistory<P, A = unknown> {
  /** The window as it was asked for last. */
  readonly base: A;
  readonly stepSeconds: number;
  readonly windowSeconds: number;
  readonly points: readonly P[];
  /** The newest single seconds of them. */
  readonly tail: readonly P[];
}

/** A history, and why there is none or no newer one. */
export interface KnownHistory<P, A = unknown> {
  /** Undefined until it is known, and where it is not wanted. */
  readonly history: LiveHistory<P, A> | undefined;
  /** The refusal, if the last request was refused; that the connection is lost is none. */
  readonly error: Error | undefined;
}

interface Answer<P> {
  readonly windowSeconds: number;
  readonly stepSeconds: number;
  readonly points: readonly P[];
}

const TAIL_EVERY_MS = 2_000;
const BASE_EVERY_MS = 30_000;
/** At first so much is asked for by the second that the longest step under way is bridged. */
const FIRST_TAIL_SECONDS = 120;
const OVERLAP_SECONDS = 2;

/**
 * Keeps a history up to date while the page is seen. What passed while the connection was lost, or the page hidden, is
 * asked for afterwards: no second is missed, and none is there twice.
 * @param read asks for a window.
 */
function useLive<P extends Point, A extends Answer<P>>(
  key: string,
  isWanted: boolean,
  read: (window: string, signal: AbortSignal) => Promise<A>,
  window: HistoryWindow,
): KnownHistory<P, A> {
  const [state, setState] = useState<{ key: string } & KnownHistory<P, A>>();
  useEffect(() => {
    if (!isWanted) return;
    const abort = new AbortController();
    void keepUp<P, A>({ read: (each) => read(each, abort.signal), window, signal: abort.signal }, (known) =>
      setState({ key, ...known }),
    );
    return () => abort.abort();
  }, [key, isWanted]);
  return state?.key === key ? state : { history: undefined, error: undefined };
}

/** The history of the traffic. */
export function useTrafficHistory(
  window: HistoryWindow,
  isWanted: boolean,
): KnownHistory<TrafficPoint, Answers["GET /traffic/history"]> {
  return useLive<TrafficPoint, Answers["GET /traffic/history"]>(
    `traffic ${window}`,
    isWanted,
    (each, signal) => ask("GET /traffic/history", { query: { window: each }, signal }),
    window,
  );
}

/** The history of the resources; as {@link useTrafficHistory}. */
export function useResourceHistory(
  window: HistoryWindow,
  isWanted: boolean,
): KnownHistory<ResourcePoint, Answers["GET /resources/history"]> {
  return useLive<ResourcePoint, Answers["GET /resources/history"]>(
    `resources ${window}`,
    isWanted,
    (each, signal) => ask("GET /resources/history", { query: { window: each }, signal }),
    window,
  );
}

interface Keeping<A> {
  readonly read: (window: string) => Promise<A>;
  readonly window: HistoryWindow;
  readonly signal: AbortSignal;
}

async function keepUp<P extends Point, A extends Answer<P>>(
  { read, window, signal }: Keeping<A>,
  tell: (known: KnownHistory<P, A>) => void,
): Promise<void> {
  let base: A | undefined;
  let baseAt = momentNow();
  let tail: readonly P[] = [];
  let tailAt = momentNow(-FIRST_TAIL_SECONDS * 1_000);
  let history: LiveHistory<P, A> | undefined;
  while (!signal.aborted) {
    await untilConnected(signal);
    if (signal.aborted) return;
    try {
      if (base === undefined || msSince(baseAt) > BASE_EVERY_MS) {
        base = await read(window);
        baseAt = momentNow();
      }
      const at = momentNow();
      const missing = Math.ceil(msSince(tailAt) / 1_000) + OVERLAP_SECONDS;
      // After a longer time the single seconds are gone: what is left is in the window.
      if (missing > MAX_TAIL) tail = [];
      const more = await read(`${Math.min(missing, MAX_TAIL)}s`);
      tailAt = at;
      tail = appendTail(tail, more.points);
      const { stepSeconds, windowSeconds } = base;
      const points = joined(base.points, tail, stepSeconds);
      history = { base, stepSeconds, windowSeconds, tail, points };
      tell({ history, error: undefined });
    } catch (error) {
      if (!signal.aborted && !isLoss(error)) tell({ history, error: asError(error) });
    }
    await untilSeen(signal);
    await pause(TAIL_EVERY_MS, signal);
  }
}

/** A moment by both clocks: one stands still while the machine sleeps, the other may be set. */
interface Moment {
  readonly steadyMs: number;
  readonly wallMs: number;
}

function momentNow(laterMs = 0): Moment {
  return { steadyMs: performance.now() + laterMs, wallMs: Date.now() + laterMs };
}

/** How long ago it was, by the clock that says longer. */
function msSince({ steadyMs, wallMs }: Moment): number {
  return Math.max(performance.now() - steadyMs, Date.now() - wallMs);
}
