/**
 * Where tokens of strace's text end. The output is ASCII; what is in quotes and what stands for a descriptor is text of
 * the traced process, and may look like anything.
 */

export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const LESS = 0x3c;
export const GREATER = 0x3e;
export const MINUS = 0x2d;
export const SLASH = 0x2f;
export const ZERO = 0x30;
export const NINE = 0x39;
export const SPACE = 0x20;
export const COMMA = 0x2c;
export const OPEN = 0x28;
export const CLOSE = 0x29;
/** As in `0x7f8d2c4b0740`. */
export const SMALL_X = 0x78;

/** Where arguments are cut off: their thread was killed before strace could read the rest. */
export const CUT = "<unfinished ...>";
export const CUT_LENGTH = CUT.length;

/** The index after the string that begins at a quote; -1 where it has no end. */
export function endOfString(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1);
  while (quote !== -1) {
    let before = quote - 1;
    while (text.charCodeAt(before) === BACKSLASH) before -= 1;
    // Escaped is a quote that an odd number of backslashes stands before.
    if ((quote - before) % 2 === 1) return quote + 1;
    quote = text.indexOf('"', quote + 1);
  }
  return -1;
}

/**
 * The index after the annotation that begins at a `<`; -1 where it has no end. In a path `<`, `>` and quotes are escaped,
 * but a device has a second annotation within (`</dev/null<char 1:3>>`). Elsewhere names of Unix sockets are in quotes,
 * unescaped, and `->` is no end.
 */
export function endOfAnnotation(text: string, start: number): number {
  return text.charCodeAt(start + 1) === SLASH ? endOfPath(text, start) : endOfOther(text, start);
}

function endOfOther(text: string, start: number): number {
  let depth = 1;
  let at = start + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
      if (at === -1) return -1;
      continue;
    }
    if (code === LESS) depth += 1;
    else if (code === GREATER && text.charCodeAt(at - 1) !== MINUS) depth -= 1;
    if (depth === 0) return at + 1;
    at += code === BACKSLASH ? 2 : 1;
  }
  return -1;
}

function endOfPath(text: string, start: number): number {
  let depth = 1;
  for (let at = start + 2; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === GREATER) {
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (code === LESS) depth += 1;
    else if (code === BACKSLASH) at += 1;
  }
  return -1;
}

const IS_WORD = new Uint8Array(256);
for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") {
  IS_WORD[character.charCodeAt(0)] = 1;
}

/** Whether a character can be part of a name or a number: the end of what is annotated, such as `AT_FDCWD`. */
export function isWordCode(code: number): boolean {
  return IS_WORD[code] === 1;
}

/** Whether a character is a decimal digit. */
export function isDigitCode(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

/** Where the decimal digits that begin at `start` end. */
export function endOfDigits(text: string, start: number): number {
  let at = start;
  while (isDigitCode(text.charCodeAt(at))) at += 1;
  return at;
}

/** More decimal digits would be no safe integer in every case. */
export const SAFE_DIGITS = 15;

/** As {@link decimalOf} of digits, but NaN for what is octal by a leading zero too, and for more digits than are safe. */
export function plainDecimalOf(text: string, start: number, end: number): number {
  const digits = end - start;
  if (digits > SAFE_DIGITS || (digits > 1 && text.charCodeAt(start) === ZERO)) return Number.NaN;
  return decimalOf(text, start, end);
}

/** The number that the decimal digits from `start` to `end` make; NaN where there are none, or anything else. */
export function decimalOf(text: string, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code < ZERO || code > NINE) return Number.NaN;
    value = value * 10 + (code - ZERO);
  }
  return end > start ? value : Number.NaN;
}

const SMALL_A = 0x61;
const SMALL_F = 0x66;
/** More hexadecimal digits would be no safe integer in every case. */
const SAFE_HEX_DIGITS = 13;

/** Where the hexadecimal digits that begin at `start` end. */
export function endOfHexDigits(text: string, start: number): number {
  let at = start;
  let code = text.charCodeAt(at);
  while ((code >= ZERO && code <= NINE) || (code >= SMALL_A && code <= SMALL_F)) {
    at += 1;
    code = text.charCodeAt(at);
  }
  return at;
}

/** The number that hexadecimal digits make; NaN where there are none, or more than are safe. */
export function hexOf(text: string, start: number, end: number): number {
  if (end === start || end - start > SAFE_HEX_DIGITS) return Number.NaN;
  let value = 0;
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    value = value * 16 + (code <= NINE ? code - ZERO : code - SMALL_A + 10);
  }
  return value;
}
