import { setTimeout as delay } from "node:timers/promises";
import type { Settings } from "../../settings/schema.ts";
import type { Logger } from "../../web/log.ts";
import type { HealthCheck } from "../feature.ts";
import { type CheckState, NOTHING_KNOWN, nextState } from "./check-state.ts";
import { runCheck } from "./run-check.ts";

/** Runs one check again and again in the background, and keeps what it found. */
export interface CheckRunner {
  readonly check: HealthCheck;
  state(): CheckState;
  /** Tells whether a run has ignored its time-out and has not ended yet. */
  isStuck(): boolean;
  /** Runs the check every `intervalMs`, never beside an earlier run, until `signal` fires. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

/** What a runner tells, and to whom. */
export interface RunnerDeps {
  readonly log: Logger;
  /** Called after each change of the status. */
  readonly onChange: () => void;
}

/** Makes the runner of a check; nothing runs yet. */
export function createCheckRunner(
  check: HealthCheck,
  settings: Settings["health"],
  { log, onChange }: RunnerDeps,
): CheckRunner {
  let state = NOTHING_KNOWN;
  let stuckSince: Date | undefined;

  const look = async (startedAt: Date, signal: AbortSignal) => {
    if (stuckSince !== undefined) {
      const detail = `The run of ${stuckSince.toISOString()} has not ended; no other was begun.`;
      return { status: "fail", detail } as const;
    }
    const { result, stillRunning } = await runCheck(check, settings.timeoutMs, signal);
    if (stillRunning !== undefined) {
      stuckSince = startedAt;
      void stillRunning.then(() => {
        stuckSince = undefined;
      });
    }
    return result;
  };

  const runOnce = async (signal: AbortSignal) => {
    const startedAt = new Date();
    const startedMs = performance.now();
    const result = await look(startedAt, signal);
    // A check that was cut short by the end of the sidecar says nothing about what it checks.
    if (signal.aborted) return;
    const durationMs = Math.round((performance.now() - startedMs) * 1_000) / 1_000;
    const before = state.status;
    state = nextState(state, { result, startedAt, durationMs }, settings);
    if (state.status === before) return;
    const level = state.status === "pass" ? "info" : "warn";
    log[level](
      { check: check.name, from: before, to: state.status, detail: result.detail },
      "health changed",
    );
    onChange();
  };

  return {
    check,
    state: () => state,
    isStuck: () => stuckSince !== undefined,
    async run(signal) {
      while (!signal.aborted) {
        const startedMs = performance.now();
        await runOnce(signal);
        await pause(settings.intervalMs - (performance.now() - startedMs), signal);
      }
    },
  };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(Math.max(0, ms), undefined, { signal });
  } catch {
    // Only the signal can end it early, and that ends the loop too.
  }
}
