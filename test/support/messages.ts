/** Reads whole HTTP/1 messages out of what a test has seen on a connection, strictly and by no code of the project. */

export type FieldList = [name: string, value: string][];

/** One message, all text in latin1. */
export interface Message {
  /** The request line or the status line, without its line end. */
  readonly start: string;
  /** Values without the blanks around them. */
  readonly fields: FieldList;
  readonly body: string;
  readonly trailers: FieldList;
  /** How the body is delimited (RFC 9112 section 6.3). */
  readonly framing: "none" | "length" | "chunked" | "close";
  /** Whether its end was seen; what is delimited by the end of the connection never is. */
  readonly isComplete: boolean;
}

/** What decides about the body beside the head. */
export type Reads = "request" | "answer" | "answer to HEAD";

/** All messages of a connection, and what is none. */
export interface Reading {
  readonly messages: Message[];
  /** An incomplete head, or what could not be understood. */
  readonly rest: string;
}

/**
 * Reads everything.
 * @param readsAt says what the message with this index is.
 */
export function readMessages(text: string, readsAt: (index: number) => Reads): Reading {
  const messages: Message[] = [];
  let at = 0;
  let index = 0;
  while (at < text.length) {
    const found = readOrNothing(text, at, readsAt(index));
    if (found === undefined) break;
    messages.push(found.message);
    at = found.end;
    // An interim answer comes before the one that was asked for.
    if (!/^HTTP\/1\.\d 1/.test(found.message.start)) index += 1;
    if (!found.message.isComplete) break;
  }
  return { messages, rest: text.slice(at) };
}

/** The value of the only field of this name; undefined where there is none. @throws where there are more. */
export function onlyValue(fields: FieldList, lowerName: string): string | undefined {
  const values = fields.filter(([name]) => name.toLowerCase() === lowerName);
  if (values.length > 1) throw new OddMessage(`more than one ${lowerName}`);
  return values[0]?.[1];
}

/** What can't be understood. */
class OddMessage extends Error {}

function readOrNothing(...[text, from, reads]: Parameters<typeof readMessage>) {
  try {
    return readMessage(text, from, reads);
  } catch (error) {
    if (error instanceof OddMessage) return undefined;
    throw error;
  }
}

function readMessage(
  text: string,
  from: number,
  reads: Reads,
): { message: Message; end: number } | undefined {
  const headEnd = text.indexOf("\r\n\r\n", from);
  if (headEnd === -1) return undefined;
  const [start = "", ...lines] = text.slice(from, headEnd).split("\r\n");
  const fields = readFields(lines);
  const isStart = reads === "request" ? REQUEST_LINE.test(start) : STATUS_LINE.test(start);
  if (!isStart || fields === undefined) return undefined;
  const framing = framingOf(start, fields, reads);
  const bodyAt = headEnd + 4;
  const base = { start, fields, trailers: [], framing };
  if (framing === "none") return { message: { ...base, body: "", isComplete: true }, end: bodyAt };
  if (framing === "close") {
    return { message: { ...base, body: text.slice(bodyAt), isComplete: false }, end: text.length };
  }
  if (framing === "length") {
    const end = bodyAt + Number(onlyValue(fields, "content-length"));
    const body = text.slice(bodyAt, end);
    return {
      message: { ...base, body, isComplete: end <= text.length },
      end: Math.min(end, text.length),
    };
  }
  const { end, ...rest } = readChunks(text, bodyAt);
  return { message: { ...base, ...rest }, end };
}

const REQUEST_LINE = /^[A-Z-]+ [^ ]+ HTTP\/1\.1$/;
const STATUS_LINE = /^HTTP\/1\.1 \d{3} /;
const FIELD_LINE = /^([\w!#$%&'*+\-.^`|~]+):[\t ]*([\t\x20-\x7e\x80-\xff]*?)[\t ]*$/;

function readFields(lines: readonly string[]): FieldList | undefined {
  const fields: FieldList = [];
  for (const line of lines) {
    const [, name, value] = FIELD_LINE.exec(line) ?? [];
    if (name === undefined || value === undefined) return undefined;
    fields.push([name, value]);
  }
  return fields;
}

function framingOf(start: string, fields: FieldList, reads: Reads): Message["framing"] {
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(start)?.[1] ?? 0);
  const hasNoBody =
    reads === "answer to HEAD" || (reads === "answer" && (status < 200 || status === 204 || status === 304));
  if (hasNoBody) return "none";
  const coding = onlyValue(fields, "transfer-encoding");
  const length = onlyValue(fields, "content-length");
  if (coding !== undefined && (coding !== "chunked" || length !== undefined))
    throw new OddMessage("odd framing");
  if (coding !== undefined) return "chunked";
  if (length !== undefined) return "length";
  return reads === "request" ? "none" : "close";
}

function readChunks(text: string, from: number) {
  let body = "";
  for (let at = from; ; ) {
    const [line, size = ""] = /^([\da-f]+)\r\n/i.exec(text.slice(at, at + 20)) ?? [];
    if (line === undefined) return { body, trailers: [], isComplete: false, end: text.length };
    const dataAt = at + line.length;
    const sizeBytes = Number.parseInt(size, 16);
    if (sizeBytes === 0) return { body, ...readTrailers(text, dataAt) };
    body += text.slice(dataAt, dataAt + sizeBytes);
    at = dataAt + sizeBytes + 2;
    if (at > text.length) return { body, trailers: [], isComplete: false, end: text.length };
    if (text.slice(at - 2, at) !== "\r\n") throw new OddMessage("a chunk is longer than its size");
  }
}

function readTrailers(text: string, from: number) {
  if (text.startsWith("\r\n", from)) return { trailers: [], isComplete: true, end: from + 2 };
  const last = text.indexOf("\r\n\r\n", from);
  if (last === -1) return { trailers: [], isComplete: false, end: text.length };
  const trailers = readFields(text.slice(from, last).split("\r\n"));
  if (trailers === undefined) throw new OddMessage("odd trailers");
  return { trailers, isComplete: true, end: last + 4 };
}
