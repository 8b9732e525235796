import type { Argument } from "./argument.ts";
import { createKnownTexts } from "./known-texts.ts";
import { targetAt } from "./read-target.ts";
import {
  CLOSE,
  COMMA,
  endOfAnnotation,
  endOfDigits,
  endOfHexDigits,
  endOfString,
  hexOf,
  isWordCode,
  LESS,
  MINUS,
  NINE,
  plainDecimalOf,
  QUOTE,
  SMALL_X,
  ZERO,
} from "./scan.ts";
import { unescapeText } from "./unescape.ts";

/**
 * Nine of ten arguments, read in one pass. What is not taken here is read by `endOfArgument` and `readArgument`, which come
 * to the same result where both can read it; a test holds them together.
 */

const CAPITAL_A = 0x41;
const CAPITAL_Z = 0x5a;
const PIPE = 0x7c;
const CURRENT_FOLDER = "AT_FDCWD";
const DELETED = "(deleted)";
const ELLIPSIS = "...";
const NULL: Argument = { kind: "null" };
const symbolsAt = createKnownTexts(
  (text): Argument => (text === "NULL" ? NULL : { kind: "symbols", names: text.split("|") }),
);

/**
 * Reads an argument that is a number, a string, a descriptor or made of constants.
 * @returns the index of the comma or closing bracket after it; -1 where it is something else.
 */
export function readUsualArgument(text: string, start: number, into: Argument[]): number {
  const first = text.charCodeAt(start);
  if (first === QUOTE) return readString(text, start, into);
  if (first >= CAPITAL_A && first <= CAPITAL_Z) return readSymbols(text, start, into);
  if (first === ZERO && text.charCodeAt(start + 1) === SMALL_X) return readHex(text, start, into);
  if ((first >= ZERO && first <= NINE) || first === MINUS) return readDecimal(text, start, first, into);
  return -1;
}

function isDelimiter(code: number): boolean {
  return code === COMMA || code === CLOSE;
}

function readString(text: string, start: number, into: Argument[]): number {
  const end = endOfString(text, start);
  if (end === -1) return -1;
  const isTruncated = !isDelimiter(text.charCodeAt(end));
  const after = isTruncated ? end + ELLIPSIS.length : end;
  if (isTruncated && !(text.startsWith(ELLIPSIS, end) && isDelimiter(text.charCodeAt(after)))) return -1;
  const { value, encoding } = unescapeText(text.slice(start + 1, end - 1));
  into.push({ kind: "string", value, encoding, isTruncated });
  return after;
}

function readDecimal(text: string, start: number, sign: number, into: Argument[]): number {
  const first = sign === MINUS ? start + 1 : start;
  const at = endOfDigits(text, first);
  const value = plainDecimalOf(text, first, at);
  if (Number.isNaN(value)) return -1;
  const code = text.charCodeAt(at);
  if (code === LESS) return readDescriptor(text, at, value, into);
  if (!isDelimiter(code)) return -1;
  into.push({ kind: "number", value: first === start ? value : 0 - value });
  return at;
}

function readHex(text: string, start: number, into: Argument[]): number {
  const at = endOfHexDigits(text, start + 2);
  const value = hexOf(text, start + 2, at);
  if (Number.isNaN(value) || !isDelimiter(text.charCodeAt(at))) return -1;
  into.push({ kind: "number", value, text: text.slice(start, at) });
  return at;
}

function readDescriptor(text: string, less: number, fd: number | null, into: Argument[]): number {
  const end = endOfAnnotation(text, less);
  if (end === -1) return -1;
  const isDeleted = !isDelimiter(text.charCodeAt(end));
  const after = isDeleted ? end + DELETED.length : end;
  if (isDeleted && !(text.startsWith(DELETED, end) && isDelimiter(text.charCodeAt(after)))) return -1;
  into.push({ kind: "descriptor", fd, target: targetAt(text, less + 1, end - 1, isDeleted) });
  return after;
}

function readSymbols(text: string, start: number, into: Argument[]): number {
  let at = start + 1;
  let code = text.charCodeAt(at);
  while (isWordCode(code) || code === PIPE) {
    at += 1;
    code = text.charCodeAt(at);
  }
  if (isDelimiter(code)) {
    into.push(symbolsAt(text, start, at));
    return at;
  }
  if (code !== LESS || !text.startsWith(CURRENT_FOLDER, start)) return -1;
  return at - start === CURRENT_FOLDER.length ? readDescriptor(text, at, null, into) : -1;
}
