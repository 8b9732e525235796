import type { Logger } from "../../web/log.ts";
import type { TraceResult } from "./trace.ts";

/** Writes down how a trace has ended, and what went wrong with it. */
export function logEnd({ endReason, lines, durationMs, released, warnings }: TraceResult, log: Logger): void {
  log.info({ endReason, lines, durationMs }, "a trace has ended");
  if (!released) log.error({ warnings }, "a traced process does not run free again");
  if (endReason === "tracer-failed") log.warn({ warnings }, "strace has failed");
}
