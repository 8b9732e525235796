import type { Framing } from "../../web/exchange.ts";
import { Fields, isCleanHead, parseLength } from "../../web/wire/fields.ts";

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
}

/** The one interim status that is final for HTTP: another protocol follows (RFC 9110 section 15.2.2). */
export const SWITCHING_PROTOCOLS = 101;

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?\r\n/;

/** What the fields say of framing and connection. */
interface Facts {
  length: string | undefined;
  coding: string | undefined;
  closes: boolean;
  keepsAlive: boolean;
  keepAliveSeconds: number | undefined;
  hasDate: boolean;
  namesFields: boolean;
}

/**
 * Reads a head.
 * @param text the head in latin1, up to and with the CRLF of its last line.
 * @param maySwitch whether the request asked for another protocol: what follows a 101 then belongs to that, up to the
 * end of the connection.
 * @throws {SyntaxError} for a head that could be understood in two ways, or is not HTTP/1.
 */
export function readResponseHead(text: string, isToHead: boolean, maySwitch = false): ResponseHead {
  const line = STATUS_LINE.exec(text);
  if (line === null) throw new SyntaxError("the status line is malformed");
  if (!isCleanHead(text)) throw new SyntaxError("the head has a control character or a bare CR or LF");
  const fields = Fields.parse(text.slice(line[0].length));
  if (fields === undefined) throw new SyntaxError("a header line is malformed");
  const status = Number(line[2]);
  const isOld = line[1] === "0";
  const switches = status === SWITCHING_PROTOCOLS;
  if (switches && (!maySwitch || isOld))
    throw new SyntaxError("the protocol was switched without being asked");
  const facts = factsOf(fields);
  const hasBody = !isToHead && status >= 200 && status !== 204 && status !== 304;
  const { framing, length } = switches ? UNTIL_CLOSE : framingOf(facts, hasBody);
  const { keepAliveSeconds, hasDate, namesFields } = facts;
  const isPersistent =
    framing !== "close" && !facts.closes && (!isOld || (facts.keepsAlive && facts.coding === undefined));
  const reason = line[3] ?? "";
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
  };
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
