import { Fields, parseLength } from "../../web/wire/fields.ts";

/**
 * Reads the head of a plain request: strict, in one pass, and only what nearly all requests are. Everything else it
 * leaves to Node's own parser: it understands what it takes completely, and guesses at nothing.
 */

/** A request that {@link readPlainRequest} takes. */
export interface PlainRequest {
  readonly method: string;
  /** In origin form. */
  readonly target: string;
  readonly lines: PlainLines;
  /** Whether the lines are those of the request before, and the same object. */
  readonly repeats: boolean;
  /** Where in the piece the head ends, and the body begins. */
  readonly headEnd: number;
}

/** What stands in the lines behind the request line. */
export interface PlainLines {
  readonly fields: Fields;
  /** Bytes of the body; undefined where there is no Content-Length, and so no body. */
  readonly lengthBytes: number | undefined;
  /** The client will not use the connection again. */
  readonly closes: boolean;
  readonly accept: string | undefined;
  readonly requestId: string | undefined;
  /** As they came, with the blank line at their end. */
  readonly bytes: Buffer;
}

/** What was found while the fields are looked through. */
interface Found {
  hosts: number;
  lengthBytes: number | undefined;
  closes: boolean;
  accept: string | undefined;
  requestId: string | undefined;
}

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
const GET = Buffer.from("GET ");
const VERSION = Buffer.from(" HTTP/1.1\r\n");
const BLANK_LINE_BYTES = 2;
const SPACE = 0x20;
const SLASH = 0x2f;
const DELETE_CHARACTER = 0x7f;
/** A host and port as browsers and clients send it; anything else is for a parser that knows all the rules. */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

/**
 * Reads the head at the beginning of a piece.
 * @param before the lines of the request before on the same connection: most clients send the same again.
 * @returns undefined for what is not plain: another method, form of target or version, a body in chunks, an Expect, an
 * Upgrade, a Connection that names fields, a head that is not whole in this piece, or longer than `maxBytes`, or with
 * more than `maxFields`, and everything malformed.
 */
export function readPlainRequest(
  piece: Buffer,
  limits: { readonly headerBytes: number; readonly headerCount: number },
  before?: PlainLines,
): PlainRequest | undefined {
  const methodEnd = piece.indexOf(SPACE);
  if (piece[methodEnd + 1] !== SLASH) return undefined;
  const targetEnd = endOfTarget(piece, methodEnd + 2);
  if (!hasAt(piece, targetEnd, VERSION)) return undefined;
  const start = targetEnd + VERSION.length;
  const repeats = before !== undefined && standsAt(piece, start, before.bytes);
  const lines = repeats ? before : readLines(piece, start, limits.headerCount);
  if (lines === undefined) return undefined;
  const method = methodOf(piece, methodEnd);
  const headEnd = start + lines.bytes.length;
  if (method === undefined || headEnd > limits.headerBytes) return undefined;
  const target = piece.toString("latin1", methodEnd + 1, targetEnd);
  return { method, target, lines, repeats, headEnd };
}

/** The method that ends there, where it is one of ours. */
function methodOf(piece: Buffer, end: number): string | undefined {
  if (hasAt(piece, 0, GET)) return "GET";
  const method = piece.toString("latin1", 0, end);
  return METHODS.has(method) ? method : undefined;
}

function readLines(piece: Buffer, from: number, maxFields: number): PlainLines | undefined {
  const fields = Fields.read(piece, from);
  if (typeof fields === "string" || fields.names.length > maxFields) return undefined;
  const found = look(fields);
  if (found === undefined) return undefined;
  const { lengthBytes, closes, accept, requestId } = found;
  // A copy with memory of its own, or all that came with it would be kept for as long as the connection.
  const bytes = Buffer.allocUnsafeSlow(fields.text.length + BLANK_LINE_BYTES);
  piece.copy(bytes, 0, from);
  return { fields, lengthBytes, closes, accept, requestId, bytes };
}

/** Where the visible ASCII characters end that begin there. */
function endOfTarget(piece: Buffer, from: number): number {
  let at = from;
  for (let byte = piece[at]; byte !== undefined; byte = piece[at]) {
    if (byte <= SPACE || byte >= DELETE_CHARACTER) break;
    at += 1;
  }
  return at;
}

/** Whether these few bytes stand there: to ask the system costs more than to look. */
function hasAt(piece: Buffer, at: number, expected: Buffer): boolean {
  if (at + expected.length > piece.length) return false;
  for (let index = 0; index < expected.length; index += 1) {
    if (piece[at + index] !== expected[index]) return false;
  }
  return true;
}

function standsAt(piece: Buffer, at: number, expected: Buffer): boolean {
  const end = at + expected.length;
  return end <= piece.length && piece.compare(expected, 0, expected.length, at, end) === 0;
}

/** Looks through the fields; undefined as soon as one of them is not for us. */
function look(fields: Fields): Found | undefined {
  const found: Found = {
    hosts: 0,
    lengthBytes: undefined,
    closes: false,
    accept: undefined,
    requestId: undefined,
  };
  for (let index = 0; index < fields.names.length; index += 1) {
    if (!note(found, fields, index)) return undefined;
  }
  return found.hosts === 1 ? found : undefined;
}

/** Takes note of one field; false where the request is not plain. */
function note(found: Found, fields: Fields, index: number): boolean {
  switch (fields.names[index]) {
    case "host":
      found.hosts += 1;
      return HOST.test(fields.value(index));
    case "content-length":
      if (found.lengthBytes !== undefined) return false;
      found.lengthBytes = parseLength(fields.value(index));
      return found.lengthBytes !== undefined;
    case "connection":
      return noteConnection(found, fields.value(index));
    case "accept":
      found.accept = joined(found.accept, fields.value(index));
      return true;
    case "x-request-id":
      found.requestId = joined(found.requestId, fields.value(index));
      return true;
    case "transfer-encoding":
    case "expect":
    case "upgrade":
    case "te":
    case "trailer":
    case "keep-alive":
    case "proxy-connection":
    case "http2-settings":
      return false;
    default:
      return true;
  }
}

/** Several lines of a field are one list (RFC 9110 section 5.3). */
function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}, ${value}`;
}

function noteConnection(found: Found, value: string): boolean {
  const word = value === "keep-alive" ? value : value.toLowerCase();
  found.closes ||= word === "close";
  return word === "close" || word === "keep-alive";
}
