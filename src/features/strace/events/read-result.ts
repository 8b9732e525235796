import type { Target } from "./argument.ts";
import type { Errno } from "./event.ts";
import { readTarget } from "./read-target.ts";
import {
  CLOSE,
  decimalOf,
  endOfAnnotation,
  GREATER,
  isDigitCode,
  LESS,
  MINUS,
  NINE,
  OPEN,
  SPACE,
  ZERO,
} from "./scan.ts";

/** What a call has returned. */
export interface Result {
  /** Null where there is none (`?`), or where it is no safe integer. */
  readonly value: number | null;
  /** As strace wrote it; null where it is just `value`. */
  readonly text: string | null;
  readonly target: Target | null;
  readonly errno: Errno | null;
  readonly decoded: string | null;
  readonly durationNs: number | null;
}

const DELETED = "(deleted)";
const VALUE = /^-?\d+$|^0x[\da-f]+$|^0[0-7]+$/;
const DECIMAL = /^(?:0|-?[1-9]\d{0,14})$/;
const NAMED_ERROR = /^([A-Z][A-Z\d_]*) \(([^)]*)\)/;
const NUMBERED_ERROR = /^\(errno (\d+)\)/;
const EQUALS = 0x3d;
const SAFE_DIGITS = 15;
const QUESTION_MARK = 0x3f;
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
  return isResult ? (readUsual(text, at + 2) ?? readAny(text, at + 2)) : undefined;
}

/** A number and a duration, read in one pass: most calls have no more. {@link readAny} comes to the same result. */
function readUsual(text: string, start: number): Result | undefined {
  const first = text.charCodeAt(start) === MINUS ? start + 1 : start;
  let at = first;
  let value = 0;
  let code = text.charCodeAt(at);
  while (code >= ZERO && code <= NINE) {
    value = value * 10 + (code - ZERO);
    at += 1;
    code = text.charCodeAt(at);
  }
  const digits = at - first;
  const isNumber = digits > 0 && digits <= SAFE_DIGITS && (digits === 1 || text.charCodeAt(first) !== ZERO);
  if (!isNumber || code !== SPACE || text.charCodeAt(at + 1) !== LESS) return undefined;
  if (text.charCodeAt(text.length - 1) !== GREATER) return undefined;
  const durationNs = durationOf(text, at + 2);
  if (Number.isNaN(durationNs)) return undefined;
  const result = first === start ? value : 0 - value;
  return { value: result, text: null, target: null, errno: null, decoded: null, durationNs };
}

function readAny(text: string, at: number): Result | undefined {
  const end = startOfDuration(text, at);
  const durationNs = end === text.length ? null : durationOf(text, end + 2);
  const valueEnd = endOfValue(text, at, end);
  const less = text.indexOf("<", at);
  const isAnnotated = less !== -1 && less < valueEnd;
  const digits = text.slice(at, isAnnotated ? less : valueEnd);
  const isUnknown = digits.length === 1 && digits.charCodeAt(0) === QUESTION_MARK;
  if (!(isUnknown || VALUE.test(digits))) return undefined;
  const remark = readRemark(text, valueEnd, end);
  if (remark === undefined) return undefined;
  return {
    value: isUnknown ? null : numberOf(digits),
    text: DECIMAL.test(digits) && !isAnnotated ? null : text.slice(at, valueEnd),
    target: isAnnotated ? targetOf(text, less, valueEnd) : null,
    errno: remark.errno,
    decoded: remark.decoded,
    durationNs,
  };
}

/** The index of the blank before ` <0.000012>` at the end of a line; the length where there is none. */
function startOfDuration(text: string, from: number): number {
  const last = text.length - 1;
  if (text.charCodeAt(last) !== GREATER || !isDigitCode(text.charCodeAt(last - 1))) return text.length;
  const less = text.lastIndexOf("<");
  const isOne =
    less > from && text.charCodeAt(less - 1) === SPACE && !Number.isNaN(durationOf(text, less + 1));
  return isOne ? less - 1 : text.length;
}

/** `0.000012>`: seconds, with as many decimals as strace was asked for. */
function durationOf(text: string, start: number): number {
  const end = text.length - 1;
  const dot = text.indexOf(".", start);
  if (dot === -1) return decimalOf(text, start, end) * MAX_FRACTION;
  const digits = end - dot - 1;
  if (digits > NANOSECOND_DIGITS) return Number.NaN;
  const scale = digits === USUAL_DIGITS ? USUAL_SCALE : 10 ** (NANOSECOND_DIGITS - digits);
  return decimalOf(text, start, dot) * MAX_FRACTION + decimalOf(text, dot + 1, end) * scale;
}

/** A value ends at a blank, after what stands for it, if that is told: `3</etc/passwd>(deleted)`. */
function endOfValue(text: string, start: number, limit: number): number {
  let at = start;
  while (at < limit) {
    const code = text.charCodeAt(at);
    if (code === SPACE) return at;
    if (code !== LESS) {
      at += 1;
      continue;
    }
    const end = endOfAnnotation(text, at);
    if (end === -1) return limit;
    return text.startsWith(DELETED, end) ? end + DELETED.length : end;
  }
  return limit;
}

function targetOf(text: string, less: number, end: number): Target {
  const isDeleted = text.charCodeAt(end - 1) === CLOSE;
  return readTarget(text.slice(less + 1, end - 1 - (isDeleted ? DELETED.length : 0)), isDeleted);
}

function numberOf(text: string): number | null {
  const isOctal = text.length > 1 && text.charCodeAt(0) === 0x30 && isDigitCode(text.charCodeAt(1));
  const value = isOctal ? Number.parseInt(text, 8) : Number(text);
  if (!Number.isSafeInteger(value)) return null;
  return value === 0 && text.charCodeAt(0) === MINUS ? 0 : value;
}

const NO_REMARK = { errno: null, decoded: null };

/** ` ENOENT (No such file or directory)`, ` (Timeout)`, both, ` <unavailable>`, ` (INJECTED)`, or nothing. */
function readRemark(
  text: string,
  start: number,
  end: number,
): { errno: Errno | null; decoded: string | null } | undefined {
  if (start === end) return NO_REMARK;
  const remark = text.slice(start + 1, end);
  if (remark === "<unavailable>") return { errno: null, decoded: "unavailable" };
  const named = NAMED_ERROR.exec(remark);
  if (named !== null) {
    const [whole, name = "", words = ""] = named;
    return withDecoded({ name, text: words }, remark.slice(whole.length));
  }
  const numbered = NUMBERED_ERROR.exec(remark);
  if (numbered === null) return withDecoded(null, ` ${remark}`);
  const [whole, name = ""] = numbered;
  return withDecoded({ name, text: `errno ${name}` }, remark.slice(whole.length));
}

function withDecoded(
  errno: Errno | null,
  rest: string,
): { errno: Errno | null; decoded: string | null } | undefined {
  if (rest === "") return { errno, decoded: null };
  const isBracketed = rest.charCodeAt(1) === OPEN && rest.charCodeAt(rest.length - 1) === CLOSE;
  return rest.charCodeAt(0) === SPACE && isBracketed ? { errno, decoded: rest.slice(2, -1) } : undefined;
}
