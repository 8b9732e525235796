import type { CheckOutcome } from "./check-outcome.ts";

/** What one look came to: undefined where it is too early to say. */
export type Look = Omit<CheckOutcome, "kind" | "elapsedMs" | "attempts">;

/** A check whose point of departure was taken before the reload, and which can now be run. */
export interface PreparedCheck {
  readonly kind: CheckOutcome["kind"];
  readonly timeoutMs: number;
  /** How often it is looked, where that is not the usual. */
  readonly intervalMs?: number;
  /** Looks once. `isLast`: it must say now. What it throws is a look that did not pass. */
  look(elapsedMs: number, signal: AbortSignal): Promise<Look & { readonly isFinal: boolean }>;
}
