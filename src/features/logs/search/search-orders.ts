import type { SearchedBlock } from "./block-search.ts";
import type { Pattern } from "./pattern.ts";

/** What the thread of a search is made with. */
export interface SearchStart {
  readonly pattern: Pattern;
  readonly maxLineBytes: number;
  /** {@link TAKEN} and {@link DONE}. */
  readonly counts: SharedArrayBuffer;
}

/** How many of its answers were taken: it does not run ahead by more than {@link MAX_AHEAD}. */
export const TAKEN = 0;
/** How many blocks and lines it has looked at: what does not move for long is stuck. */
export const DONE = 1;

/** What it is told to do, one after the other. */
export type SearchOrder =
  /** To look at a part of a file that the main thread keeps open. */
  | { readonly kind: "file"; readonly descriptor: number; readonly from: number; readonly to: number }
  /** To say which lines of a text have the pattern. */
  | { readonly kind: "lines"; readonly bytes: Uint8Array; readonly count: number };

/** What it answers. */
export type SearchAnswer =
  | ({ readonly kind: "block" } & SearchedBlock)
  | { readonly kind: "marks"; readonly marks: Uint8Array }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly error: unknown };

/** Answers that may wait to be taken. */
export const MAX_AHEAD = 4;

const KINDS = ["block", "marks", "done", "failed"];

/** Tells whether a message is an answer: from our own thread nothing else comes. */
export function isSearchAnswer(message: unknown): message is SearchAnswer {
  return hasKind(message) && KINDS.includes(message.kind);
}

/** Tells whether a message is an order: from our own main thread nothing else comes. */
export function isSearchOrder(message: unknown): message is SearchOrder {
  return hasKind(message) && (message.kind === "file" || message.kind === "lines");
}

/** Tells whether a thread was made with what it needs. */
export function isSearchStart(data: unknown): data is SearchStart {
  return (
    typeof data === "object" && data !== null && "counts" in data && data.counts instanceof SharedArrayBuffer
  );
}

function hasKind(message: unknown): message is { kind: string } {
  return (
    typeof message === "object" && message !== null && "kind" in message && typeof message.kind === "string"
  );
}
