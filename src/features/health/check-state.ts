import type { Settings } from "../../settings/schema.ts";
import type { CheckResult } from "../feature.ts";

/** What is known of one check, and how a further result changes it. Pure. */

/** How many results in a row it takes to change a status. */
export type Thresholds = Pick<Settings["health"], "failureThreshold" | "successThreshold">;

/** What is known of one check now. */
export interface CheckState {
  /** Null until a threshold has been met once: nothing is claimed before. */
  readonly status: CheckResult["status"] | null;
  /** When `status` began. */
  readonly since: Date | null;
  /** What the last run found; it is ahead of `status` while a threshold is not met. */
  readonly last: CheckResult | null;
  readonly lastRunAt: Date | null;
  readonly durationMs: number | null;
  readonly consecutiveFailures: number;
  readonly consecutiveSuccesses: number;
}

/** One run of a check. */
export interface CheckRun {
  readonly result: CheckResult;
  readonly startedAt: Date;
  readonly durationMs: number;
}

/** What is known before the first run. */
export const NOTHING_KNOWN: CheckState = {
  status: null,
  since: null,
  last: null,
  lastRunAt: null,
  durationMs: null,
  consecutiveFailures: 0,
  consecutiveSuccesses: 0,
};

/** The state after `run`. A warning counts as a success: the thresholds are about failing. */
export function nextState(
  before: CheckState,
  { result, startedAt, durationMs }: CheckRun,
  thresholds: Thresholds,
): CheckState {
  const isFailure = result.status === "fail";
  const consecutiveFailures = isFailure ? before.consecutiveFailures + 1 : 0;
  const consecutiveSuccesses = isFailure ? 0 : before.consecutiveSuccesses + 1;
  const isBelowThreshold = isFailure
    ? consecutiveFailures < thresholds.failureThreshold
    : !isWell(before) && consecutiveSuccesses < thresholds.successThreshold;
  const status = isBelowThreshold ? before.status : result.status;
  return {
    status,
    since: status === before.status ? before.since : new Date(),
    last: result,
    lastRunAt: startedAt,
    durationMs,
    consecutiveFailures,
    consecutiveSuccesses,
  };
}

/** Tells whether a check is known and has not failed. */
export function isWell({ status }: CheckState): boolean {
  return status === "pass" || status === "warn";
}
