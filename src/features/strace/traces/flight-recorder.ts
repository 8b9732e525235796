import { setTimeout as delay } from "node:timers/promises";
import { AppError } from "../../../base/errors.ts";
import type { Logger } from "../../../web/log.ts";
import { VERDICTS } from "../governor/verdict.ts";
import type { KeptRecords } from "./kept-records.ts";
import type { BegunTrace, TraceRegistry } from "./trace-registry.ts";

/** Traces the app's main process all the time, and keeps the last seconds. */
export interface FlightRecorder {
  /** What it keeps now, or kept last. */
  current(): KeptRecords | undefined;
  /** Why it does not record at this moment; null where it does. */
  reason(): string | null;
  /** Begins; ends with `signal`. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

/** Until it tries again where the app is not there, or has ended. */
const RETRY_MS = { least: 1_000, most: 30_000 };
/** Until it tries again where it was ended to spare the app. */
const SPARE_MS = { least: 60_000, most: 3_600_000 };

/** Makes one that records nothing yet. */
export function createFlightRecorder(
  windowSeconds: number,
  registry: Pick<TraceRegistry, "beginRecorder">,
  log: Logger,
): FlightRecorder {
  let kept: KeptRecords | undefined;
  let reason: string | null = "It has not begun yet.";

  const record = async (signal: AbortSignal): Promise<"spared" | "ended"> => {
    const { kept: begun, over }: BegunTrace = await registry.beginRecorder(windowSeconds);
    kept = begun;
    reason = null;
    const stop = () => void begun.stop();
    signal.addEventListener("abort", stop, { once: true });
    await over;
    signal.removeEventListener("abort", stop);
    const endReason = begun.end?.result.endReason ?? "tracer-failed";
    reason = `Its last trace has ended: ${endReason}.`;
    return VERDICTS.some((verdict) => verdict === endReason) ? "spared" : "ended";
  };

  return {
    current: () => kept,
    reason: () => reason,
    async run(signal) {
      const waits = { ended: RETRY_MS.least, spared: SPARE_MS.least };
      while (!signal.aborted) {
        const beganAtMs = performance.now();
        const outcome = await record(signal).catch((error: unknown) => {
          const why = error instanceof AppError ? error.message : "It could not begin.";
          if (why !== reason) log.warn({ err: error }, "the flight recorder of system calls does not record");
          reason = why;
          return "ended" as const;
        });
        const { least, most } = outcome === "spared" ? SPARE_MS : RETRY_MS;
        // One that ran well for long begins anew with the shortest wait.
        if (performance.now() - beganAtMs > waits[outcome]) waits[outcome] = least;
        await delay(waits[outcome], undefined, { signal }).catch(() => undefined);
        waits[outcome] = Math.min(most, waits[outcome] * 2);
      }
    },
  };
}
