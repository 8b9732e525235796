import type { FieldList } from "./messages.ts";
import type { Random } from "./random.ts";

/** Random HTTP/1.1 messages, valid ones and spoilt ones; text in latin1. */

/** What a valid request says. */
export interface RequestModel {
  readonly method: string;
  readonly target: string;
  readonly fields: FieldList;
  /** Undefined: it has none, and so no framing. */
  readonly body: string | undefined;
  /** Only with a body in chunks. */
  readonly trailers: FieldList;
}

/** What a valid answer says. */
export interface AnswerModel {
  readonly status: number;
  readonly reason: string;
  readonly fields: FieldList;
  readonly body: string;
  readonly trailers: FieldList;
  readonly framing: "none" | "length" | "chunked" | "close";
}

const NAMES = [
  "X-One",
  "x-two",
  "X-ODD",
  "Cookie",
  "Accept",
  "Cache-Control",
  "x!#$%&'*+.^`|~1",
  "If-None-Match",
];
const ANSWER_NAMES = [
  "Set-Cookie",
  "set-cookie",
  "Server",
  "ETag",
  "X-Odd",
  "Location",
  "Warning",
  "Vary",
  "Date",
];
const VALUES = [
  "",
  "a",
  "a=b; c=d",
  "two  blanks",
  "tab\there",
  "\xe9\xff\x80",
  '"q\\"uoted"',
  "a,b, c",
  ":",
  "x".repeat(100),
];
const TARGETS = [
  "/",
  "//",
  "/a/../b",
  "/%2e%2e/x",
  "/%zz",
  "/?",
  "/?a=b?c&d[]=e",
  "/a;b=c",
  "/'\"<>|^`{}\\",
  "/~a/b:c@d",
  "/a#b",
];
const METHODS = ["GET", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const BODIES = [
  "a",
  "hello",
  "",
  "0\r\n\r\n",
  "GET /hidden HTTP/1.1\r\nHost: core\r\n\r\n",
  "\0\xff\r\n",
  "y".repeat(700),
];

/** A valid request in origin form. */
export function randomRequest(random: Random): RequestModel {
  const method = random.pick(METHODS);
  const hasBody = method === "POST" || method === "PUT" || method === "PATCH" || random.chance(0.15);
  const body = hasBody ? randomBody(random) : undefined;
  return {
    method,
    target: random.chance(0.7) ? random.pick(TARGETS) : `/${randomVisible(random)}`,
    fields: [
      ["Host", random.pick(["app", "app.example:8443", "127.0.0.1", "[::1]:443"])],
      ...randomFields(random, NAMES),
    ],
    body,
    trailers:
      body !== undefined && random.chance(0.2) ? randomFields(random, ["X-Sum", "x-sum", "Other"]) : [],
  };
}

/** The request on the wire. */
export function writeRequest(
  random: Random,
  { method, target, fields, body, trailers }: RequestModel,
): string {
  const lines = writeFields(random, fields);
  const start = `${method} ${target} HTTP/1.1\r\n`;
  if (body === undefined) return `${start}${lines}\r\n`;
  if (trailers.length === 0 && random.chance(0.75)) {
    return `${start}${insertLine(random, lines, `Content-Length: ${body.length}`)}\r\n${body}`;
  }
  const coding = insertLine(random, lines, "Transfer-Encoding: chunked");
  return `${start}${coding}\r\n${writeChunks(random, body, writeFields(random, trailers))}`;
}

/** A valid final answer to a request with this method. */
export function randomAnswer(random: Random, method: string): AnswerModel {
  const status = random.pick([
    200, 200, 200, 201, 204, 205, 206, 299, 301, 304, 400, 404, 418, 500, 503, 599, 799,
  ]);
  const reason = random.pick(["OK", "", "Odd & \xe9 \tphrase", "Not Found"]);
  const fields = randomFields(random, ANSWER_NAMES);
  const bare = { status, reason, fields, body: "", trailers: [] };
  if (method === "HEAD" || status === 204 || status === 304) return { ...bare, framing: "none" };
  const framing = random.pick(["length", "length", "chunked", "close"] as const);
  const trailers =
    framing === "chunked" && random.chance(0.3) ? randomFields(random, ["X-Sum", "x-Sum"]) : [];
  return { ...bare, body: random.chance(0.1) ? "" : randomBody(random), trailers, framing };
}

/** The answer on the wire. */
export function writeAnswer(random: Random, answer: AnswerModel): string {
  const { status, reason, body, trailers, framing } = answer;
  const lines = writeFields(random, answer.fields);
  const start = `HTTP/1.1 ${status} ${reason}\r\n`;
  switch (framing) {
    case "none":
      // Says what a GET would give (RFC 9110 section 8.6), or nothing.
      return `${start}${status !== 204 && random.chance(0.5) ? insertLine(random, lines, "Content-Length: 99") : lines}\r\n`;
    case "length":
      return `${start}${insertLine(random, lines, `Content-Length: ${body.length}`)}\r\n${body}`;
    case "chunked":
      return `${start}${insertLine(random, lines, "Transfer-Encoding: chunked")}\r\n${writeChunks(random, body, writeFields(random, trailers))}`;
    case "close":
      return `${start}${insertLine(random, lines, "Connection: close")}\r\n${body}`;
  }
}

/** An interim answer on the wire. */
export function randomInterim(random: Random): string {
  return random.pick([
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 102 Processing\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nlink: </b.js>\r\n\r\n",
  ]);
}

/** What requests may say that is not common, or not right: lines of the head. */
export const ODD_LINES = [
  ...[
    "Connection: close",
    "Connection: keep-alive, close",
    "Connection: X-One, keep-alive",
    "connection: KEEP-ALIVE",
  ],
  ...[
    "Connection: upgrade\r\nUpgrade: h2c",
    "Connection: content-length, host",
    "Connection: ,",
    "Keep-Alive: 5",
  ],
  ...[
    "Expect: 100-continue",
    "Expect: 100-Continue",
    "Expect: x",
    "TE: trailers",
    "TE: gzip",
    "Trailer: X-Sum",
  ],
  ...[
    "Content-Length: 0",
    "Content-Length: 5",
    "Content-Length: 5, 5",
    "Content-Length: +5",
    "Content-Length: 0x5",
  ],
  ...[
    "Content-Length:  5 ",
    "Content-Length: 5 5",
    "Content-Length: -0",
    "Content-Length:",
    "Content-Length: 05",
  ],
  ...["Content-Length: 9007199254740993", "Content-Length: 18446744073709551621", "Content-Length : 5"],
  ...["Transfer-Encoding: chunked", "Transfer-Encoding: Chunked", "Transfer-Encoding: identity"],
  ...[
    "Transfer-Encoding: gzip, chunked",
    "Transfer-Encoding: chunked, chunked",
    "Transfer-Encoding: xchunked",
  ],
  ...["Transfer-Encoding: \x0bchunked", "Transfer-Encoding: chunked;q=1", "Transfer-Encoding:\r\n chunked"],
  ...["Transfer-Encoding : chunked", "X: y\nTransfer-Encoding: chunked", "X: y\rTransfer-Encoding: chunked"],
  ...[
    "Host: other",
    "Host:",
    "Host: a b",
    "Host: a/b",
    "Host: a@b",
    "Host: a,b",
    "Host: [::1",
    "Host: a:b:c",
    "Host: a:",
  ],
  ...["X-Request-Id: one", "X-Request-Id: one\r\nx-request-id: two", "X-Request-Id: a b", "X-Request-Id:"],
  ...[
    "Accept: text/html",
    "Accept: text/html\r\nAccept: */*",
    "Accept: application/json\r\nAccept: text/html",
  ],
  ...[
    "X-Forwarded-For: 6.6.6.6",
    "x_forwarded_for: 6.6.6.6",
    "Proxy: x",
    "Upgrade: websocket",
    "HTTP2-Settings: x",
  ],
  ...[
    "X\x80: y",
    "X: \0",
    "X: \x7f",
    "X: \x01",
    ": y",
    "X",
    " X: y",
    "X: a\r\n b",
    "__proto__: x",
    "constructor: x",
  ],
];

/** Request lines that are not common, or not right. */
export const ODD_REQUEST_LINES = [
  ...[
    "GET / HTTP/1.0",
    "GET / HTTP/1.2",
    "GET / HTTP/2.0",
    "GET / HTTP/0.9",
    "GET /",
    "GET / http/1.1",
    "GET / HTTP/1.1 ",
  ],
  ...[
    "get / HTTP/1.1",
    "PROPFIND / HTTP/1.1",
    "QUERY / HTTP/1.1",
    "FOO / HTTP/1.1",
    "CONNECT a:1 HTTP/1.1",
    "TRACE / HTTP/1.1",
  ],
  ...[
    "GET http://other.example/x HTTP/1.1",
    "GET https://u:p@other.example HTTP/1.1",
    "GET ftp://x/ HTTP/1.1",
    "GET x HTTP/1.1",
  ],
  ...[
    "OPTIONS * HTTP/1.1",
    "GET * HTTP/1.1",
    "GET  / HTTP/1.1",
    "GET\t/ HTTP/1.1",
    "GET /a b HTTP/1.1",
    "GET /\xe9 HTTP/1.1",
  ],
  ...[
    "GET /_sidecar/x HTTP/1.1",
    "GET //_sidecar HTTP/1.1",
    "GET /%5fsidecar HTTP/1.1",
    "GET /\x7f HTTP/1.1",
    "\r\nGET / HTTP/1.1",
  ],
  ...[" GET / HTTP/1.1", "POST / HTTP/1.1", "PRI * HTTP/2.0", "\nGET / HTTP/1.1", "GET /\0 HTTP/1.1", ""],
];

/** What bodies in chunks may look like that is not common, or not right; each for `hello`. */
export const ODD_CHUNKS = [
  ...[
    "5\r\nhello\r\n0\r\n\r\n",
    "05\r\nhello\r\n00\r\n\r\n",
    '5;a="\r\n"\r\nhello\r\n0\r\n\r\n',
    "5;\r\nhello\r\n0\r\n\r\n",
  ],
  ...[
    "5;a=b;c\r\nhello\r\n0;z\r\n\r\n",
    "5 \r\nhello\r\n0\r\n\r\n",
    "5\t;a\r\nhello\r\n0\r\n\r\n",
    " 5\r\nhello\r\n0\r\n\r\n",
  ],
  ...[
    "5\nhello\n0\n\n",
    "5\r\nhello\n0\r\n\r\n",
    "5\r\nhello0\r\n\r\n",
    "5\r\nhelloX\r\n0\r\n\r\n",
    "4\r\nhello\r\n0\r\n\r\n",
  ],
  ...[
    "0x5\r\nhello\r\n0\r\n\r\n",
    "-5\r\nhello\r\n0\r\n\r\n",
    "+5\r\nhello\r\n0\r\n\r\n",
    "5g\r\nhello\r\n0\r\n\r\n",
    "\r\nhello\r\n0\r\n\r\n",
  ],
  ...[
    "ffffffffffffffff5\r\nhello\r\n0\r\n\r\n",
    "5;a=\x01\r\nhello\r\n0\r\n\r\n",
    "5;a\nb\r\nhello\r\n0\r\n\r\n",
    "5;a\rb\r\nhello\r\n0\r\n\r\n",
  ],
  ...[
    "5\r\nhello\r\n0\r\nX: y\r\n\r\n",
    "5\r\nhello\r\n0\r\nX : y\r\n\r\n",
    "5\r\nhello\r\n0\r\n X: y\r\n\r\n",
    "5\r\nhello\r\n0\r\nX\r\n\r\n",
  ],
  ...[
    "5\r\nhello\r\n0\r\nHost: x\r\nContent-Length: 9\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n",
    "5\r\nhello\r\n0\r\nX: a\n\r\n",
    "5\r\nhello\r\n0\r\n\r\r\n\r\n",
  ],
];

/** What answers may say that is not common, or not right: lines of the head. */
export const ODD_ANSWER_LINES = [
  ...ODD_LINES.filter((line) => /^(Content|Transfer|Connection|Trailer|X)/i.test(line)),
  ...[
    "Connection: close, X-Foo",
    "Connection: keep-alive",
    "Keep-Alive: timeout=5",
    "Keep-Alive: timeout=0, max=1",
  ],
  ...[
    "Proxy-Connection: close",
    "Transfer-Encoding: chunked, identity",
    "Transfer-Encoding:",
    "Content-Length: 5;",
  ],
];

/** Status lines that are not common, or not right. */
export const ODD_STATUS_LINES = [
  ...[
    "HTTP/1.0 200 OK",
    "HTTP/1.1 200",
    "HTTP/1.1 200 ",
    "HTTP/1.1  200 OK",
    "HTTP/1.1 2000 OK",
    "HTTP/1.1 20 OK",
  ],
  ...[
    "HTTP/1.1 099 X",
    "HTTP/1.1 000 X",
    "HTTP/1.1 600 X",
    "HTTP/1.1 999 X",
    "HTTP/1.2 200 OK",
    "HTTP/2.0 200 OK",
  ],
  ...[
    "HTTP/1.1 204 X",
    "HTTP/1.1 304 X",
    "HTTP/1.1 205 X",
    "HTTP/1.1 100 X",
    "HTTP/1.1 101 X",
    "HTTP/1.1 199 X",
  ],
  ...[
    "http/1.1 200 OK",
    "HTTP/1.1 200 a\x80b",
    "HTTP/1.1 200 \0",
    "HTTP/1.1 200 \x7f",
    "HTTP/1.1\t200 OK",
    "ICY 200 OK",
  ],
  ...[
    "HTTP/11 200 OK",
    " HTTP/1.1 200 OK",
    "\r\nHTTP/1.1 200 OK",
    "HTTP/1.1 +200 OK",
    "HTTP/1.1 0x1 OK",
    "HTTP/1.1 200\tOK",
  ],
];

/** An answer with one or two odd things in it. */
export function oddAnswer(random: Random): string {
  const start = random.chance(0.4) ? random.pick(ODD_STATUS_LINES) : "HTTP/1.1 200 OK";
  const lines = Array.from({ length: random.int(3) }, () => random.pick(ODD_ANSWER_LINES));
  const isChunked = random.chance(0.5);
  if (isChunked) lines.push("Transfer-Encoding: chunked");
  const body = isChunked ? random.pick(ODD_CHUNKS) : random.pick(["", "hello", "HTTP/1.1 200 OK\r\n\r\n"]);
  return `${start}\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n${body}`;
}

/** A request with one or two odd things in it. */
export function oddRequest(random: Random): string {
  const lines = ["Host: app", ...Array.from({ length: random.int(3) }, () => random.pick(ODD_LINES))];
  const start = random.chance(0.3) ? random.pick(ODD_REQUEST_LINES) : `${random.pick(METHODS)} / HTTP/1.1`;
  const isChunked = random.chance(0.3);
  if (isChunked) lines.push("Transfer-Encoding: chunked");
  const body = isChunked ? random.pick(ODD_CHUNKS) : random.pick(["", "", "hello"]);
  return `${start}\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n${body}`;
}

/** The text with one byte changed, added, taken away, or some repeated: mostly by what means something to a parser. */
export function mutated(random: Random, text: string): string {
  const at = random.int(text.length);
  const to = Math.min(text.length, at + 1 + random.int(6));
  const sign = random.chance(0.7)
    ? random.pick([...'\r\n\t\0 :;,="x0159af\x7f\x80\xff\x0b\x85\xa0-+_'])
    : String.fromCharCode(random.int(256));
  switch (random.int(5)) {
    case 0:
      return text.slice(0, at) + sign + text.slice(at + 1);
    case 1:
      return text.slice(0, at) + sign + text.slice(at);
    case 2:
      return text.slice(0, at) + text.slice(at + 1);
    case 3:
      return text.slice(0, to) + text.slice(at);
    default:
      return text.slice(0, at) + text.slice(to);
  }
}

/** The text in pieces, cut at random places. */
export function cut(random: Random, text: string, most: number): string[] {
  const places = Array.from({ length: random.int(most + 1) }, () => random.int(text.length + 1));
  places.push(0, text.length);
  places.sort((one, other) => one - other);
  return places
    .slice(1)
    .map((to, index) => text.slice(places[index], to))
    .filter((piece) => piece !== "");
}

function randomFields(random: Random, names: readonly string[]): FieldList {
  return Array.from({ length: random.int(5) }, () => [random.pick(names), random.pick(VALUES)]);
}

function randomBody(random: Random): string {
  return Array.from({ length: 1 + random.int(2) }, () => random.pick(BODIES)).join("");
}

function randomVisible(random: Random): string {
  return Array.from({ length: random.int(30) }, () => String.fromCharCode(0x21 + random.int(0x5e))).join("");
}

function writeFields(random: Random, fields: FieldList): string {
  const blank = () => (random.chance(0.1) ? random.pick(["", "  ", "\t", " \t "]) : " ");
  return fields
    .map(([name, value]) => `${name}:${blank()}${value}${random.chance(0.05) ? blank() : ""}\r\n`)
    .join("");
}

function insertLine(random: Random, lines: string, line: string): string {
  const all = lines.split("\r\n").slice(0, -1);
  all.splice(random.int(all.length + 1), 0, line);
  return all.map((each) => `${each}\r\n`).join("");
}

function writeChunks(random: Random, body: string, trailerLines: string): string {
  let text = "";
  for (const piece of cut(random, body, 3)) {
    const size = random.chance(0.3)
      ? piece.length
          .toString(16)
          .toUpperCase()
          .padStart(1 + random.int(6), "0")
      : piece.length.toString(16);
    text += `${size}${random.chance(0.15) ? random.pick([";a", ";a=b", ';a="b c"', ";a=b;c"]) : ""}\r\n${piece}\r\n`;
  }
  return `${text}${random.chance(0.1) ? "000" : "0"}\r\n${trailerLines}\r\n`;
}
