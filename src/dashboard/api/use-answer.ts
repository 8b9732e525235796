import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Answers } from "./api-types.ts";
import { ask, type Request, type Route } from "./ask.ts";
import { untilConnected } from "./connection.ts";
import { pause, untilSeen } from "./pause.ts";
import { ApiError, asError, isLoss } from "./problem.ts";

/** What a component knows of an answer: what it last was, whether that is old, and what went wrong. */
export interface Known<T> {
  /** Undefined until the first answer. It stays while a later request fails: `error` says so then. */
  readonly value: T | undefined;
  readonly error: Error | undefined;
  /** When the value came. */
  readonly at: Date | undefined;
  /** Asks anew, now. */
  refresh(): void;
  /** Whether what `refresh` asked for is still awaited. */
  readonly isRefreshing: boolean;
}

/** How it is asked. */
export interface Asking extends Omit<Request, "signal" | "body"> {
  /** Asks anew so long after each answer, while the page is seen. Once, where it is undefined. */
  readonly everyMs?: number;
  /** Nothing is asked while it is false. */
  readonly if?: boolean;
}

/** What an answer, or its failure, was. */
type Outcome<T> = { readonly value: T } | { readonly error: Error };

const AFTER_LOSS_MS = 250;

interface State<T> {
  readonly key: string;
  readonly value?: T;
  readonly error?: Error;
  readonly at?: Date;
  /** Which time it was asked for, of those that `refresh` makes. */
  readonly round?: number;
}

/** Asks a route, again and again if wanted; other params, query or headers begin anew. What comes too late is dropped. */
export function useAnswer<R extends Route>(route: R, asking: Asking = {}): Known<Answers[R]> {
  const { everyMs, if: isWanted = true, ...request } = asking;
  const key = JSON.stringify([route, request]);
  const [state, setState] = useState<State<Answers[R]>>({ key });
  const [round, setRound] = useState(0);
  const latest = useRef(request);
  latest.current = request;

  useEffect(() => {
    // `round` is a reason to ask anew, too.
    if (!isWanted || round < 0) return;
    const abort = new AbortController();
    const { signal } = abort;
    void askOn(
      () => ask(route, { ...latest.current, signal }),
      { everyMs, signal },
      (came) =>
        setState((before) => {
          if (!("error" in came)) return { key, ...came, at: new Date(), round };
          return { ...(before.key === key ? before : { key }), ...came, round };
        }),
    );
    return () => abort.abort();
  }, [route, key, everyMs, isWanted, round]);

  const refresh = useCallback(() => setRound((before) => before + 1), []);
  const { value, error, at } =
    state.key === key ? state : { value: undefined, error: undefined, at: undefined };
  return { value, error, at, refresh, isRefreshing: round > 0 && state.round !== round };
}

/** Whether it was only that nobody could be asked, or nobody was signed in: the page says so, and waits for the other. */
function isPassing(error: Error): boolean {
  return isLoss(error) || (error instanceof ApiError && error.status === 401);
}

/** Asks, again and again if wanted. What a lost connection has swallowed is asked for anew as soon as that is back. */
async function askOn<T>(
  get: () => Promise<T>,
  { everyMs, signal }: { everyMs: number | undefined; signal: AbortSignal },
  tell: (came: Outcome<T>) => void,
): Promise<void> {
  for (;;) {
    await untilSeen(signal);
    await untilConnected(signal);
    if (signal.aborted) return;
    const came: Outcome<T> = await get().then(
      (value) => ({ value }),
      (error: unknown) => ({ error: asError(error) }),
    );
    if (signal.aborted) return;
    tell(came);
    const pauseMs = "error" in came && isPassing(came.error) ? AFTER_LOSS_MS : everyMs;
    if (pauseMs === undefined) return;
    await pause(pauseMs, signal);
  }
}
