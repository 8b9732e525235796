import type { Place } from "../cursor.ts";

/** What a forwarder tells of itself. It only counts up, but for what stands now. */
export interface ForwardState {
  lines: number;
  bytes: number;
  batches: number;
  /** Attempts that did not succeed. */
  failures: number;
  /** Lines that the destination did not want, and that are not sent again. */
  setAside: number;
  /** Rotations that took lines away before they could be read. */
  losses: number;
  lastSentAt: number | null;
  lastSetAsideAt: number | null;
  /** Why nothing gets on at the moment, since when, and what mends it. */
  trouble: { readonly sinceMs: number; readonly detail: string; readonly remedy?: string } | null;
  /** When the oldest line was read that is not taken yet. */
  waitingSinceMs: number | null;
  /** Up to where it is taken; null where there is nothing yet. */
  place: Place | null;
}

/** Of a forwarder that begins. */
export function newForwardState(): ForwardState {
  return {
    ...{ lines: 0, bytes: 0, batches: 0, failures: 0, setAside: 0, losses: 0 },
    ...{ lastSentAt: null, lastSetAsideAt: null, trouble: null, waitingSinceMs: null, place: null },
  };
}

/** Says what keeps it back; the first time of trouble stays. */
export function setTrouble(state: ForwardState, detail: string, remedy: string | undefined): void {
  const sinceMs = state.trouble?.sinceMs ?? Date.now();
  state.trouble = { sinceMs, detail, ...(remedy === undefined ? {} : { remedy }) };
}
