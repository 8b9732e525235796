import { JavaStreamError } from "./stream-error.ts";

/** Java's modified UTF-8 (`DataInput`): NUL takes two bytes, and characters beyond U+FFFF are two surrogates of three. */

const UNITS_AT_ONCE = 8_192;

/**
 * Decodes it.
 * @param offset where in the stream it begins, for the error.
 * @throws {JavaStreamError} where it is malformed.
 */
export function decodeModifiedUtf8(bytes: Buffer, offset: number): string {
  if (isAscii(bytes)) return bytes.toString("latin1");
  const pieces: string[] = [];
  let units: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = lengthOf(bytes[at] ?? 0);
    const unit = length === 0 ? undefined : unitAt(bytes, at, length);
    if (unit === undefined) throw new JavaStreamError("a string is not modified UTF-8", offset + at);
    units.push(unit);
    if (units.length === UNITS_AT_ONCE) {
      pieces.push(String.fromCharCode(...units));
      units = [];
    }
    at += length;
  }
  return pieces.join("") + String.fromCharCode(...units);
}

/** Encodes it. */
export function encodeModifiedUtf8(text: string): Buffer {
  const bytes = Buffer.allocUnsafe(text.length * 3);
  let length = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit !== 0 && unit < 0x80) {
      bytes[length++] = unit;
    } else if (unit < 0x800) {
      bytes[length++] = 0xc0 | (unit >> 6);
      bytes[length++] = 0x80 | (unit & 0x3f);
    } else {
      bytes[length++] = 0xe0 | (unit >> 12);
      bytes[length++] = 0x80 | ((unit >> 6) & 0x3f);
      bytes[length++] = 0x80 | (unit & 0x3f);
    }
  }
  return bytes.subarray(0, length);
}

function isAscii(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte >= 0x80) return false;
  return true;
}

/** How many bytes a first byte begins; 0 for what begins none. */
function lengthOf(first: number): 0 | 1 | 2 | 3 {
  if (first < 0x80) return 1;
  if (first >> 5 === 0b110) return 2;
  return first >> 4 === 0b1110 ? 3 : 0;
}

function unitAt(bytes: Buffer, at: number, length: number): number | undefined {
  const first = bytes[at] ?? 0;
  if (length === 1) return first;
  let unit = first & (length === 2 ? 0x1f : 0x0f);
  for (let index = at + 1; index < at + length; index += 1) {
    const byte = bytes[index];
    if (byte === undefined || byte >> 6 !== 0b10) return undefined;
    unit = (unit << 6) | (byte & 0x3f);
  }
  return unit;
}
