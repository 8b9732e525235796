import { isUtf8 } from "node:buffer";

const OCTAL_FIRST = 0x30;
const OCTAL_LAST = 0x37;
const HEX_MARK = 0x78;
const MAX_ASCII = 0x7f;

const SIMPLE: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, v: 11, f: 12 };

/** Text of a traced process. */
export interface Unescaped {
  readonly value: string;
  /** `bytes` where it is no UTF-8: each character is one byte then. */
  readonly encoding: "utf-8" | "bytes";
}

/**
 * Undoes strace's escapes: octal ones of one to three digits, `\x` with two, and those of C. They are bytes of the
 * process, which mostly are UTF-8.
 */
export function unescapeText(text: string): Unescaped {
  let at = text.indexOf("\\");
  if (at === -1) return { value: text, encoding: "utf-8" };
  let value = "";
  let from = 0;
  let isAscii = true;
  while (at !== -1) {
    const end = endOfEscape(text, at);
    const byte = byteOfEscape(text, at, end);
    if (byte > MAX_ASCII) isAscii = false;
    value += text.slice(from, at) + String.fromCharCode(byte);
    from = end;
    at = text.indexOf("\\", end);
  }
  value += text.slice(from);
  if (isAscii) return { value, encoding: "utf-8" };
  const bytes = Buffer.from(value, "latin1");
  return isUtf8(bytes) ? { value: bytes.toString("utf8"), encoding: "utf-8" } : { value, encoding: "bytes" };
}

function endOfEscape(text: string, start: number): number {
  const first = text.charCodeAt(start + 1);
  if (first === HEX_MARK) return Math.min(start + 4, text.length);
  if (!isOctal(first)) return Math.min(start + 2, text.length);
  let end = start + 2;
  while (end < start + 4 && isOctal(text.charCodeAt(end))) end += 1;
  return end;
}

function byteOfEscape(text: string, start: number, end: number): number {
  const first = text.charCodeAt(start + 1);
  if (first === HEX_MARK) return Number.parseInt(text.slice(start + 2, end), 16) & 0xff;
  if (!isOctal(first)) return SIMPLE[text.charAt(start + 1)] ?? text.charCodeAt(end - 1);
  let value = 0;
  for (let at = start + 1; at < end; at += 1) value = value * 8 + (text.charCodeAt(at) - OCTAL_FIRST);
  return value & 0xff;
}

function isOctal(code: number): boolean {
  return code >= OCTAL_FIRST && code <= OCTAL_LAST;
}
