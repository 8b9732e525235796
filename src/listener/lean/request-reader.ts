import { Fields, isCleanHead, parseLength } from "../../web/wire/fields.ts";

/**
 * Reads the head of a plain request: strict, in one pass, and only what nearly all requests are. Everything else it
 * leaves to Node's own parser: it understands what it takes completely, and guesses at nothing.
 */

/** A request that {@link readPlainRequest} takes. */
export interface PlainRequest {
  readonly method: string;
  /** In origin form. */
  readonly target: string;
  readonly fields: Fields;
  /** Bytes of the body; undefined where there is no Content-Length, and so no body. */
  readonly lengthBytes: number | undefined;
  /** The client will not use the connection again. */
  readonly closes: boolean;
  readonly accept: string | undefined;
  readonly requestId: string | undefined;
  /** Where in the piece the head ends, and the body begins. */
  readonly headEnd: number;
}

/** What was found while the fields are looked through. */
interface Found {
  hosts: number;
  lengthBytes: number | undefined;
  closes: boolean;
  accept: string | undefined;
  requestId: string | undefined;
}

const END_OF_HEAD = Buffer.from("\r\n\r\n");
const REQUEST_LINE = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (\/[\x21-\x7e]*) HTTP\/1\.1\r\n/;
/** A host and port as browsers and clients send it; anything else is for a parser that knows all the rules. */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

/**
 * Reads the head at the beginning of a piece.
 * @returns undefined for what is not plain: another method, form of target or version, a body in chunks, an Expect, an
 * Upgrade, a Connection that names fields, a head that is not whole in this piece, or longer than `maxBytes`, or with
 * more than `maxFields`, and everything malformed.
 */
export function readPlainRequest(
  piece: Buffer,
  limits: { readonly headerBytes: number; readonly headerCount: number },
): PlainRequest | undefined {
  const end = piece.indexOf(END_OF_HEAD);
  if (end === -1 || end > limits.headerBytes) return undefined;
  const text = piece.toString("latin1", 0, end + 2);
  const line = REQUEST_LINE.exec(text);
  if (line === null || !isCleanHead(text)) return undefined;
  const fields = Fields.parse(text.slice(line[0].length));
  if (fields === undefined || fields.names.length > limits.headerCount) return undefined;
  const found = look(fields);
  if (found === undefined) return undefined;
  const { lengthBytes, closes, accept, requestId } = found;
  const method = line[1] ?? "";
  const target = line[2] ?? "";
  const headEnd = end + END_OF_HEAD.length;
  return { method, target, fields, lengthBytes, closes, accept, requestId, headEnd };
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
