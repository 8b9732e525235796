import { Buffer, isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { type ConfigDocument, type ConfigFormat, ContentError, type FormatName } from "./formats/format.ts";
import { formatOf } from "./formats/formats.ts";
import { positionOf } from "./formats/text-edit.ts";

/** What a file holds, from bytes to a tree. */

/** A problem with a content and where it is; line and column count from 1. */
export interface ParseError {
  readonly line: number;
  readonly column: number;
  readonly detail: string;
  readonly remedy: string | undefined;
  /** False where the content is valid, and only no tree can stand for it. */
  readonly isInvalid: boolean;
}

/** The text of a file, and what it takes to make the bytes of it again. */
export interface DecodedText {
  readonly text: string;
  readonly encoding: "utf8" | "latin1";
  readonly hasByteOrderMark: boolean;
}

/** A content that was read as far as it can be. */
export interface Content {
  readonly bytes: Buffer;
  readonly etag: string;
  /** Null where the bytes are no text. */
  readonly decoded: DecodedText | null;
  readonly format: ConfigFormat | undefined;
  /** Null for plain text, and where `parseError` says why. */
  readonly document: ConfigDocument | null;
  readonly parseError: ParseError | null;
}

/** Bytes that have gone from thread to thread, and are no Buffer any more. */
export function bufferOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

/** The entity tag of a file: of its real bytes, whatever form they are answered in. */
export function etagOf(bytes: Uint8Array): string {
  return `"${createHash("sha256").update(bytes).digest("hex")}"`;
}

/** The text with its byte order mark, where it has one. */
export function wholeText({ text, hasByteOrderMark }: DecodedText): string {
  return hasByteOrderMark ? `\ufeff${text}` : text;
}

/** Reads a content. Never throws: what is wrong stands in `parseError`. */
export function readContent(bytes: Buffer, formatName: FormatName): Content {
  const format = formatOf(formatName);
  const base = { bytes, etag: etagOf(bytes), format };
  const decoded = decode(bytes, formatName);
  if (decoded === null) return { ...base, decoded, document: null, parseError: notUtf8(bytes) };
  if (format === undefined) return { ...base, decoded, document: null, parseError: null };
  try {
    return { ...base, decoded, document: format.parse(decoded.text), parseError: null };
  } catch (error) {
    return { ...base, decoded, document: null, parseError: parseErrorOf(error, decoded.text) };
  }
}

/** The bytes of a text, with the byte order mark and in the encoding of the one it was made from. */
export function encode(text: string, { encoding, hasByteOrderMark }: Omit<DecodedText, "text">): Buffer {
  return Buffer.from(wholeText({ text, encoding, hasByteOrderMark }), encoding);
}

/**
 * Text is UTF-8. Java has read properties as ISO-8859-1 for decades, and plain text may be anything: there, every byte
 * is taken for a character, so that what is not touched stays as it is. XML says what it is.
 */
function decode(bytes: Buffer, formatName: FormatName): DecodedText | null {
  const declaresLatin1 = formatName === "xml" && LATIN1_DECLARATION.test(bytes.toString("latin1", 0, 200));
  if (declaresLatin1 || !isUtf8(bytes)) {
    if (!declaresLatin1 && formatName !== "properties" && formatName !== "text") return null;
    return { text: bytes.toString("latin1"), encoding: "latin1", hasByteOrderMark: false };
  }
  const text = bytes.toString("utf8");
  const hasByteOrderMark = text.startsWith("\ufeff");
  return { text: hasByteOrderMark ? text.slice(1) : text, encoding: "utf8", hasByteOrderMark };
}

const LATIN1_DECLARATION = /^<\?xml[^>]*\sencoding\s*=\s*["'](?:iso-8859-1|latin-?1)["']/i;

/** Where bytes stop being UTF-8. */
export function notUtf8(bytes: Buffer): ParseError {
  let line = 1;
  let start = 0;
  for (;;) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline;
    if (newline === -1 || !isUtf8(bytes.subarray(start, end))) {
      const column = [...bytes.subarray(start, end).toString("utf8")].indexOf("\ufffd") + 1;
      return { line, column, detail: "The bytes are not UTF-8.", remedy: undefined, isInvalid: true };
    }
    start = newline + 1;
    line += 1;
  }
}

function parseErrorOf(error: unknown, text: string): ParseError {
  if (error instanceof ContentError) {
    const { message: detail, remedy, isInvalid } = error;
    return { ...positionOf(text, error.offset), detail, remedy, isInvalid };
  }
  // A parser that calls itself for each level has reached the end of the stack.
  if (error instanceof RangeError) {
    return {
      line: 1,
      column: 1,
      detail: "The content is nested too deeply.",
      remedy: undefined,
      isInvalid: true,
    };
  }
  throw error;
}
