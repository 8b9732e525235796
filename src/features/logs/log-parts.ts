import type { LogLine } from "./log-lines.ts";
import type { LogPart } from "./read-log.ts";

/** What an answer consists of, in its order. */
export type FlowPart =
  | { readonly kind: "lines"; readonly lines: readonly LogLine[] }
  | Extract<LogPart, { kind: "rotated" }>
  /** Nothing came for a while. */
  | { readonly kind: "idle" }
  | { readonly kind: "end"; readonly reason: FlowEnd; readonly cursor: string | null };

/** Why an answer ends. */
export type FlowEnd = "complete" | "limit" | "byte-limit" | "time-limit" | "stopped";
