import type { Argument, PlainArgument } from "./argument.ts";
import { targetAt } from "./read-target.ts";
import {
  decimalOf,
  endOfAnnotation,
  endOfString,
  isDigitCode,
  LESS,
  MINUS,
  QUOTE,
  SAFE_DIGITS,
  ZERO,
} from "./scan.ts";
import { unescapeText } from "./unescape.ts";

const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const CAPITAL_A = 0x41;
const CAPITAL_Z = 0x5a;
const SMALL_A = 0x61;
const SMALL_Z = 0x7a;

const SYMBOLS = /^[A-Z][A-Za-z\d_]*(?:\|(?:[A-Z][A-Za-z\d_]*|0x[\da-f]+|\d+))*$/;
const UNNAMED = /^(?:0x[\da-f]+|0[0-7]+)$/;
const NAMED = /^([a-z_][a-z\d_]*)=(?=[^=])/;
const CURRENT_FOLDER = "AT_FDCWD<";
const DELETED = "(deleted)";
const NULL: PlainArgument = { kind: "null" };

/** Reads one argument, which is what is between two commas. */
export function readArgument(text: string): Argument {
  const first = text.charCodeAt(0);
  return first >= SMALL_A && first <= SMALL_Z ? readNamed(text) : readPlain(text, first);
}

function readPlain(text: string, first: number): PlainArgument {
  if (first === QUOTE) return readString(text);
  if (isDigitCode(first) || first === MINUS) return readNumber(text);
  if (first >= CAPITAL_A && first <= CAPITAL_Z) return readSymbols(text);
  const last = text.charCodeAt(text.length - 1);
  // `[110 => 2]` is one value that the call has changed, `{…} => {…}` are two.
  if (first === OPEN_BRACKET && last === CLOSE_BRACKET) return { kind: "array", text };
  if (first === OPEN_BRACE && last === CLOSE_BRACE && !text.includes("} => {"))
    return { kind: "structure", text };
  return { kind: "other", text };
}

function readString(text: string): PlainArgument {
  const end = endOfString(text, 0);
  const isTruncated = end !== text.length;
  if (end === -1 || (isTruncated && text.slice(end) !== "...")) return { kind: "other", text };
  const { value, encoding } = unescapeText(text.slice(1, end - 1));
  return { kind: "string", value, encoding, isTruncated };
}

function readNumber(text: string): PlainArgument {
  const { length } = text;
  const start = text.charCodeAt(0) === MINUS ? 1 : 0;
  if (text.charCodeAt(start) === ZERO && length > start + 1) return readUnusualNumber(text);
  if (length - start <= SAFE_DIGITS) {
    const value = decimalOf(text, start, length);
    if (!Number.isNaN(value)) return { kind: "number", value: start === 1 ? -value : value };
  }
  const less = text.indexOf("<");
  if (less !== -1) return readDescriptor(text, less);
  if (!/^-?\d+$/.test(text)) return { kind: "other", text };
  return bigNumber(Number(text), text);
}

/** Hexadecimal, octal, and the descriptor 0. */
function readUnusualNumber(text: string): PlainArgument {
  if (text.charCodeAt(1) === LESS) return readDescriptor(text, 1);
  if (!UNNAMED.test(text)) return { kind: "other", text };
  const isOctal = isDigitCode(text.charCodeAt(1));
  return bigNumber(isOctal ? Number.parseInt(text, 8) : Number(text), text);
}

function bigNumber(value: number, text: string): PlainArgument {
  return { kind: "number", value: Number.isSafeInteger(value) ? value : null, text };
}

function readDescriptor(text: string, less: number): PlainArgument {
  const fd = decimalOf(text, 0, less);
  return readAnnotated(text, less, fd);
}

function readAnnotated(text: string, less: number, fd: number | null): PlainArgument {
  const end = endOfAnnotation(text, less);
  const isDeleted = end !== text.length;
  if (Number.isNaN(fd) || end === -1 || (isDeleted && text.slice(end) !== DELETED)) {
    return { kind: "other", text };
  }
  return { kind: "descriptor", fd, target: targetAt(text, less + 1, end - 1, isDeleted) };
}

function readSymbols(text: string): PlainArgument {
  if (text === "NULL") return NULL;
  if (text.startsWith(CURRENT_FOLDER)) return readAnnotated(text, CURRENT_FOLDER.length - 1, null);
  if (!SYMBOLS.test(text)) return { kind: "other", text };
  return { kind: "symbols", names: text.includes("|") ? text.split("|") : [text] };
}

function readNamed(text: string): Argument {
  const name = NAMED.exec(text)?.[1];
  if (name === undefined) return { kind: "other", text };
  return {
    kind: "named",
    name,
    value: readPlain(text.slice(name.length + 1), text.charCodeAt(name.length + 1)),
  };
}
