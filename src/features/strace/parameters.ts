import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import type { Settings } from "../../settings/schema.ts";
import { traceQuery } from "./trace-options.ts";

const pid = z
  .string()
  .regex(/^[1-9]\d{0,9}$/, "must be a process id: a whole number from 1")
  .describe("The process, as the sidecar sees it.");
const lines = z
  .string()
  .regex(/^\d{1,9}$/, "must be a whole number")
  .describe("How many lines to answer, at most strace.maxLines (10,000 unless set otherwise).");

/** The parameters of the three routes. */
export const pidPath = z.object({ pid });
export const pidAndLinesPath = z.object({ pid, lines });
export const linesQuery = traceQuery.extend({ lines: lines.optional() });

/**
 * The number of lines that was asked for, or the default.
 * @throws {AppError} `invalid-parameter` with the limit: what is too much is refused, never silently cut.
 */
export function linesOf(
  text: string | undefined,
  place: "path" | "query",
  settings: Settings["strace"],
): number {
  const { defaultLines, maxLines } = settings;
  if (text === undefined) return Math.min(defaultLines, maxLines);
  const wanted = Number(text);
  if (wanted >= 1 && wanted <= maxLines) return wanted;
  const detail = `must be 1 to ${maxLines}, and is ${wanted}`;
  throw new AppError("invalid-parameter", `${place} parameter lines: ${detail}.`, {
    errors: [{ pointer: `${place}:lines`, detail }],
    remedy: wanted === 0 ? "lines=1" : `lines=${maxLines}, or a higher SIDECAR_STRACE_MAX_LINES`,
    extra: { maxLines },
  });
}
