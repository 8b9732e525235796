import type { Target } from "./argument.ts";
import type { Errno } from "./event.ts";
import { createKnownTexts } from "./known-texts.ts";
import { readTarget, targetAt } from "./read-target.ts";
import {
  CLOSE,
  endOfAnnotation,
  endOfDigits,
  endOfHexDigits,
  hexOf,
  isDigitCode,
  LESS,
  MINUS,
  OPEN,
  plainDecimalOf,
  SMALL_X,
  SPACE,
  ZERO,
} from "./scan.ts";

/** What a call has returned, but for how long it took. */
export interface ReturnValue {
  /** Null where there is none (`?`), or where it is no safe integer. */
  readonly value: number | null;
  /** As strace wrote it; null where it is just `value`. */
  readonly text: string | null;
  readonly target: Target | null;
  readonly errno: Errno | null;
  readonly decoded: string | null;
}

const DELETED = "(deleted)";
const VALUE = /^-?\d+$|^0x[\da-f]+$|^0[0-7]+$/;
const DECIMAL = /^(?:0|-?[1-9]\d{0,14})$/;
const NAMED_ERROR = /^([A-Z][A-Z\d_]*) \(([^)]*)\)/;
const NUMBERED_ERROR = /^\(errno (\d+)\)/;
const QUESTION_MARK = 0x3f;
const CAPITAL_E = 0x45;

/** `ENOENT (No such file or directory)` and the like. */
const errorOf = createKnownTexts(readRemarkText);

/** Reads what stands between `= ` and the duration; undefined where it is nothing that strace would write. */
export function readValue(text: string, start: number, end: number): ReturnValue | undefined {
  return readUsualValue(text, start, end) ?? readAnyValue(text, start, end);
}

/**
 * A number, an address, a descriptor or an error; undefined where it is something else. {@link readAnyValue} comes to the
 * same where both can read it, and a test holds them together.
 */
export function readUsualValue(text: string, start: number, end: number): ReturnValue | undefined {
  const isAddress = text.charCodeAt(start) === ZERO && text.charCodeAt(start + 1) === SMALL_X;
  return isAddress ? readAddress(text, start, end) : readNumber(text, start, end);
}

function readAddress(text: string, start: number, end: number): ReturnValue | undefined {
  const value = endOfHexDigits(text, start + 2) === end ? hexOf(text, start + 2, end) : Number.NaN;
  if (Number.isNaN(value)) return undefined;
  return { value, text: text.slice(start, end), target: null, errno: null, decoded: null };
}

function readNumber(text: string, start: number, end: number): ReturnValue | undefined {
  const isNegative = text.charCodeAt(start) === MINUS;
  const first = isNegative ? start + 1 : start;
  const at = endOfDigits(text, first);
  const digits = plainDecimalOf(text, first, at);
  if (Number.isNaN(digits) || (isNegative && digits === 0)) return undefined;
  const value = isNegative ? -digits : digits;
  if (at === end) return { value, text: null, target: null, errno: null, decoded: null };
  const code = text.charCodeAt(at);
  if (code === SPACE && text.charCodeAt(at + 1) === CAPITAL_E) {
    const remark = errorOf(text, at + 1, end);
    return remark && { value, text: null, target: null, errno: remark.errno, decoded: remark.decoded };
  }
  if (code !== LESS || endOfAnnotation(text, at) !== end) return undefined;
  const target = targetAt(text, at + 1, end - 1, false);
  return { value, text: text.slice(start, end), target, errno: null, decoded: null };
}

/** Whatever it is; undefined where strace would not write it. */
export function readAnyValue(text: string, at: number, end: number): ReturnValue | undefined {
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
  };
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

type Remark = Pick<ReturnValue, "errno" | "decoded">;
const NO_REMARK: Remark = { errno: null, decoded: null };

/** ` ENOENT (No such file or directory)`, ` (Timeout)`, both, ` <unavailable>`, ` (INJECTED)`, or nothing. */
function readRemark(text: string, start: number, end: number): Remark | undefined {
  return start === end ? NO_REMARK : readRemarkText(text.slice(start + 1, end));
}

function readRemarkText(remark: string): Remark | undefined {
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

function withDecoded(errno: Errno | null, rest: string): Remark | undefined {
  if (rest === "") return { errno, decoded: null };
  const isBracketed = rest.charCodeAt(1) === OPEN && rest.charCodeAt(rest.length - 1) === CLOSE;
  return rest.charCodeAt(0) === SPACE && isBracketed ? { errno, decoded: rest.slice(2, -1) } : undefined;
}
