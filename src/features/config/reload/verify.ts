import { setTimeout as delay } from "node:timers/promises";
import { AppError, messageOf } from "../../../base/errors.ts";
import type { VerifySettings } from "../../../settings/schema.ts";
import type { CheckOutcome } from "./check-outcome.ts";
import type { Look, PreparedCheck } from "./prepared-check.ts";
import type { ReloadDeps } from "./reload.ts";
import { prepareCommandCheck } from "./verify-command.ts";
import { prepareHttpCheck } from "./verify-http.ts";
import { prepareLogCheck } from "./verify-log.ts";
import { prepareProcessCheck } from "./verify-process.ts";

/** How often it is looked. */
const INTERVAL_MS = 100;

/**
 * Takes down what the checks compare with later. To be called before the reload. Never rejects: a check that can't be
 * prepared is one that fails.
 * @param isAgain after a reload that failed: what that one still has to say is not held against the next.
 */
export async function prepareChecks(
  checks: readonly VerifySettings[],
  deps: ReloadDeps,
  isAgain: boolean,
): Promise<readonly PreparedCheck[]> {
  return await Promise.all(
    checks.map((check) =>
      prepareCheck(check, deps, isAgain).catch((error: unknown) => failing(check, error)),
    ),
  );
}

async function prepareCheck(
  check: VerifySettings,
  deps: ReloadDeps,
  isAgain: boolean,
): Promise<PreparedCheck> {
  if (check.kind === "http") return prepareHttpCheck(check, deps.coreUrl);
  if (check.kind === "command") return prepareCommandCheck(check, deps);
  if (check.kind === "log") return await prepareLogCheck(check, deps.coreProcess, isAgain);
  return await prepareProcessCheck(check, deps.coreProcess);
}

/** What can't be looked at has not been seen to work. */
function failing({ kind }: VerifySettings, error: unknown): PreparedCheck {
  const remedy = error instanceof AppError ? error.remedy : undefined;
  const look = { passed: false, isFinal: true, detail: `It can't be looked: ${messageOf(error)}` };
  return { kind, timeoutMs: 0, look: async () => ({ ...look, ...(remedy === undefined ? {} : { remedy }) }) };
}

/** Runs checks side by side until each has passed, has failed, or its time is up. Never rejects. */
export function runChecks(
  checks: readonly PreparedCheck[],
  signal: AbortSignal,
): Promise<readonly CheckOutcome[]> {
  return Promise.all(checks.map((check) => runCheck(check, signal)));
}

async function runCheck(check: PreparedCheck, signal: AbortSignal): Promise<CheckOutcome> {
  const { kind, timeoutMs, intervalMs = INTERVAL_MS } = check;
  const startedMs = performance.now();
  for (let attempts = 1; ; attempts++) {
    const elapsedMs = Math.round(performance.now() - startedMs);
    const { isFinal, ...look } = await check.look(elapsedMs, signal).catch(failedLook);
    const base = { kind, ...look, attempts, elapsedMs: Math.round(performance.now() - startedMs) };
    if (signal.aborted) return { ...base, passed: false, detail: "It was given up." };
    if (isFinal) return base;
    const leftMs = timeoutMs - elapsedMs;
    // One that passes for the time being says itself when that is for good.
    if (leftMs <= 0 && !look.passed) {
      return { ...base, detail: `${look.detail} That was so for ${timeoutMs} ms.` };
    }
    const pauseMs = leftMs <= 0 ? intervalMs : Math.min(intervalMs, leftMs);
    await delay(pauseMs, undefined, { signal }).catch(() => {});
  }
}

function failedLook(error: unknown): Look & { isFinal: boolean } {
  return { passed: false, isFinal: false, detail: `It could not be looked: ${messageOf(error)}.` };
}
