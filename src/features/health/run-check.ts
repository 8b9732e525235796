import { AppError, messageOf } from "../../base/errors.ts";
import type { CheckResult, HealthCheck } from "../feature.ts";

/** What came of one attempt to run a check. */
export interface Attempt {
  readonly result: CheckResult;
  /** Set when the check ignored its time-out and still runs; resolves when it ends. */
  readonly stillRunning?: Promise<unknown>;
}

/** Runs a check once, for at most `timeoutMs`, whether or not it listens to its signal. Never rejects. */
export async function runCheck(check: HealthCheck, timeoutMs: number, signal: AbortSignal): Promise<Attempt> {
  const stop = new AbortController();
  const { promise: limit, resolve: giveUp } = Promise.withResolvers<undefined>();
  const abort = () => {
    stop.abort(signal.reason);
    // The check has the rest of this turn to answer: one that listens to its signal does.
    setImmediate(giveUp, undefined);
  };
  signal.addEventListener("abort", abort, { once: true });
  const timer = setTimeout(abort, timeoutMs);
  const tooLong: CheckResult = { status: "fail", detail: `It did not end within ${timeoutMs} ms.` };
  const answer = answerOf(check, stop.signal, tooLong);
  try {
    const result = await Promise.race([answer, limit]);
    return result === undefined ? { result: tooLong, stillRunning: answer } : { result };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}

async function answerOf(check: HealthCheck, signal: AbortSignal, tooLong: CheckResult): Promise<CheckResult> {
  try {
    return await check.run(signal);
  } catch (error) {
    if (signal.aborted) return tooLong;
    const remedy = error instanceof AppError ? error.remedy : undefined;
    return { status: "fail", detail: messageOf(error), ...(remedy === undefined ? {} : { remedy }) };
  }
}
