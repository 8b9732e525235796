import type { Trace } from "../../api/api-types.ts";

/** Why a trace has ended, in words, and what to do about it. */

type Reason = NonNullable<Trace["endReason"]>;

/** An end, told to a person. */
export interface EndWords {
  readonly says: string;
  /** What one can do; empty where nothing is wrong. */
  readonly advice: string;
  /** Whether the governor ended it to spare the app. */
  readonly isSparing: boolean;
}

const SPARED = "The app runs on, untraced.";
const NARROWER = "Trace fewer calls, only the main thread, or for a shorter time.";

const WORDS: Readonly<Record<Reason, Omit<EndWords, "isSparing"> & { readonly isSparing?: true }>> = {
  lines: { says: "All the lines that were asked for have come.", advice: "" },
  "process-exited": { says: "The process has ended, and the trace with it.", advice: "" },
  stopped: { says: "It was stopped.", advice: "" },
  "client-gone": { says: "Whoever read it has gone.", advice: "" },
  "time-limit": { says: "Its time was up.", advice: "" },
  "byte-limit": {
    says: "It reached the most that may be written or kept of a trace.",
    advice:
      "Trace fewer calls or only errors; or allow more with SIDECAR_TRACES_MAX_BYTES and SIDECAR_TRACES_MAX_KEPT_BYTES.",
  },
  "tracer-failed": {
    says: "strace has failed.",
    advice: "The warnings say what it complained of; Capabilities says whether tracing works here.",
  },
  "core-frozen": {
    says: `strace stood still while the app waited for it, and was killed. ${SPARED}`,
    advice:
      "The machine or the sidecar had no CPU left for strace. Give the sidecar more CPU, or trace fewer calls.",
    isSparing: true,
  },
  "storage-full": {
    says: `The place where strace writes is nearly full. ${SPARED}`,
    advice: "Make the tmpfs of strace.dir larger (compose: shm_size), or trace fewer calls.",
    isSparing: true,
  },
  "sidecar-throttled": {
    says: `The sidecar was held back by its CPU limit, and while it waits, the app waits. ${SPARED}`,
    advice: "Give the sidecar a higher CPU limit, or none (setting strace.maxThrottledPercent).",
    isSparing: true,
  },
  "cpu-budget": {
    says: `strace took more CPU than it may. ${SPARED}`,
    advice: `${NARROWER} Or allow it more (SIDECAR_STRACE_MAX_CPU_PERCENT).`,
    isSparing: true,
  },
  "core-slow": {
    says: `Half of the requests to the app took too long while it was traced, and did not before. ${SPARED}`,
    advice: `${NARROWER} Or bear slower answers for the time of a trace (SIDECAR_STRACE_MAX_LATENCY_MS).`,
    isSparing: true,
  },
  "core-throttled": {
    says: `The app was at its own CPU limit for more of the time than it may be while it is traced. ${SPARED}`,
    advice: `${NARROWER} Or allow more of it (SIDECAR_STRACE_MAX_CORE_THROTTLED_PERCENT).`,
    isSparing: true,
  },
  "governor-failed": {
    says: `The watch over the app while it is traced has failed, so the trace was ended. ${SPARED}`,
    advice: "The sidecar's log says why.",
    isSparing: true,
  },
};

/** What the sidecar's own account of such an end begins with, among the warnings; it has the figures of the settings. */
const TOLD = "The trace was ended: ";

/** The warnings that tell something else than the end. */
export function otherWarnings(warnings: readonly string[]): readonly string[] {
  return warnings.filter((warning) => !warning.startsWith(TOLD));
}

/** Says why a trace has ended; undefined while it runs. */
export function endWords({
  state,
  endReason,
  kind,
  warnings,
}: Pick<Trace, "state" | "endReason" | "kind" | "warnings">): EndWords | undefined {
  if (state === "failed") {
    return {
      says: "The sidecar failed to follow it.",
      advice: "The sidecar’s log says why.",
      isSparing: false,
    };
  }
  if (endReason !== null) {
    const { says, advice, isSparing = false } = WORDS[endReason];
    const told = warnings.find((warning) => warning.startsWith(TOLD))?.slice(TOLD.length);
    return { says: told === undefined ? says : sayTold(told), advice, isSparing };
  }
  if (kind === "snapshot") {
    return { says: "A snapshot: what another trace had told at that moment.", advice: "", isSparing: false };
  }
  return undefined;
}

/** As a sentence of its own, and that the app runs on where it does not say so. */
function sayTold(told: string): string {
  const said = told.startsWith("strace") ? told : `${told.charAt(0).toUpperCase()}${told.slice(1)}`;
  return said.includes("the app runs on") ? said : `${said} ${SPARED}`;
}
