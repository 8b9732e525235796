import type { Outage } from "./restarting-core.ts";

/** What became of each thing that was asked. */
export interface Ledger {
  /** Does one thing and notes how it went; what it throws is how it failed. */
  note(kind: string, work: () => Promise<void>): Promise<void>;
  /** How often each kind succeeded. */
  readonly done: ReadonlyMap<string, number>;
  readonly failures: readonly Failure[];
}

/** Something that failed, and when. */
export interface Failure {
  readonly kind: string;
  readonly what: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A failure of a kind that is foreseen, such as `502 core-reset` or `cut`. */
export class Failed extends Error {}

/** Makes an empty ledger. */
export function createLedger(): Ledger {
  const done = new Map<string, number>();
  const failures: Failure[] = [];
  return {
    done,
    failures,
    async note(kind, work) {
      const fromMs = performance.now();
      try {
        await work();
        done.set(kind, (done.get(kind) ?? 0) + 1);
      } catch (error) {
        const what = error instanceof Failed ? error.message : String(error);
        failures.push({ kind, what, fromMs, toMs: performance.now() });
      }
    },
  };
}

/** What an outage of the core may do to a request: refused, lost after it was sent, broken off in its answer. */
const DUE_TO_OUTAGE = /^(503 core-unavailable|502 core-reset|cut)$/;

/** The failures that no outage explains; one may do harm until `afterMs` after its end. */
export function unexpected(
  failures: readonly Failure[],
  outages: readonly Outage[],
  afterMs: number,
): string[] {
  return failures
    .filter(({ what, fromMs, toMs }) => {
      const isInOutage = outages.some((outage) => fromMs < outage.toMs + afterMs && toMs > outage.fromMs);
      return !(isInOutage && DUE_TO_OUTAGE.test(what));
    })
    .map(({ kind, what, fromMs, toMs }) => {
      const sinceMs = Math.min(...outages.map((outage) => fromMs - outage.toMs).filter((gap) => gap > 0));
      return `${kind}: ${what}, after ${Math.round(toMs - fromMs)} ms, ${Math.round(sinceMs)} ms after an outage`;
    });
}
