import type { Verdict } from "./verdict.ts";

/** What a trace may cost, by the names of the settings. */
export interface GovernorLimits {
  readonly dir: string;
  readonly durationMs: number;
  readonly maxBytes: number;
  readonly maxFrozenMs: number;
  readonly minFreePercent: number;
  readonly maxThrottledPercent: number;
  readonly maxCpuPercent: number;
  readonly maxLatencyMs: number;
  readonly maxCoreThrottledPercent: number;
}

/** Why the governor has ended a trace, in words for a person, with the setting that says so. */
export function verdictWords(verdict: Verdict, limits: GovernorLimits): string {
  const words: Record<Verdict, string> = {
    "core-frozen": `strace stood still while the app waited for it, for ${limits.maxFrozenMs} ms (strace.maxFrozenMs), and was killed; the app runs on`,
    "storage-full": `${limits.dir} has no room left, or less than ${limits.minFreePercent} % of it (strace.dir, strace.minFreePercent)`,
    "byte-limit": `the limit of ${limits.maxBytes} bytes (strace.maxBytes)`,
    "time-limit": `the time limit of ${limits.durationMs / 1_000} s`,
    "sidecar-throttled": `the sidecar was at its CPU limit in more than ${limits.maxThrottledPercent} % of a second (strace.maxThrottledPercent), and while it waits the app waits; a higher CPU limit for the sidecar mends it`,
    "cpu-budget": `strace took more than ${limits.maxCpuPercent} % of a CPU for a second (strace.maxCpuPercent)`,
    "core-slow": `half of the requests that are forwarded to the app waited for more than ${limits.maxLatencyMs} ms (strace.maxLatencyMs), and did not before the trace`,
    "core-throttled": `the app was at its own CPU limit in more than ${limits.maxCoreThrottledPercent} % of a second (strace.maxCoreThrottledPercent)`,
    "governor-failed": "the thread that watches over the app while it is traced has failed; the log says why",
  };
  return words[verdict];
}

/** The limits among others: what is told to another thread is copied, and should be no more than is needed. */
export function governorLimits(limits: GovernorLimits): GovernorLimits {
  const { dir, durationMs, maxBytes, maxFrozenMs, minFreePercent } = limits;
  const { maxThrottledPercent, maxCpuPercent, maxLatencyMs, maxCoreThrottledPercent } = limits;
  return {
    ...{ dir, durationMs, maxBytes, maxFrozenMs, minFreePercent },
    ...{ maxThrottledPercent, maxCpuPercent, maxLatencyMs, maxCoreThrottledPercent },
  };
}
