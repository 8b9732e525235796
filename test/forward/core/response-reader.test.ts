import { describe, expect, test } from "vitest";
import type { ResponseHead } from "../../../src/forward/core/response-head.ts";
import { ResponseReader } from "../../../src/forward/core/response-reader.ts";
import type { Fields } from "../../../src/web/wire/fields.ts";
import { answerByNode } from "../../support/node-parser.ts";
import { type Random, randomOf, seedOr } from "../../support/random.ts";
import {
  cut,
  mutated,
  oddAnswer,
  randomAnswer,
  randomInterim,
  writeAnswer,
} from "../../support/random-messages.ts";

/** What the reader tells of one answer. */
interface Read {
  interim: number[];
  head: ResponseHead | undefined;
  body: string;
  /** Undefined while the answer is not complete. */
  trailers: Fields | undefined;
  isReusable: boolean;
  /** What it said of what it refused. */
  refusal: string | undefined;
}

/** How an answer comes. `isClosed`: the core then closes its side. */
interface Coming {
  readonly isToHead?: boolean;
  readonly isClosed?: boolean;
}

/** Lets a new reader read an answer in pieces. */
function read(pieces: readonly string[], coming: Coming = {}): Read {
  return createRead()(pieces, coming);
}

/** A reader, to be given one answer after the other. */
function createRead() {
  let found: Read;
  const reader = new ResponseReader({
    onInterim: ({ status }) => found.interim.push(status),
    onHead: (head) => Object.assign(found, { head }),
    onData(data) {
      found.body += data.toString("latin1");
    },
    onEnd: (trailers, isReusable) => Object.assign(found, { trailers, isReusable }),
  });
  return (pieces: readonly string[], { isToHead = false, isClosed = true }: Coming = {}): Read => {
    found = {
      ...{
        interim: [],
        head: undefined,
        body: "",
        trailers: undefined,
        isReusable: false,
        refusal: undefined,
      },
    };
    reader.expect(isToHead);
    try {
      for (const piece of pieces) reader.read(Buffer.from(piece, "latin1"));
      if (isClosed) reader.close();
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      found.refusal = error.message;
    }
    return found;
  };
}

const headOf = (lines: string, isToHead = false) => read([`${lines}\r\n\r\n`], { isToHead });

describe("the end of an answer is where", () => {
  test.each([
    ["its Content-Length says", "HTTP/1.1 200 OK\r\nContent-Length:  2 \r\n\r\nok", "ok", true],
    [
      "its last chunk is",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
      "ok",
      true,
    ],
    ["the connection ends", "HTTP/1.1 200 OK\r\n\r\nok", "ok", false],
    ["its head is, for a 204", "HTTP/1.1 204 X\r\n\r\n", "", true],
    ["its head is, for a 304 with a Content-Length", "HTTP/1.1 304 X\r\nContent-Length: 9\r\n\r\n", "", true],
    ["its Content-Length of 0 says", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", true],
  ])("%s", (_where, text, body, isReusable) => {
    expect(read([text])).toMatchObject({ body, isReusable, trailers: { names: [] }, refusal: undefined });
  });

  test("its head is, for the answer to HEAD", () => {
    const answer = headOf("HTTP/1.1 200 OK\r\nContent-Length: 9", true);
    expect(answer).toMatchObject({ body: "", isReusable: true, trailers: { names: [] } });
    expect(headOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", true)).toMatchObject({ isReusable: true });
  });
});

describe("the connection is used again", () => {
  test.each([
    ["Connection: close", false],
    ["Connection: close, X-Foo", false],
    ["connection: X-Foo , CLOSE", false],
    ["Connection: X-Foo\r\nConnection: close", false],
    ["Connection: keep-alive", true],
    ["Connection: X-Foo", true],
    ["Keep-Alive: timeout=5", true],
  ])("after HTTP/1.1 with %j: %s", (line, isReusable) => {
    expect(headOf(`HTTP/1.1 200 OK\r\n${line}\r\nContent-Length: 0`)).toMatchObject({ isReusable });
  });

  test.each([
    ["Content-Length: 0", false],
    ["Connection: keep-alive\r\nContent-Length: 0", true],
    ["Connection: Keep-Alive, X-Foo\r\nContent-Length: 0", true],
    ["Connection: keep-alive, close\r\nContent-Length: 0", false],
    // Chunks from HTTP/1.0 are a fault of framing (RFC 9112 section 6.1).
    ["Connection: keep-alive\r\nTransfer-Encoding: chunked", false],
  ])("after HTTP/1.0 with %j: %s", (lines, isReusable) => {
    const body = lines.includes("chunked") ? "0\r\n\r\n" : "";
    expect(read([`HTTP/1.0 200 OK\r\n${lines}\r\n\r\n${body}`])).toMatchObject({
      isReusable,
      refusal: undefined,
    });
  });

  test.each([
    ["a Content-Length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"],
    ["chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["no body", "HTTP/1.1 204 X\r\n\r\n"],
  ])("never when more came than an answer with %s, of which nothing is lost", (_what, text) => {
    for (const behind of ["x", "\n", "HTTP/1.1 200 OK\r\n\r\n"]) {
      const found = read([text + behind], { isClosed: false });
      expect(found).toMatchObject({ isReusable: false, refusal: undefined, trailers: { names: [] } });
      expect(read([text, behind], { isClosed: false }).refusal).toMatch(/no answer/);
    }
  });
});

test("the connection is not used again after an interim answer that says so", () => {
  const answer =
    "HTTP/1.1 100 Continue\r\nConnection: close\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  expect(read([answer])).toMatchObject({ interim: [100], isReusable: false, refusal: undefined });
});

describe("refused, since it could be understood in two ways, is", () => {
  test.each([
    ...[
      "Content-Length: +5",
      "Content-Length: 0x5",
      "Content-Length: 5, 5",
      "Content-Length: -0",
      "Content-Length:",
    ],
    ...["Content-Length: 5\r\nContent-Length: 5", "Content-Length: 5 5", "Content-Length: 9999999999999999"],
    ...[
      "Transfer-Encoding: identity",
      "Transfer-Encoding: gzip, chunked",
      "Transfer-Encoding: chunked, chunked",
    ],
    ...["Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "Transfer-Encoding: chunked;q=1"],
    ...["Transfer-Encoding: xchunked", "Transfer-Encoding:", "Transfer-Encoding: \x0bchunked"],
    ...["Transfer-Encoding: chunked\r\nContent-Length: 0", "Content-Length: 5\r\nTransfer-Encoding: chunked"],
    ...[
      "X : y",
      " X: y",
      "X",
      ": y",
      "X\x80: y",
      "X: a\r\n b",
      "X: \0",
      "X: \x7f",
      "X: a\nb",
      "X: a\rb",
      "X: y\r",
    ],
  ])("a head with %j", (line) => {
    expect(headOf(`HTTP/1.1 200 OK\r\n${line}`)).toMatchObject({
      head: undefined,
      refusal: expect.anything(),
    });
    // Also where no body is expected: what it means for the next one nobody knows.
    expect(headOf(`HTTP/1.1 304 X\r\n${line}`).refusal).toBeDefined();
  });

  test.each([
    ...[
      "HTTP/1.2 200 OK",
      "HTTP/2.0 200 OK",
      "http/1.1 200 OK",
      "HTTP/1.1  200 OK",
      "HTTP/1.1 2000 OK",
      "HTTP/1.1 20 OK",
    ],
    ...[
      "HTTP/1.1 099 X",
      "HTTP/1.1 200\tOK",
      "HTTP/1.1 200 \0",
      "HTTP/1.1 +20 OK",
      "HTTP/1.1 101 X",
      "\r\nHTTP/1.1 200 OK",
    ],
  ])("a status line %j", (line) => {
    expect(headOf(line).refusal).toBeDefined();
  });
});

describe("memory is bounded:", () => {
  test("a head that does not end is refused at 64 KiB", () => {
    const line = `X: ${"y".repeat(1_000)}\r\n`;
    const pieces = ["HTTP/1.1 200 OK\r\n", ...Array.from({ length: 70 }, () => line)];
    expect(read(pieces, { isClosed: false }).refusal).toMatch(/larger than 65536/);
    expect(read([pieces.join("")], { isClosed: false }).refusal).toMatch(/larger than 65536/);
    expect(read([`${pieces.join("")}\r\n`], { isClosed: false }).refusal).toMatch(/larger than 65536/);
  });

  test.each(["SSH-2.0-x", "\0", "HTTP/2", "220 ready"])(
    "what is no HTTP from its beginning is refused at once: %j",
    (text) => {
      expect(read([text], { isClosed: false }).refusal).toMatch(/status line/);
    },
  );
});

test("a valid answer is read the same however it is cut", () => {
  const random = randomOf(21);
  for (let round = 0; round < 150; round += 1) {
    const method = random.pick(["GET", "HEAD"]);
    const interim = random.chance(0.3) ? randomInterim(random) : "";
    const text = interim + writeAnswer(random, randomAnswer(random, method));
    const options = { isToHead: method === "HEAD" };
    const whole = read([text], options);
    expect(whole.refusal, JSON.stringify(text)).toBeUndefined();
    expect(whole.trailers).toBeDefined();
    expect(read([...text], options)).toEqual(whole);
    for (let at = 1; at < text.length; at += 1 + random.int(7)) {
      expect(read([text.slice(0, at), text.slice(at)], options), `${at}`).toEqual(whole);
    }
    expect(read(cut(random, text, 9), options)).toEqual(whole);
  }
});

describe("on a connection that has had answers before", () => {
  const head = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: y\r\n\r\n";

  test("a head that comes again is the same one, and is not read again", () => {
    const readOn = createRead();
    const first = readOn([`${head}ok`]);
    const second = readOn([`${head}no`]);
    expect(second).toMatchObject({ body: "no", isReusable: true });
    expect(second.head).toBe(first.head);
    expect(readOn([head.replace("y", "z"), "ok"]).head).not.toBe(first.head);
  });

  test("the same head means something else to a HEAD, and after it", () => {
    const readOn = createRead();
    for (const isToHead of [false, true, true, false]) {
      expect(readOn([isToHead ? head : `${head}ok`], { isToHead })).toMatchObject({
        body: isToHead ? "" : "ok",
        isReusable: true,
      });
    }
  });

  test("each is read as on a new one, however alike they are", () => {
    const random = randomOf(seedOr(24));
    let again = 0;
    for (let round = 0; round < 1_500; round += 1) again += readAlike(random);
    expect(again).toBeGreaterThan(500);
  });
});

/** Has some answers read by one reader and by new ones; tells how often a head was that of the answer before. */
function readAlike(random: Random): number {
  const texts = [random.pick(["GET", "HEAD"]), "GET"].map((method) =>
    writeAnswer(random, randomAnswer(random, method)),
  );
  let readOn = createRead();
  let before: ResponseHead | undefined;
  let again = 0;
  for (let count = 0; count < 8; count += 1) {
    const text = random.pick(texts);
    const pieces = cut(random, random.chance(0.2) ? mutated(random, text) : text, 1 + random.int(3));
    const coming = { isToHead: random.chance(0.2), isClosed: false };
    const found = readOn(pieces, coming);
    expect(found, JSON.stringify(pieces)).toEqual(read(pieces, coming));
    if (found.head !== undefined && found.head === before) again += 1;
    before = found.head;
    if (!found.isReusable) readOn = createRead();
  }
  return again;
}

test("an answer that is cut short is never complete", () => {
  const random = randomOf(22);
  for (let round = 0; round < 150; round += 1) {
    const answer = randomAnswer(random, "GET");
    const text = writeAnswer(random, answer);
    const bodyAt = text.indexOf("\r\n\r\n") + 4;
    for (let at = 0; at < text.length; at += 1 + random.int(5)) {
      const { trailers } = read([text.slice(0, at)]);
      // The end of the connection is an end, and so is any place behind the head.
      if (answer.framing === "close" && at >= bodyAt) expect(trailers).toBeDefined();
      else expect(trailers, `${at} of ${JSON.stringify(text)}`).toBeUndefined();
    }
  }
});

test("whatever is taken, Node's parser reads the same way", async () => {
  const random = randomOf(seedOr(23));
  let taken = 0;
  for (let round = 0; round < 6_000; round += 1) {
    const method = random.pick(["GET", "GET", "HEAD"]);
    const text = randomText(random, method);
    const options = { isToHead: method === "HEAD" };
    const ours = read(cut(random, text, 2), options);
    if (ours.trailers === undefined || ours.refusal !== undefined || isOdd(ours, text)) continue;
    // What stands behind an answer we drop, and Node may call it a fault of the answer.
    const isLonger = read([text.slice(0, -1)], options).trailers !== undefined;
    if (isLonger && ours.head?.framing !== "close") continue;
    taken += 1;
    expect(await answerByNode(text, method), `${method} ${JSON.stringify(text)}`).toEqual(asNode(ours));
  }
  expect(taken).toBeGreaterThan(1_000);
});

function randomText(random: Random, method: string): string {
  let text = random.chance(0.5) ? oddAnswer(random) : writeAnswer(random, randomAnswer(random, method));
  if (random.chance(0.1)) text = randomInterim(random) + text;
  for (let times = random.int(3); times > 0; times -= 1) text = mutated(random, text);
  return text;
}

/** What we take from old servers and Node refuses: sizes padded with blanks, an answer behind a 100 that says "close". */
function isOdd({ interim }: Read, text: string): boolean {
  return /^[\da-f]+[\t ]+\r$/im.test(text) || (interim.length > 0 && /^connection:.*close/im.test(text));
}

function asNode({ interim, head, body, trailers }: Read) {
  return {
    ...{ interim, status: head?.status, reason: head?.reason, rawHeaders: head?.fields.raw() },
    ...{ body, rawTrailers: trailers?.raw(), isComplete: true },
  };
}
