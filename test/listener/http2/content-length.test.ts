import { describe, expect, test } from "vitest";
import { type RawCore, startFront, startRawCore } from "../../support/front.ts";
import { poll } from "../../support/poll.ts";
import { connectRawHttp2, get, type RawHttp2, requestFields } from "../raw-http2.ts";
import { answersOk } from "./cores.ts";
import {
  answered,
  CODE,
  data,
  fieldOf,
  headers,
  heard,
  resetCode,
  SETTING,
  settings,
  settled,
  TYPE,
  windowUpdate,
} from "./session.ts";

type Pair = readonly [string, string];

const post = (lengths: readonly string[], ends = false) => {
  const fields = lengths.map((length): Pair => ["content-length", length]);
  return headers(1, [...requestFields("POST", "/hang"), ...fields], { ends });
};
const trailers = headers(1, [["x-sum", "1"]], { ends: true });

/** The bodies that have reached the core: what stands behind each head. */
function bodiesAt(core: RawCore): string[] {
  return core.connections
    .map((connection) => connection.received())
    .filter((text) => text.includes("\r\n\r\n"))
    .map((text) => text.slice(text.indexOf("\r\n\r\n") + 4));
}

/** Starts a front; gives it a client that has sent these frames as the first of a connection. */
async function send(frames: readonly Buffer[]) {
  const stack = new AsyncDisposableStack();
  const core = stack.use(await startRawCore(answersOk));
  const front = stack.use(await startFront(core.port));
  const client = stack.use(await connectRawHttp2(front));
  client.send(Buffer.concat(frames));
  return { core, front, client, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe("a request whose body is not as long as its content-length is reset: PROTOCOL_ERROR (RFC 9113 section 8.1.1)", () => {
  test.each<[what: string, frames: readonly Buffer[]]>([
    ["none, in HEADERS that end it", [post(["5"], true)]],
    ["none, by an empty DATA frame", [post(["5"]), data(1, "", { ends: true })]],
    ["none, by trailers", [post(["5"]), trailers]],
    ["shorter, by DATA", [post(["5"]), data(1, "abcd", { ends: true })]],
    ["shorter, in several", [post(["5"]), data(1, "ab"), data(1, "cd"), data(1, "", { ends: true })]],
    ["shorter, by trailers", [post(["5"]), data(1, "abcd"), trailers]],
    ["shorter, but for its padding", [post(["5"]), data(1, "abcd", { ends: true, padding: 1 })]],
    ["longer, in one frame", [post(["5"]), data(1, "abcdef")]],
    ["longer, in one frame that ends it", [post(["5"]), data(1, "abcdef", { ends: true })]],
    [
      "longer, by one byte of several",
      [post(["5"]), data(1, "abc"), data(1, "def"), data(1, "", { ends: true })],
    ],
    ["longer, in a padded frame", [post(["5"]), data(1, "abcdef", { padding: 9 })]],
    ["longer than nothing", [post(["0"]), data(1, "a", { ends: true })]],
  ])("%s; and it never looks complete to the core", async (_what, frames) => {
    await using all = await send(frames);
    expect(await resetCode(all.client, 1)).toBe(CODE.PROTOCOL_ERROR);
    await poll("nothing in flight", () => all.front.forwarder.inFlight === 0);
    all.client.send(get(3, "/ok"));
    expect((await answered(all.client, 3)).body.toString()).toBe("ok");
    await poll("the broken connections to close", () =>
      all.core.connections.every(({ socket, received }) => socket.closed || received().includes("GET /ok")),
    );
    const lengthOf = (body: string) => body.length;
    expect(Math.max(0, ...bodiesAt(all.core).map(lengthOf))).toBeLessThan(5);
    expect(heard(all.client.frames, 1).blocks).toEqual([]);
  });

  test("longer, though the core has seen as much as was announced", async () => {
    await using all = await send([post(["5"]), data(1, "abcde")]);
    const connection = await all.core.connection(0);
    await connection.wait((text) => text.endsWith("\r\n\r\nabcde"));
    all.client.send(data(1, "f"));
    expect(await resetCode(all.client, 1)).toBe(CODE.PROTOCOL_ERROR);
    await poll("the core's connection to close", () => connection.socket.closed);
    expect(bodiesAt(all.core)).toEqual(["abcde"]);
  });

  test("while none of it has come, and the core waits: it sees a head whose body never comes", async () => {
    await using all = await send([post(["5"])]);
    const connection = await all.core.connection(0);
    await connection.wait((text) => text.endsWith("\r\n\r\n"));
    all.client.send(data(1, "", { ends: true }));
    expect(await resetCode(all.client, 1)).toBe(CODE.PROTOCOL_ERROR);
    await poll("the core's connection to close", () => connection.socket.closed);
    expect(bodiesAt(all.core)).toEqual([""]);
  });
});

describe("a request with a wrong content-length is reset, and the core sees nothing of it (RFC 9113 section 8.1.1)", () => {
  test.each([
    ...[["5", "5"], ["5", "6"], ["0", "5"], ["+5"], ["-5"], ["0x5"], ["5, 5"], ["5,6"], ["5 5"], [""]],
    ...[["five"], ["5.0"], ["1e1"], ["9999999999999999999"], ["\xb5"]],
  ])("%j %j", async (...lengths) => {
    const given = lengths.filter((length) => length !== undefined);
    await using all = await send([post(given), data(1, "abcde", { ends: true })]);
    expect(await resetCode(all.client, 1)).toBe(CODE.PROTOCOL_ERROR);
    all.client.send(get(3, "/ok"));
    await answered(all.client, 3);
    expect(all.core.connections).toHaveLength(1);
    expect(all.core.connections[0]?.received()).toMatch(/^GET \/ok /);
  });
});

describe("a request is served whose body is as long as its content-length (RFC 9113 section 8.1.1)", () => {
  const head = (length: string, ends = false) =>
    headers(1, [...requestFields("POST", "/ok"), ["content-length", length]], { ends });
  test.each<[what: string, frames: readonly Buffer[], body: string]>([
    ["in one frame", [head("5"), data(1, "abcde", { ends: true })], "abcde"],
    [
      "in several, some of them empty",
      [head("5"), data(1, ""), data(1, "abc"), data(1, "de"), data(1, "", { ends: true })],
      "abcde",
    ],
    ["padded", [head("5"), data(1, "abcde", { ends: true, padding: 200 })], "abcde"],
    ["behind zeros", [head("0005"), data(1, "abcde", { ends: true })], "abcde"],
    ["with trailers, which no length leaves room for", [head("5"), data(1, "abcde"), trailers], "abcde"],
    ["nothing, in HEADERS that end it", [head("0", true)], ""],
    ["nothing, by an empty DATA frame", [head("0"), data(1, "", { ends: true })], ""],
    ["nothing, by trailers", [head("0"), trailers], ""],
  ])("%s", async (_what, frames, body) => {
    await using all = await send(frames);
    expect((await answered(all.client, 1)).body.toString()).toBe("ok");
    await poll("the body", () => bodiesAt(all.core)[0] === body);
    expect(all.core.connections[0]?.received()).not.toMatch(/transfer-encoding/i);
  });
});

/** Beginnings of answers, each of which is not the whole. */
const CUT: Record<string, { readonly text: string; readonly bytes: number }> = {
  "by a length": { text: "Content-Length: 99\r\n\r\nhalf", bytes: 4 },
  "by a length, but for one byte": { text: "Content-Length: 5\r\n\r\nhalf", bytes: 4 },
  "by a length, before its body": { text: "Content-Length: 99\r\n\r\n", bytes: 0 },
  "by chunks, before the first": { text: "Transfer-Encoding: chunked\r\n\r\n", bytes: 0 },
  "by chunks, in one": { text: "Transfer-Encoding: chunked\r\n\r\n9\r\nhalf", bytes: 4 },
  "by chunks, behind one": { text: "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", bytes: 4 },
  "by chunks, in the last": { text: "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n", bytes: 4 },
  "by chunks, in the trailers": {
    text: "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\nX-Sum: 1\r\n",
    bytes: 4,
  },
};

describe("an answer that is cut short is never taken for complete (RFC 9113 section 8.1.1)", () => {
  const faulty = { text: "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n" };
  test.each([...Object.entries(CUT), ["by what is no chunk", faulty] as const])(
    "delimited %s, at once",
    async (_how, { text }) => {
      await using all = await send([]);
      all.client.send(get(1, "/cut"));
      const { socket } = await all.core.connection(0);
      socket.end(`HTTP/1.1 200 OK\r\n${text}`);
      const { blocks, hasEnded, resetCode: code, body } = await outcome(all.client);
      // Where nothing has gone out, it may still be told what is wrong.
      if (fieldOf(blocks[0], ":status") === "200")
        expect([hasEnded, code]).toEqual([false, CODE.INTERNAL_ERROR]);
      else {
        expect(fieldOf(blocks[0], ":status")).toBe("502");
        expect(JSON.parse(body.toString())).toMatchObject({ status: 502 });
        expect(code).toBeUndefined();
      }
      await expectServes(all.client);
    },
  );

  test.each(
    Object.entries(CUT).flatMap(([how, cut]) => [
      { how, ...cut, end: "by an end" as const },
      { how, ...cut, end: "by a reset" as const },
    ]),
  )("delimited $how, $end, when its beginning has gone out", async ({ text, bytes, end }) => {
    await using all = await send([]);
    all.client.send(get(1, "/cut"));
    const { socket } = await all.core.connection(0);
    socket.write(`HTTP/1.1 200 OK\r\n${text}`);
    await poll("its beginning", () => {
      const { blocks, body } = heard(all.client.frames, 1);
      return blocks.length === 1 && body.length === bytes;
    });
    if (end === "by an end") socket.end();
    else void socket.resetAndDestroy();
    expect(await resetCode(all.client, 1)).toBe(CODE.INTERNAL_ERROR);
    expect(heard(all.client.frames, 1).hasEnded).toBe(false);
    await expectServes(all.client);
  });

  test.each(["Content-Length: 99\r\n\r\nhalf", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"])(
    "though its body waits for the client's window: %j",
    async (text) => {
      await using all = await send([settings([SETTING.INITIAL_WINDOW_SIZE, 3])]);
      all.client.send(get(1, "/cut"));
      const { socket } = await all.core.connection(0);
      socket.write(`HTTP/1.1 200 OK\r\n${text}`);
      await all.client.frame(
        "three bytes",
        ({ type, payload }) => type === TYPE.DATA && payload.length === 3,
      );
      socket.end();
      await poll("the core's connection to close", () => socket.closed);
      all.client.send(windowUpdate(1, 1_000));
      expect(await resetCode(all.client, 1)).toBe(CODE.INTERNAL_ERROR);
      expect(heard(all.client.frames, 1).hasEnded).toBe(false);
      await expectServes(all.client);
    },
  );

  test("in its head: it is a 502", async () => {
    await using all = await send([]);
    all.client.send(get(1, "/cut"));
    const { socket } = await all.core.connection(0);
    socket.end("HTTP/1.1 200 OK\r\nContent-Le");
    const { blocks } = await answered(all.client, 1);
    expect(blocks.map((block) => fieldOf(block, ":status"))).toEqual(["502"]);
    await expectServes(all.client);
  });
});

/** What came of the first stream, when it is over. */
async function outcome(client: RawHttp2) {
  return await poll("the stream to be over", () => {
    const it = heard(client.frames, 1);
    return (it.hasEnded || it.resetCode !== undefined) && it;
  });
}

/** The connection is still of use, and nothing more came on its first stream. */
async function expectServes(client: RawHttp2): Promise<void> {
  const before = client.frames.filter(({ streamId }) => streamId === 1).length;
  client.send(get(3, "/ok"), windowUpdate(3, 1_000));
  expect((await answered(client, 3)).body.toString()).toBe("ok");
  await settled(client);
  expect(client.frames.filter(({ streamId }) => streamId === 1)).toHaveLength(before);
}
