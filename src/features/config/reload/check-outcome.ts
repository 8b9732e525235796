import type { CommandPlace } from "../../../linux/core-namespaces.ts";

/** What a check of the verification saw. What others wrote in it has their secrets until `maskEvidence`. */
export interface CheckOutcome {
  readonly kind: "http" | "log" | "process" | "command";
  readonly passed: boolean;
  readonly detail: string;
  readonly remedy?: string;
  readonly elapsedMs: number;
  /** How often it was looked. */
  readonly attempts: number;
  /** What the app answered last, and how its body began. */
  readonly status?: number;
  readonly body?: string;
  /** The line of the log that decided. */
  readonly line?: string;
  /** What the command ended with, and wrote. */
  readonly exitCode?: number | null;
  readonly output?: string;
  /** Where the command ran. */
  readonly ranIn?: CommandPlace;
  readonly pid?: number;
  readonly startTime?: string;
}
