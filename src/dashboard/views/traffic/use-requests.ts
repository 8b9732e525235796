import { useEffect, useState } from "preact/hooks";
import { ask } from "../../api/ask.ts";
import { untilConnected } from "../../api/connection.ts";
import { pause, untilSeen } from "../../api/pause.ts";
import { asError, isLoss } from "../../api/problem.ts";
import type { TrafficRequest } from "./request.ts";
import { merge, missedOf, sinceOf } from "./request-list.ts";
import { overOf, type Totals } from "./totals.ts";

/** The latest requests, live. */

/** What is known of them. */
export interface Requests {
  /** The newest first; undefined until the first answer. */
  readonly rows: readonly TrafficRequest[] | undefined;
  readonly totals: Totals | undefined;
  readonly error: Error | undefined;
  /** How many came so fast that the sidecar had forgotten them when it was asked. */
  readonly missed: number;
}

const EVERY_MS = 1_000;
/** More than the sidecar keeps unless told to. */
const AT_ONCE = 1_000;

/**
 * Asks for the requests that ended since the newest one, again and again while the page is seen. What passed while the
 * connection was lost is asked for when it is back: none is missed that the sidecar still has, and none is there twice.
 */
export function useRequests(): Requests {
  const [state, setState] = useState<Requests>({
    ...{ rows: undefined, totals: undefined, error: undefined, missed: 0 },
  });
  useEffect(() => {
    const abort = new AbortController();
    void keepUp(abort.signal, setState);
    return () => abort.abort();
  }, []);
  return state;
}

async function keepUp(signal: AbortSignal, tell: (requests: Requests) => void): Promise<void> {
  let rows: readonly TrafficRequest[] = [];
  let totals: Totals | undefined;
  let missed = 0;
  while (!signal.aborted) {
    await untilSeen(signal);
    await untilConnected(signal);
    if (signal.aborted) return;
    try {
      const query = { limit: AT_ONCE, since: sinceOf(rows) };
      const answer = await ask("GET /traffic", { query, signal });
      if (totals !== undefined) {
        missed += missedOf(rows, answer.requests, overOf(answer.totals) - overOf(totals));
      }
      rows = merge(rows, answer.requests);
      totals = answer.totals;
      tell({ rows, totals, missed, error: undefined });
    } catch (error) {
      if (signal.aborted) return;
      // That the connection is lost, the banner says.
      tell({ rows: totals && rows, totals, missed, error: isLoss(error) ? undefined : asError(error) });
    }
    await pause(EVERY_MS, signal);
  }
}
