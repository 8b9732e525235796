import type { Trace } from "../api/api-types.ts";

/** Whether a trace was running at some moment of a time, in milliseconds since 1970. */
export function ranDuring(
  { startedAt, durationMs, state }: Pick<Trace, "startedAt" | "durationMs" | "state">,
  from: number,
  to: number,
): boolean {
  const start = Date.parse(startedAt);
  // One that runs has gone on since its duration was told.
  const end = state === "running" ? Number.POSITIVE_INFINITY : start + durationMs;
  return start <= to && from <= end;
}
