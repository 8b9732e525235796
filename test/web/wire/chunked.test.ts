import { describe, expect, test } from "vitest";
import { ChunkedReader, chunkStart, lastChunk } from "../../../src/web/wire/chunked.ts";
import { Fields, NO_FIELDS } from "../../../src/web/wire/fields.ts";
import { randomOf } from "../../support/random.ts";
import { mutated, randomAnswer, writeAnswer } from "../../support/random-messages.ts";

/** Reads pieces; the body, the trailers, and what was left behind the body, or what was said of a fault. */
function read(pieces: readonly string[]) {
  const reader = new ChunkedReader();
  let body = "";
  let behind = "";
  const sink = {
    onData(data: Buffer) {
      expect(data.length).toBeGreaterThan(0);
      body += data.toString("latin1");
    },
  };
  try {
    for (const piece of pieces) {
      const end = reader.read(Buffer.from(`..${piece}`, "latin1"), 2, sink);
      behind += piece.slice(end - 2);
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return error.message;
  }
  return { body, behind, isOver: reader.isOver, trailers: reader.trailers.raw() };
}

/** The random body of an answer in chunks. */
function randomChunks(seed: number): string {
  const random = randomOf(seed);
  for (;;) {
    const answer = randomAnswer(random, "GET");
    if (answer.framing !== "chunked") continue;
    const text = writeAnswer(random, answer);
    return text.slice(text.indexOf("\r\n\r\n") + 4);
  }
}

describe("a body in chunks", () => {
  test.each([
    ["0\r\n\r\n", ""],
    ["5\r\nhello\r\n0\r\n\r\n", "hello"],
    ["00005\r\nhello\r\n000\r\n\r\n", "hello"],
    ['5;a;b=c;d="e ;\\" f"\r\nhello\r\n0;z\r\n\r\n', "hello"],
    ["5  \t\r\nhello\r\n0 \r\n\r\n", "hello"],
    ["A\r\n0\r\n\r\n0\r\n\r\n\r\n1\r\nx\r\n0\r\n\r\n", "0\r\n\r\n0\r\n\r\nx"],
  ])("%j is read", (text, body) => {
    expect(read([text])).toEqual({ body, behind: "", isOver: true, trailers: [] });
  });

  test("has trailers, kept as they came", () => {
    expect(read(["0\r\nX-A: 1\r\nx-a:2\r\n\r\n"])).toMatchObject({ trailers: ["X-A", "1", "x-a", "2"] });
  });

  test("ends where it ends: what stands behind is not touched", () => {
    expect(read(["0\r\n\r\n0\r\n\r\nX"])).toMatchObject({ behind: "0\r\n\r\nX", isOver: true });
    expect(read(["0\r\nX: y\r\n\r\n", "\r\n"])).toMatchObject({ behind: "\r\n", isOver: true });
  });

  test("is read the same however it is cut, with all that stands behind", () => {
    for (let seed = 0; seed < 60; seed += 1) {
      const text = `${randomChunks(seed)}behind`;
      const whole = read([text]);
      expect(whole).toMatchObject({ isOver: true, behind: "behind" });
      expect(read([...text])).toEqual(whole);
      for (let at = 1; at < text.length; at += 3) {
        expect(read([text.slice(0, at), text.slice(at)])).toEqual(whole);
      }
    }
  });

  test("is not over before its end", () => {
    for (let seed = 100; seed < 130; seed += 1) {
      const text = randomChunks(seed);
      for (let at = 0; at < text.length; at += 1) {
        expect(read([text.slice(0, at)])).toMatchObject({ isOver: false });
      }
    }
  });

  test("with something wrong is refused however it is cut, or read the same: nothing throws, nothing hangs", () => {
    const random = randomOf(41);
    for (let seed = 200; seed < 500; seed += 1) {
      const text = mutated(random, randomChunks(seed));
      const whole = read([text]);
      const pieces = read([...text]);
      // What is refused for its line as a whole may be refused before the line is.
      if (typeof whole === "string") expect(typeof pieces).toBe("string");
      else expect(pieces).toEqual(whole);
    }
  });

  test.each([
    ...[
      "\r\n",
      "x\r\n",
      "0x5\r\n",
      "-5\r\n",
      "+5\r\n",
      " 5\r\n",
      "5g\r\n",
      "5\n",
      "5\r",
      "1234567890123\r\n",
      "5,5\r\n",
    ],
    ...[
      "5;\r\n",
      "5;=b\r\n",
      "5;a=\r\n",
      "5; a\r\n",
      "5 ;a\r\n",
      '5;a="b\r\n',
      '5;a="\r\n"\r\n',
      "5;a\nb\r\n",
      "5;a\rb\r\n",
    ],
    ...["5;a=\0\r\n", "5;\xe9\r\n", "5;a b\r\n", "2\r\nokX", "2\r\nok\n", "2\r\nok\rX", "2\r\nok0\r\n\r\n"],
    ...[
      "0\r\nX : y\r\n\r\n",
      "0\r\n X: y\r\n\r\n",
      "0\r\nX\r\n\r\n",
      "0\r\nX: a\r\n b\r\n\r\n",
      "0\r\nX: a\n\r\n\r\n",
    ],
    ...["0\r\nContent-Length: 5\r\n\r\n", "0\r\ntransfer-encoding: chunked\r\n\r\n", "0\r\nX: \0\r\n\r\n"],
  ])("%j is refused", (text) => {
    expect(read([`${text}${"\r\n".repeat(2)}`])).toEqual(expect.any(String));
  });

  test("is refused before it fills the memory", () => {
    expect(read(Array.from({ length: 9 }, () => "5;a=".padEnd(1_000, "b")))).toMatch(/does not end/);
    expect(read(["0\r\n", ...Array.from({ length: 70 }, () => `X: ${"y".repeat(1_000)}\r\n`)])).toMatch(
      /do not end/,
    );
  });
});

test("what is written is what is read", () => {
  const trailers = Fields.of(["X-Sum", "1", "x-sum", ""]);
  const text = `${chunkStart(11)}hello world\r\n${chunkStart(1)}!\r\n${lastChunk(trailers)}`;
  expect(read([text])).toEqual({ body: "hello world!", behind: "", isOver: true, trailers: trailers.raw() });
  expect(lastChunk(NO_FIELDS)).toBe("0\r\n\r\n");
});
