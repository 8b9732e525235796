import type { CallEvent } from "./event.ts";
import { type CallOrigin, readCall, repeatCall } from "./read-call.ts";
import { durationOf } from "./read-result.ts";
import { GREATER, LESS, SPACE } from "./scan.ts";

interface Known {
  readonly hash: number;
  readonly text: string;
  readonly event: CallEvent;
}

/** Some megabytes at most, with what was made of the lines. */
const SLOTS = 2_048;
const MAX_LINE_CHARS = 1_024;
/** ` <0.000012>`, as nearly all lines end: the only part of a call that is another each time. */
const DURATION_CHARS = 11;
/** So many characters are looked at one by one: the name, the descriptor and what it stands for are in them. */
const HEAD_CHARS = 32;
const REST_SAMPLES = 8;

/**
 * Reads calls as {@link readCall} does, and remembers those that were read: a program does the same again and again, and to
 * compare a text takes a tenth of the time that it takes to read it. Of a fixed size, in which one call pushes out another.
 */
export class CallMemory {
  readonly #known: (Known | undefined)[] = Array.from({ length: SLOTS });
  /** What was seen last, by its hash. Only what comes a second time is kept: most of what varies never does. */
  readonly #seen = new Int32Array(SLOTS);

  /** Reads a whole line, whose call begins at `start`. What events have but their origin and duration, they may share. */
  read(line: string, start: number, origin: CallOrigin): CallEvent | undefined {
    const end = line.length - DURATION_CHARS;
    const durationNs = usualDurationOf(line, end);
    if (end <= start || line.length > MAX_LINE_CHARS || Number.isNaN(durationNs))
      return readCall(line, start, origin, false);
    const hash = hashOf(line, start, end);
    const slot = hash & (SLOTS - 1);
    const known = this.#known[slot];
    // Compared as a whole: `startsWith` goes from character to character.
    if (known?.hash === hash && known.text === line.slice(start, end))
      return repeatCall(known.event, origin, durationNs);
    const event = readCall(line, start, origin, false);
    if (this.#seen[slot] !== hash) this.#seen[slot] = hash;
    else if (event !== undefined) this.#known[slot] = { hash, text: line.slice(start, end), event };
    return event;
  }
}

/** The duration that a line ends with, where that begins at `at`; else NaN. */
function usualDurationOf(line: string, at: number): number {
  const isUsual =
    line.charCodeAt(at) === SPACE &&
    line.charCodeAt(at + 1) === LESS &&
    line.charCodeAt(line.length - 1) === GREATER;
  return isUsual ? durationOf(line, at + 2) : Number.NaN;
}

/** Of 32 bits, the lowest of which depend on all others. */
function hashOf(line: string, start: number, end: number): number {
  let hash = end - start;
  const head = Math.min(end, start + HEAD_CHARS);
  for (let at = start; at < head; at += 1) hash = (Math.imul(hash, 31) + line.charCodeAt(at)) | 0;
  const step = Math.ceil((end - head) / REST_SAMPLES);
  for (let at = head; at < end; at += step) hash = (Math.imul(hash, 31) + line.charCodeAt(at)) | 0;
  return hash ^ (hash >>> 11);
}
