import { decimalOf, NINE, SPACE, ZERO } from "./scan.ts";

/** What each line begins with: the thread, padded with blanks, and the time. */
export interface LineHead {
  readonly tid: number;
  readonly time: number;
  /** Where the rest begins. */
  readonly start: number;
}

const DOT = 0x2e;
const MAX_DIGITS = 10;
const MICROSECOND_DIGITS = 6;
const MICROSECONDS = 1e6;

/** Reads the head of a line (`strace -f -ttt -o`); undefined where it has none. */
export function readHead(line: string): LineHead | undefined {
  let at = 0;
  let tid = 0;
  let code = line.charCodeAt(at);
  while (code >= ZERO && code <= NINE) {
    tid = tid * 10 + (code - ZERO);
    at += 1;
    code = line.charCodeAt(at);
  }
  if (at === 0 || at > MAX_DIGITS || code !== SPACE) return undefined;
  while (line.charCodeAt(at) === SPACE) at += 1;
  return readTime(line, at, tid);
}

function readTime(line: string, start: number, tid: number): LineHead | undefined {
  let dot = start;
  let seconds = 0;
  let code = line.charCodeAt(dot);
  while (code >= ZERO && code <= NINE) {
    seconds = seconds * 10 + (code - ZERO);
    dot += 1;
    code = line.charCodeAt(dot);
  }
  if (code !== DOT || dot === start || dot - start > MAX_DIGITS) return undefined;
  const end = dot + 1 + MICROSECOND_DIGITS;
  const microseconds = decimalOf(line, dot + 1, end);
  if (Number.isNaN(microseconds) || line.charCodeAt(end) !== SPACE) return undefined;
  // The whole number of microseconds is exact, and its quotient is the double that is next to the decimal number.
  return { tid, time: (seconds * MICROSECONDS + microseconds) / MICROSECONDS, start: end + 1 };
}
