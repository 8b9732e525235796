import type { Turns } from "../../base/turns.ts";
import type { Fingerprint, GrowingFile } from "../../linux/growing-file.ts";
import type { Place } from "./cursor.ts";
import type { RawLine } from "./line-splitter.ts";
import type { LogLine } from "./log-lines.ts";
import type { FoundLines, SearchedBlock } from "./search/block-search.ts";

/** Lines of one content, in their order. */
export interface LineBatch {
  readonly kind: "lines";
  readonly content: Fingerprint;
  readonly lines: readonly RawLine[];
}

/** Lines that a search has found, in one piece: there may be very many. */
export interface FoundBatch {
  readonly kind: "found";
  readonly content: Fingerprint;
  readonly found: FoundLines;
}

/** What comes of a log, in the order in which it was written. */
export type LogPart =
  | LineBatch
  | FoundBatch
  /** What follows is a new file; `lost` says what is missing between the two, where something is. */
  | { readonly kind: "rotated"; readonly lost: string | null }
  /** So much was left out, for it was not taken in time: the lines from `place` on. */
  | { readonly kind: "dropped"; readonly bytes: number; readonly place: Place }
  /** All that is there has been given, up to this place; a reader that follows gets more later. */
  | { readonly kind: "idle"; readonly place: Place };

/** How a log is read. */
export interface ReadOptions {
  readonly maxLineBytes: number;
  /** Lines without it may be left out. */
  readonly needle?: Buffer;
  /** Finds the lines that are wanted in a part of a file that begins with a line; nothing where it can't now. */
  readonly search?: (file: GrowingFile, from: number, to: number) => AsyncGenerator<SearchedBlock>;
  /** Goes on when all has been read. */
  readonly isFollowing: boolean;
  /** Of a log that is followed more may wait for whoever takes it slowly only up to this; it is `dropped` beyond. */
  readonly maxLagBytes?: number;
  /** How long whoever takes it has let us wait since all was read last. */
  readonly waited?: { ms: number };
  readonly turns: Turns;
  readonly signal: AbortSignal;
}

/** What an answer consists of, in its order. */
export type FlowPart =
  | { readonly kind: "lines"; readonly lines: readonly LogLine[] }
  /** Lines that an answer of text gives as they are. */
  | { readonly kind: "text"; readonly bytes: Uint8Array }
  | Extract<LogPart, { kind: "rotated" | "dropped" }>
  /** Nothing came for a while. */
  | { readonly kind: "idle" }
  | { readonly kind: "end"; readonly reason: FlowEnd; readonly cursor: string };

/** Why an answer ends. */
export type FlowEnd = "complete" | "limit" | "byte-limit" | "time-limit" | "stopped";
