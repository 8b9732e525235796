import { describe, expect, test } from "vitest";
import { type PlainRequest, readPlainRequest } from "../../../src/listener/lean/request-reader.ts";
import { requestByNode } from "../../support/node-parser.ts";
import { randomOf, seedOr } from "../../support/random.ts";
import { mutated, oddRequest, randomRequest, writeRequest } from "../../support/random-messages.ts";

const LIMITS = { headerBytes: 65_536, headerCount: 200 };
const read = (text: string, limits = LIMITS) => readPlainRequest(Buffer.from(text, "latin1"), limits);
const withLine = (line: string) => read(`POST / HTTP/1.1\r\nHost: app\r\n${line}\r\n\r\n`);

describe("a plain request", () => {
  test("is read whole: method, target, fields, and where its body begins", () => {
    const head =
      "PUT /a?b HTTP/1.1\r\nHost: app:8443\r\nx-A:\t1 \r\nAccept: text/html\r\nContent-Length: 2\r\n\r\n";
    const found = read(`${head}hiGET`);
    expect(found).toMatchObject({
      ...{ method: "PUT", target: "/a?b", repeats: false, headEnd: head.length },
      lines: { lengthBytes: 2, closes: false, accept: "text/html", requestId: undefined },
    });
    expect(found?.lines.fields.raw()).toEqual([
      ...["Host", "app:8443", "x-A", "1", "Accept", "text/html", "Content-Length", "2"],
    ]);
  });

  test.each(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])("may be a %s", (method) => {
    expect(read(`${method} / HTTP/1.1\r\nHost: app\r\n\r\n`)?.method).toBe(method);
  });

  test.each([
    ["Content-Length: 0", 0],
    ["Content-Length:  5 ", 5],
    ["content-LENGTH:\t007", 7],
    ["X: y", undefined],
  ])("with %s has a body of %s bytes", (line, lengthBytes) => {
    expect(withLine(line)).toMatchObject({ lines: { lengthBytes } });
  });

  test.each([
    ["Connection: close", true],
    ["connection: CLOSE", true],
    ["Connection: keep-alive", false],
    ["Connection: Keep-Alive", false],
  ])("with %s closes: %s", (line, closes) => {
    expect(withLine(line)).toMatchObject({ lines: { closes } });
  });

  test("joins lines of one name as Node does", () => {
    expect(withLine("Accept: a\r\nAccept: b\r\nX-Request-Id: 1\r\nX-Request-Id: 2")).toMatchObject({
      lines: { accept: "a, b", requestId: "1, 2" },
    });
  });

  test.each(["app", "app.example:8443", "a_b", "127.0.0.1", "[::1]", "[::1]:443"])(
    "may be for %s",
    (host) => {
      expect(read(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).toBeDefined();
    },
  );
});

describe("not plain, and so left to Node's parser, is", () => {
  test.each([
    ...["Transfer-Encoding: chunked", "Expect: 100-continue", "Upgrade: h2c", "TE: trailers", "Trailer: X"],
    ...["Keep-Alive: 5", "Proxy-Connection: close", "HTTP2-Settings: x"],
    ...["Connection: close, X", "Connection: X", "Connection:", "Connection: content-length"],
    ...[
      "Content-Length: +5",
      "Content-Length: 0x5",
      "Content-Length: 5, 5",
      "Content-Length:",
      "Content-Length: -0",
    ],
    ...["Content-Length: 5\r\nContent-Length: 5", "Content-Length: 5 5", "Content-Length: 9999999999999999"],
    ...[
      "Content-Length: \xb2",
      "Host: other",
      "X : y",
      " X: y",
      "X",
      ": y",
      "X\x80: y",
      "X: a\r\n b",
      "X: a\r\n\tb",
    ],
    ...["X: \0", "X: \x7f", "X: \x1b", "X: a\nb", "X: a\rb", "X: y\r", "X: y\n", "\r"],
  ])("%j", (line) => {
    expect(withLine(line)).toBeUndefined();
  });

  test.each([
    ...["GET / HTTP/1.0", "GET / HTTP/1.2", "GET / HTTP/2.0", "GET /", "get / HTTP/1.1", "FOO / HTTP/1.1"],
    ...[
      "GET http://a/ HTTP/1.1",
      "OPTIONS * HTTP/1.1",
      "CONNECT a:1 HTTP/1.1",
      "GET x HTTP/1.1",
      "GET  / HTTP/1.1",
    ],
    ...[
      "GET /\xe9 HTTP/1.1",
      "GET /\0 HTTP/1.1",
      "GET /a b HTTP/1.1",
      "GET /\t HTTP/1.1",
      "GET /\x7f HTTP/1.1",
    ],
    ...["\r\nGET / HTTP/1.1", " GET / HTTP/1.1", "GET / HTTP/1.1 ", "GET / HTTP/1.1\r", "TRACE / HTTP/1.1"],
  ])("%j", (line) => {
    expect(read(`${line}\r\nHost: app\r\n\r\n`)).toBeUndefined();
  });

  test.each(["", "a b", "a/b", "a@b", "[::1", "a:b:c", "a:", "a:123456", "[::1]:[::1]:443", "a,b", "\xe9"])(
    "a request for %j",
    (host) => {
      expect(read(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).toBeUndefined();
    },
  );

  test("one without a Host, with bare line feeds, with too many fields, or too long", () => {
    expect(read("GET / HTTP/1.1\r\nX: y\r\n\r\n")).toBeUndefined();
    expect(read("GET / HTTP/1.1\nHost: app\n\n")).toBeUndefined();
    const many = "X: y\r\n".repeat(20);
    const head = `GET / HTTP/1.1\r\nHost: app\r\n${many}\r\n`;
    expect(read(head, { headerBytes: 1_000, headerCount: 21 })).toBeDefined();
    expect(read(head, { headerBytes: 1_000, headerCount: 20 })).toBeUndefined();
    expect(read(head, { headerBytes: head.length - 5, headerCount: 21 })).toBeUndefined();
  });
});

test("a valid request is read the same wherever it is cut behind its head, and not at all before", () => {
  const random = randomOf(11);
  for (let round = 0; round < 60; round += 1) {
    const text = writeRequest(random, randomRequest(random));
    const whole = read(text);
    const headEnd = text.indexOf("\r\n\r\n") + 4;
    for (let at = 0; at < text.length; at += at < headEnd ? 1 : 97) {
      expect(read(text.slice(0, at))).toEqual(at < headEnd ? undefined : whole);
    }
  }
});

describe("the lines of the request before", () => {
  const text = "GET /a HTTP/1.1\r\nHost: app\r\nCookie: a=1\r\n\r\n";
  const before = read(text)?.lines;
  const next = (bytes: string) => readPlainRequest(Buffer.from(bytes, "latin1"), LIMITS, before);

  test("are the same object where they come again, whatever is asked and whatever follows", () => {
    const again = next(`${text.replace("GET /a", "DELETE /bcd")}GET /`);
    expect(again).toMatchObject({
      method: "DELETE",
      target: "/bcd",
      repeats: true,
      headEnd: text.length + 5,
    });
    expect(again?.lines).toBe(before);
  });

  test.each([
    text.replace("a=1", "a=2"),
    text.replace("Cookie", "cookie"),
    text.replace("\r\n\r\n", "\r\nX: y\r\n\r\n"),
    "GET / HTTP/1.1\r\nHost: app\r\n\r\n",
  ])("are not taken for others: %j", (others) => {
    const other = next(others);
    expect(other).toEqual(read(others));
    expect(other?.repeats).toBe(false);
  });

  test("make nothing plain that is not: a head cut anywhere, another method, too large", () => {
    for (let at = 0; at < text.length; at += 1) expect(next(text.slice(0, at))).toBeUndefined();
    expect(next(text.replace("GET", "TRACE"))).toBeUndefined();
    expect(next(text.replace("HTTP/1.1", "HTTP/1.0"))).toBeUndefined();
    expect(next(text.replace("/a", `/${"a".repeat(70_000)}`))).toBeUndefined();
  });
});

test("whatever is taken, Node's parser reads the same way", async () => {
  const random = randomOf(seedOr(12));
  let taken = 0;
  for (let round = 0; round < 6_000; round += 1) {
    const valid = random.chance(0.5) ? oddRequest(random) : writeRequest(random, randomRequest(random));
    let text = valid;
    for (let times = random.int(3); times > 0; times -= 1) text = mutated(random, text);
    // What Node takes for the body must be what we take for it.
    const bytes = `${text}${"z".repeat(2_000)}`;
    const ours = read(bytes);
    if (ours === undefined) continue;
    if ((ours.lines.lengthBytes ?? 0) > 1_000) continue;
    taken += 1;
    expect(await requestByNode(bytes), JSON.stringify(text)).toEqual(asNode(ours, bytes));
  }
  expect(taken).toBeGreaterThan(1_000);
});

function asNode(
  { method, target, lines: { fields, lengthBytes = 0 }, headEnd }: PlainRequest,
  bytes: string,
) {
  return { method, target, rawHeaders: fields.raw(), body: bytes.slice(headEnd, headEnd + lengthBytes) };
}
