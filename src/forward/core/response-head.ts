import type { AnswerHead, Framing } from "../../web/exchange.ts";
import { endOfText, Fields, faultOfLineEnd, parseLength } from "../../web/wire/fields.ts";

/** The head of an answer as the core sent it. */
export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  /** All fields as they came. */
  readonly fields: Fields;
  readonly framing: Framing;
  /** Bytes of the body where the framing is `length`, else 0. */
  readonly length: number;
  /** Whether the connection may carry another request afterwards (RFC 9112 section 9.3). */
  readonly isPersistent: boolean;
  /** How long the core says that it keeps the connection (`Keep-Alive: timeout=…`), in seconds. */
  readonly keepAliveSeconds: number | undefined;
  readonly hasDate: boolean;
  /** Whether Connection names fields, beside the well-known words. */
  readonly namesFields: boolean;
  /** Whether the body is a stream of events (Server-Sent Events, WHATWG HTML section 9.2). */
  readonly isEventStream: boolean;
  /** What clients get of it, once that was made: the same head may come again. */
  answer: AnswerHead | undefined;
}

/** The one interim status that is final for HTTP: another protocol follows (RFC 9110 section 15.2.2). */
export const SWITCHING_PROTOCOLS = 101;

const BEGINNING = Buffer.from("HTTP/1.");
const SPACE = 0x20;
const ZERO = 0x30;
const EVENT_STREAM = /^text\/event-stream/i;
/** Where in a status line stand its parts (RFC 9112 section 4): `HTTP/1.1 200 OK`. */
const PLACE = { minor: 7, status: 9, statusEnd: 12, reason: 13 } as const;

/** What the fields say of framing and connection. */
interface Facts {
  length: string | undefined;
  coding: string | undefined;
  closes: boolean;
  keepsAlive: boolean;
  keepAliveSeconds: number | undefined;
  hasDate: boolean;
  namesFields: boolean;
  type: string | undefined;
}

/** What an answer depends on beside itself. */
export interface Asked {
  /** Whether the request was a HEAD, whose answer has no body whatever its head says. */
  readonly isToHead: boolean;
  /** Whether it asked for another protocol: what follows a 101 then belongs to that, up to the end of the connection. */
  readonly maySwitch: boolean;
}

/**
 * Reads the head that begins at `from`. Its fields' `head` is its whole text, without the blank line at its end.
 * @returns undefined where the bytes end before the head does.
 * @throws {SyntaxError} for a head that could be understood in two ways, or is not HTTP/1.
 */
export function readResponseHead(bytes: Buffer, from: number, asked: Asked): ResponseHead | undefined {
  const lineEnd = endOfStatusLine(bytes, from);
  if (lineEnd === undefined) return undefined;
  const fields = Fields.read(bytes, lineEnd, from);
  if (fields === "incomplete") return undefined;
  if (fields === "malformed") throw new SyntaxError("a header line is malformed");
  const isOld = bytes[from + PLACE.minor] === ZERO;
  const status = statusAt(bytes, from + PLACE.status);
  const switches = status === SWITCHING_PROTOCOLS;
  if (switches && (!asked.maySwitch || isOld))
    throw new SyntaxError("the protocol was switched without being asked");
  const facts = factsOf(fields);
  const hasBody = !asked.isToHead && status >= 200 && status !== 204 && status !== 304;
  const { framing, length } = switches ? UNTIL_CLOSE : framingOf(facts, hasBody);
  const { keepAliveSeconds, hasDate, namesFields, type } = facts;
  const isPersistent =
    framing !== "close" && !facts.closes && (!isOld || (facts.keepsAlive && facts.coding === undefined));
  const reason = fields.head.slice(PLACE.reason, lineEnd - from - 2);
  const isEventStream = type !== undefined && EVENT_STREAM.test(type);
  return {
    status,
    reason,
    fields,
    framing,
    length,
    isPersistent,
    keepAliveSeconds,
    hasDate,
    namesFields,
    isEventStream,
    answer: undefined,
  };
}

/** Tells whether a head that was read stands there again, byte by byte: apps answer the same, again and again. */
export function standsAgain({ fields: { head } }: ResponseHead, bytes: Buffer, from: number): boolean {
  const end = from + head.length;
  // What ends elsewhere, as nearly all that differs does, is told apart without a look at the rest.
  return faultOfLineEnd(bytes, end) === undefined && bytes.toString("latin1", from, end) === head;
}

/** The number whose three digits are there. */
function statusAt(bytes: Buffer, at: number): number {
  return digitAt(bytes, at) * 100 + digitAt(bytes, at + 1) * 10 + digitAt(bytes, at + 2);
}

function digitAt(bytes: Buffer, at: number): number {
  return (bytes[at] ?? 0) - ZERO;
}

/** Where the line ends that begins at `from`; undefined where the bytes end before. */
function endOfStatusLine(bytes: Buffer, from: number): number | undefined {
  // What is no HTTP from its first bytes on may wait for us, as the server of another protocol does.
  const statusEnd = from + PLACE.statusEnd;
  const known = Math.min(statusEnd, bytes.length);
  for (let at = from; at < known; at += 1) {
    if (!belongsThere(bytes[at] ?? 0, at - from)) throw MALFORMED();
  }
  if (known < statusEnd) return undefined;
  // The blank belongs there also where no reason follows, but there are servers that leave it out.
  const lineEnd = bytes[statusEnd] === SPACE ? endOfText(bytes, statusEnd) : statusEnd;
  const fault = faultOfLineEnd(bytes, lineEnd);
  if (fault === "malformed") throw MALFORMED();
  return fault === undefined ? lineEnd + 2 : undefined;
}

const MALFORMED = () => new SyntaxError("the status line is malformed");

/** Tells whether a byte may stand at this place of a status line, before the reason. */
function belongsThere(byte: number, place: number): boolean {
  if (place < BEGINNING.length) return byte === BEGINNING[place];
  const digit = byte - ZERO;
  switch (place) {
    case PLACE.minor:
      return digit === 0 || digit === 1;
    case PLACE.status:
      return digit >= 1 && digit <= 9;
    case PLACE.status + 1:
    case PLACE.status + 2:
      return digit >= 0 && digit <= 9;
    default:
      return byte === SPACE;
  }
}

function factsOf(fields: Fields): Facts {
  const facts: Facts = {
    length: undefined,
    coding: undefined,
    closes: false,
    keepsAlive: false,
    keepAliveSeconds: undefined,
    hasDate: false,
    namesFields: false,
    type: undefined,
  };
  for (let index = 0; index < fields.names.length; index += 1) note(facts, fields, index);
  return facts;
}

function note(facts: Facts, fields: Fields, index: number): void {
  switch (fields.names[index]) {
    case "content-length":
      if (facts.length !== undefined) throw new SyntaxError("there is more than one Content-Length");
      facts.length = fields.value(index);
      break;
    case "transfer-encoding":
      facts.coding = [facts.coding ?? [], fields.value(index)].flat().join(", ");
      break;
    case "connection":
      noteConnection(facts, fields.value(index));
      break;
    case "keep-alive": {
      const seconds = /(?:^|[,\s])timeout=(\d{1,6})/i.exec(fields.value(index))?.[1];
      if (seconds !== undefined) facts.keepAliveSeconds = Number(seconds);
      break;
    }
    case "date":
      facts.hasDate = true;
      break;
    case "content-type":
      facts.type ??= fields.value(index);
      break;
  }
}

function noteConnection(facts: Facts, value: string): void {
  // What nearly all say.
  if (value === "keep-alive") {
    facts.keepsAlive = true;
    return;
  }
  for (const token of value.toLowerCase().split(",")) {
    const word = token.trim();
    if (word === "close") facts.closes = true;
    else if (word === "keep-alive") facts.keepsAlive = true;
    else facts.namesFields = true;
  }
}

/** RFC 9112 section 6.3, with every doubt refused. */
function framingOf({ length, coding }: Facts, hasBody: boolean): { framing: Framing; length: number } {
  if (coding !== undefined) {
    if (coding.toLowerCase() !== "chunked") throw new SyntaxError("the transfer coding is not plain chunked");
    if (length !== undefined) throw new SyntaxError("there is a Content-Length beside a Transfer-Encoding");
    return { framing: hasBody ? "chunked" : "none", length: 0 };
  }
  const bytes = length === undefined ? undefined : parseLength(length);
  if (length !== undefined && bytes === undefined) throw new SyntaxError("the Content-Length is no number");
  if (!hasBody) return { framing: "none", length: 0 };
  return bytes === undefined ? UNTIL_CLOSE : { framing: "length", length: bytes };
}

const UNTIL_CLOSE = { framing: "close", length: 0 } as const;
