import { type ReturnValue, readValue } from "./read-value.ts";
import { decimalOf, endOfDigits, GREATER, isDigitCode, LESS, MINUS, plainDecimalOf, SPACE } from "./scan.ts";

/** What a call has returned. */
export interface Result extends ReturnValue {
  readonly durationNs: number | null;
}

const EQUALS = 0x3d;
const DOT = 0x2e;
const NANOSECOND_DIGITS = 9;
const MAX_FRACTION = 1e9;
const USUAL_DIGITS = 6;
const USUAL_SCALE = 1_000;

/**
 * Reads what is after the closing bracket of a call: ` = 0 <0.000012>`. Undefined where it is nothing of the kind.
 * Blanks come before `=`, so that results stand below each other.
 */
export function readResult(text: string, start: number): Result | undefined {
  let at = start;
  while (text.charCodeAt(at) === SPACE) at += 1;
  const isResult = at > start && text.charCodeAt(at) === EQUALS && text.charCodeAt(at + 1) === SPACE;
  return isResult ? (readPlain(text, at + 2) ?? readOther(text, at + 2)) : undefined;
}

/** A number and a duration, read in one pass: most calls have no more. {@link readOther} comes to the same result. */
function readPlain(text: string, start: number): Result | undefined {
  const first = text.charCodeAt(start) === MINUS ? start + 1 : start;
  const at = endOfDigits(text, first);
  const value = plainDecimalOf(text, first, at);
  if (Number.isNaN(value) || text.charCodeAt(at) !== SPACE || text.charCodeAt(at + 1) !== LESS)
    return undefined;
  if (text.charCodeAt(text.length - 1) !== GREATER) return undefined;
  const durationNs = durationOf(text, at + 2);
  if (Number.isNaN(durationNs)) return undefined;
  const result = first === start ? value : 0 - value;
  return { value: result, text: null, target: null, errno: null, decoded: null, durationNs };
}

function readOther(text: string, start: number): Result | undefined {
  const durationAt = startOfDuration(text, start);
  const durationNs = durationAt === -1 ? Number.NaN : durationOf(text, durationAt + 2);
  const isTimed = !Number.isNaN(durationNs);
  const returned = readValue(text, start, isTimed ? durationAt : text.length);
  return returned && { ...returned, durationNs: isTimed ? durationNs : null };
}

/** The index of the blank before ` <0.000012>` at the end of a line; -1 where there is none. */
function startOfDuration(text: string, from: number): number {
  let at = text.length - 1;
  if (text.charCodeAt(at) !== GREATER) return -1;
  let code: number;
  do {
    at -= 1;
    code = text.charCodeAt(at);
  } while (isDigitCode(code) || code === DOT);
  return at > from && code === LESS && text.charCodeAt(at - 1) === SPACE ? at - 1 : -1;
}

/** `0.000012>`: seconds, with as many decimals as strace was asked for; NaN where it is something else. */
export function durationOf(text: string, start: number): number {
  const end = text.length - 1;
  const dot = endOfDigits(text, start);
  if (dot === end) return decimalOf(text, start, end) * MAX_FRACTION;
  const digits = end - dot - 1;
  if (digits > NANOSECOND_DIGITS) return Number.NaN;
  const scale = digits === USUAL_DIGITS ? USUAL_SCALE : 10 ** (NANOSECOND_DIGITS - digits);
  return decimalOf(text, start, dot) * MAX_FRACTION + decimalOf(text, dot + 1, end) * scale;
}
