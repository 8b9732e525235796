import type { Settings } from "../../settings/schema.ts";
import { verdictWords } from "./governor/limits.ts";
import type { EndReason, TraceResult } from "./trace.ts";
import type { TraceOptions } from "./trace-options.ts";

/** What the end of a trace is told by, for a person. */
export interface Ending {
  readonly result: TraceResult;
  readonly linesAsked: number;
  /** Lines that this client was too slow for. */
  readonly dropped: number;
  readonly settings: Settings["strace"];
  readonly options: TraceOptions;
}

/** Says in one line why a trace has fewer lines than were asked for; empty where it has them all. */
export function endNote({ result, linesAsked, dropped, settings, options }: Ending): string {
  const { endReason, lines, lost, pending } = result;
  const notes: string[] = [];
  if (endReason !== "lines") {
    notes.push(`Ended with ${lines} of ${linesAsked} lines: ${whyOf(endReason, result, settings, options)}.`);
    if (pending[0] !== undefined) notes.push(`Still under way: ${callOf(pending[0])}`);
  }
  if (dropped > 0) notes.push(`${dropped} lines were dropped, because this client reads too slowly.`);
  if (lost > 0) notes.push(`${lost} events of the kernel came faster than they were read, and are missing.`);
  return notes.join(" ");
}

function whyOf(
  endReason: EndReason,
  { warnings }: TraceResult,
  settings: Settings["strace"],
  options: TraceOptions,
): string {
  const limitedBy = options.isDurationAsked ? "duration" : "strace.durationMs";
  const reasons = {
    lines: "all have come",
    "time-limit": `the time limit of ${options.durationMs / 1_000} s (${limitedBy})`,
    "process-exited": "the process has ended",
    stopped: "the sidecar is shutting down",
    "client-gone": "the client has gone",
    "tracer-failed": warnings.at(-1) ?? "strace has failed",
  };
  return isIn(reasons, endReason) ? reasons[endReason] : verdictWords(endReason, settings);
}

function isIn<T extends object>(table: T, key: EndReason): key is EndReason & keyof T {
  return key in table;
}

/** A line without its thread and time. */
function callOf(line: string): string {
  return line.replace(/^\d+ +\d+\.\d+ /, "").trimEnd();
}
