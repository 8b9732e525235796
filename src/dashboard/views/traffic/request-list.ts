import { endOf, keyOf, type TrafficRequest } from "./request.ts";

/** The requests that the page has seen, the newest first, and which of them are wanted. Pure. */

/** So many are kept in the page. */
export const MAX_ROWS = 2_000;

/** Which requests are shown; what is empty does not matter. */
export interface Filter {
  /** `5xx`, `4xx`…, or `failed`: those without a whole answer of the app. */
  readonly status: string;
  readonly path: string;
  /** They took at least so long. */
  readonly slowerMs: number;
  /** In the id, the method, the path, the client's address, the status or the failure. */
  readonly text: string;
}

/** Puts what came in front; what is known already is not doubled. The oldest go beyond {@link MAX_ROWS}. */
export function merge(
  known: readonly TrafficRequest[],
  more: readonly TrafficRequest[],
): readonly TrafficRequest[] {
  const fresh = freshOf(known, more);
  if (fresh.length === 0) return known;
  // The processes of a cluster answer each for itself: one that is older than what is known may come later.
  return [...fresh, ...known].toSorted((one, other) => endOf(other) - endOf(one)).slice(0, MAX_ROWS);
}

/**
 * How many requests were over since the last answer and are in none: they came so fast that the sidecar had forgotten
 * them. Each answer goes back to before the newest that is known: only where that is gone can any be missing.
 * @param over how many more requests the sidecar has counted.
 */
export function missedOf(
  known: readonly TrafficRequest[],
  more: readonly TrafficRequest[],
  over: number,
): number {
  const fresh = freshOf(known, more).length;
  return known.length === 0 || fresh < more.length ? 0 : Math.max(0, over - fresh);
}

function freshOf(
  known: readonly TrafficRequest[],
  more: readonly TrafficRequest[],
): readonly TrafficRequest[] {
  const keys = new Set(known.map(keyOf));
  return more.filter((request) => !keys.has(keyOf(request)));
}

/** The time to go on from: a little before the end of the newest. */
export function sinceOf(known: readonly TrafficRequest[]): string | undefined {
  const [newest] = known;
  return newest === undefined ? undefined : new Date(endOf(newest) - 1_000).toISOString();
}

/** Whether a request is wanted. */
export function isShown(request: TrafficRequest, { status, path, slowerMs, text }: Filter): boolean {
  if (status === "failed" ? request.failure === null : status !== "" && classOf(request) !== status)
    return false;
  if (!request.path.startsWith(path) || request.durationMs < slowerMs) return false;
  return text === "" || hasText(request, text.toLowerCase());
}

/** Reads a filter out of a place's query. */
export function filterOf(query: { get(name: string): string | null }): Filter {
  const slower = Number(query.get("slower") ?? "");
  return {
    status: query.get("status") ?? "",
    path: query.get("path") ?? "",
    slowerMs: Number.isFinite(slower) && slower > 0 ? slower : 0,
    text: query.get("text") ?? "",
  };
}

function classOf({ status }: TrafficRequest): string {
  return status === null ? "none" : `${Math.floor(status / 100)}xx`;
}

function hasText(request: TrafficRequest, text: string): boolean {
  const { id, method, path, client, status, failure } = request;
  return [id, `${method} ${path}`, client, String(status ?? ""), failure?.reason ?? ""].some((each) =>
    each.toLowerCase().includes(text),
  );
}
