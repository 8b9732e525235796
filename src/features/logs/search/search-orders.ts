import type { Criteria, Known } from "../known-line.ts";
import type { SearchedBlock } from "./block-search.ts";
import type { Pattern } from "./pattern.ts";

/** What lines are looked for: those with a pattern, and those that are wanted by what they say of themselves. One of both is given. */
export interface Sought {
  readonly pattern?: Pattern;
  readonly criteria?: Criteria;
}

/** What the thread of a search is made with. */
export interface SearchStart extends Sought {
  readonly maxLineBytes: number;
  /** {@link TAKEN} and {@link DONE}. */
  readonly counts: SharedArrayBuffer;
}

/** How many of its answers were taken: it does not run ahead by more than {@link MAX_AHEAD}. */
export const TAKEN = 0;
/** How many blocks and lines it has looked at: what does not move for long is stuck. */
export const DONE = 1;

/** A part of a file that begins with a line. */
export interface FilePart {
  readonly descriptor: number;
  readonly from: number;
  readonly to: number;
}

/** What is known where a search has ended. */
export interface SearchEnd {
  /** Of the last line that was looked at; undefined where nothing is wanted by that. */
  readonly known: Known | undefined;
  /** None of the lines that come can be wanted. */
  readonly isPast: boolean;
}

/** What it is told to do, one after the other. */
export type SearchOrder =
  /** To look at a part of a file that the main thread keeps open; `known` is what is known of the line before it. */
  | ({ readonly kind: "file"; readonly known: Known } & FilePart)
  /** To say which lines of a text have the pattern. */
  | { readonly kind: "lines"; readonly bytes: Uint8Array; readonly count: number };

/** What it answers. */
export type SearchAnswer =
  | ({ readonly kind: "block" } & SearchedBlock)
  | { readonly kind: "marks"; readonly marks: Uint8Array }
  | ({ readonly kind: "done" } & SearchEnd)
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
