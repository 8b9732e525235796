import { createHash } from "node:crypto";
import { connect } from "node:http2";
import { describe, expect, test } from "vitest";
import {
  connectRawHttp2,
  errorCodeOf,
  FLAG,
  FRAME,
  frame,
  get,
  headerBlock,
  requestFields,
} from "../../listener/raw-http2.ts";
import { connectRaw, unusedPort } from "../../support/front.ts";
import { onlyValue, readMessages } from "../../support/messages.ts";
import { poll } from "../../support/poll.ts";
import { closedState, HTTP1, HTTP2, namesOf, OK, startScene } from "./scene.ts";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const HANDSHAKE = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n`;
const UPGRADE = `GET /ws HTTP/1.1\r\nHost: app\r\n${HANDSHAKE}\r\n`;
const hasHead = (text: string) => text.includes("\r\n\r\n");

/** The answer to the key of a handshake (RFC 6455 section 4.2.2). */
function acceptOf(key: string): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

function switched(key: string): string {
  return `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${acceptOf(key)}\r\n\r\n`;
}

describe("18. an upgrade is joined from its first byte, or refused in order (RFC 6455 section 4)", () => {
  test.each(HTTP1)("$name: what is sent ahead arrives, both ways", async (route) => {
    await using scene = await startScene(route);
    using client = await connectRaw(scene.front, `${UPGRADE}\x81\x85abcdefghi`);
    const connection = await scene.core.connection(0);
    expect(await connection.wait(hasHead)).toContain("GET /ws HTTP/1.1\r\n");
    connection.socket.write(`${switched(KEY)}\x81\x05early`, "latin1");
    await client.wait((text) => text.endsWith("\r\n\r\n\x81\x05early"));
    await connection.wait((text) => text.endsWith("\r\n\r\n\x81\x85abcdefghi"));
  });

  test.each(HTTP1)("$name: a refusal in chunks arrives whole, and is framed as it says", async (route) => {
    const refusal =
      "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n2\r\n!!\r\n0\r\n\r\n";
    await using scene = await startScene(route, { answers: [refusal] });
    using client = await connectRaw(scene.front, UPGRADE);
    const { messages, rest } = readMessages(await client.closed(), () => "answer");
    expect(messages).toMatchObject([{ start: "HTTP/1.1 401 Unauthorized", body: "no!!" }]);
    expect(rest).toBe("");
    expect(onlyValue(messages[0]?.fields ?? [], "www-authenticate")).toBe("Basic");
  });

  test.each(HTTP1)("$name: a client that resets before the 101 harms nobody", async (route) => {
    await using scene = await startScene(route);
    using client = await connectRaw(scene.front, UPGRADE);
    const connection = await scene.core.connection(0);
    await connection.wait(hasHead);
    const state = closedState(connection);
    client.socket.destroy();
    await poll("the core's connection to close", () => state.isClosed);
    await poll("nothing in flight", () => scene.front.forwarder.inFlight === 0);
    const talk = await scene.ask();
    (await scene.arrived(1)).answer(OK);
    expect((await talk.reply()).status).toBe(200);
  });

  test.each(HTTP1)(
    "$name: a core that is not there, or breaks off, is a 503 or a 502 with a reason",
    async (route) => {
      await using front = await route.start(await unusedPort());
      using lonely = await connectRaw(front, UPGRADE);
      expect(await lonely.closed()).toMatch(/^HTTP\/1\.1 503 [\s\S]*Sidecar-Error: core-unavailable/);
      await using scene = await startScene(route, {
        core: ({ socket }) => socket.once("data", () => socket.resetAndDestroy()),
      });
      using client = await connectRaw(scene.front, UPGRADE);
      expect(await client.closed()).toMatch(/^HTTP\/1\.1 502 [\s\S]*Sidecar-Error: core-reset/);
    },
  );
});

describe("19. an upgrade that is none of ours to carry is a plain request, and its connection goes on (RFC 9110 section 7.8)", () => {
  describe.each(HTTP1)("$name", (route) => {
    test.each([
      [
        "to h2c",
        "GET",
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
        "",
      ],
      ["to a newer TLS", "OPTIONS", "Connection: Upgrade\r\nUpgrade: TLS/1.2\r\n", ""],
      ["of a POST to a WebSocket", "POST", `${HANDSHAKE}Content-Length: 2\r\n`, "hi"],
    ])("%s", async (_what, method, fields, body) => {
      await using scene = await startScene(route, { answers: [OK] });
      const head = `${method} / HTTP/1.1\r\nHost: app\r\n`;
      using client = await connectRaw(scene.front, `${head}${fields}\r\n${body}`);
      await client.wait((text) => text.endsWith("ok"));
      const { message } = await scene.arrived();
      expect(namesOf(message.fields)).not.toContain("upgrade");
      expect(namesOf(message.fields)).not.toContain("http2-settings");
      expect(message.body).toBe(body);
      client.send("GET /next HTTP/1.1\r\nHost: app\r\n\r\n");
      await client.wait((text) => text.split("200 OK").length === 3);
    });
  });
});

describe("20. a WebSocket over HTTP/2 reaches the core as one over HTTP/1.1 (RFC 8441 section 5)", () => {
  test("and carries bytes both ways", async () => {
    await using scene = await startScene(HTTP2);
    const session = connect(`https://127.0.0.1:${scene.front.port}`, { ca: scene.front.ca });
    session.on("error", () => undefined);
    await poll("the setting", () => session.remoteSettings.enableConnectProtocol === true);
    const stream = session.request({
      ":method": "CONNECT",
      ":protocol": "websocket",
      ":authority": "app",
      ":path": "/ws?x",
      "sec-websocket-version": "13",
      origin: "https://app",
    });
    let status = 0;
    let received = "";
    stream.on("response", (headers) => {
      status = Number(headers[":status"]);
    });
    stream.on("data", (data: Buffer) => {
      received += data.toString("latin1");
    });
    stream.on("error", () => undefined);
    const { message, connection, answer } = await scene.arrived();
    expect(message.start).toBe("GET /ws?x HTTP/1.1");
    expect(onlyValue(message.fields, "upgrade")).toBe("websocket");
    expect(onlyValue(message.fields, "x-forwarded-proto")).toBe("https");
    answer(`${switched(onlyValue(message.fields, "sec-websocket-key") ?? "")}\x81\x02hi`);
    await poll("the consent", () => status === 200);
    await poll("the first frame", () => received === "\x81\x02hi");
    stream.write(Buffer.from("\x81\x82abcdef", "latin1"));
    await connection.wait((text) => text.endsWith("\r\n\r\n\x81\x82abcdef"));
    session.destroy();
  });
});

describe("21. an HTTP/2 request is one of HTTP/1.1 to the core (RFC 9113 sections 8.2.2, 8.2.3 and 8.3.1)", () => {
  test("no pseudo-fields, the Host of :authority, the crumbs of the cookie joined", async () => {
    await using scene = await startScene(HTTP2, {
      answers: ["HTTP/1.1 200 Fine\r\nContent-Length: 2\r\n\r\nok"],
    });
    using client = await connectRawHttp2(scene.front);
    const crumbs = [
      ["cookie", "a=1"],
      ["x-odd", "y"],
      ["cookie", "b=2; c=3"],
      ["cookie", "d=4"],
    ] as const;
    client.send(get(1, "//a?b", crumbs));
    const { message } = await scene.arrived();
    expect(message.start).toBe("GET //a?b HTTP/1.1");
    expect(message.fields[0]).toEqual(["Host", "app"]);
    expect(onlyValue(message.fields, "cookie")).toBe("a=1; b=2; c=3; d=4");
    expect(message.fields.filter(([name]) => name.startsWith(":"))).toEqual([]);
    const { payload } = await client.frame("the body", ({ type }) => type === FRAME.DATA);
    expect(payload.toString()).toBe("ok");
  });

  test.each(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "te"])(
    "a %s in it makes it malformed: it never reaches the core",
    async (name) => {
      await using scene = await startScene(HTTP2, { answers: [OK] });
      using client = await connectRawHttp2(scene.front);
      client.send(get(1, "/", [[name, "x"]]));
      const reset = await client.frame(
        "the reset",
        ({ type }) => type === FRAME.RST_STREAM || type === FRAME.GOAWAY,
      );
      expect(reset.type === FRAME.GOAWAY || reset.streamId === 1).toBe(true);
      expect(scene.count()).toBe(0);
    },
  );

  // nghttp2 drops such a field, or resets the stream.
  test.each([
    ["a line end in its value", [["x-bad", "a\r\nX-Injected: 1"]]],
    ["a NUL in its value", [["x-bad", "a\0b"]]],
    ["an upper-case name", [["X-Bad", "1"]]],
    ["a colon in its name", [["x-bad:x", "1"]]],
    ["a blank in its name", [["x-bad x", "1"]]],
  ] as const)("a field with %s never reaches the core", async (_what, more) => {
    await using scene = await startScene(HTTP2, { answers: [OK] });
    using client = await connectRawHttp2(scene.front);
    client.send(get(1, "/", more));
    const ends: readonly number[] = [FRAME.RST_STREAM, FRAME.HEADERS, FRAME.GOAWAY];
    await client.frame("an end", ({ type }) => ends.includes(type));
    for (const { received } of scene.core.connections) expect(received()).not.toMatch(/injected|x-bad/i);
  });
});

describe("22. an HTTP/2 client can't take more than its share (RFC 9113 section 10.5)", () => {
  const REFUSED_STREAM = 7;

  test("100 requests at once are offered, and those beyond are refused", async () => {
    await using scene = await startScene(HTTP2);
    using client = await connectRawHttp2(scene.front, { acknowledges: false });
    const settings = await client.frame(
      "the settings",
      ({ type, flags }) => type === FRAME.SETTINGS && flags === 0,
    );
    // SETTINGS_MAX_CONCURRENT_STREAMS (RFC 9113 section 6.5.2).
    expect(settings.payload.includes(Buffer.from([0, 3, 0, 0, 0, 100]))).toBe(true);
    for (let index = 0; index < 105; index += 1) client.send(get(1 + 2 * index, `/${index}`));
    await poll(
      "five refusals",
      () => client.frames.filter(({ type }) => type === FRAME.RST_STREAM).length === 5,
    );
    const refused = client.frames.filter(({ type }) => type === FRAME.RST_STREAM);
    expect(new Set(refused.map(errorCodeOf))).toEqual(new Set([REFUSED_STREAM]));
    await poll("the others at the core", () => scene.count() === 100);
  });

  test("requests that are taken back without end (rapid reset, CVE-2023-44487) end its connection, and harm nobody", async () => {
    await using scene = await startScene(HTTP2, {
      file: { limits: { streamResetBurst: 100, streamResetsPerSecond: 10 } },
    });
    const neighbour = await scene.ask({ target: "/neighbour" });
    const { answer } = await scene.arrived();
    using client = await connectRawHttp2(scene.front);
    const cancel = Buffer.from([0, 0, 0, 8]);
    for (let index = 0; index < 2_000 && !client.isClosed; index += 1)
      client.send(get(1 + 2 * index, "/hang"), frame(FRAME.RST_STREAM, 0, 1 + 2 * index, cancel));
    await client.closed();
    answer(OK);
    expect((await neighbour.reply()).status).toBe(200);
    await poll("nothing in flight", () => scene.front.forwarder.inFlight === 0);
  });

  test("a body that is not read is not gathered: the window is not given back", async () => {
    await using scene = await startScene(HTTP2);
    using client = await connectRawHttp2(scene.front);
    const block = headerBlock(requestFields("POST", "/"));
    const piece = frame(FRAME.DATA, 0, 1, Buffer.alloc(16_384, "x"));
    client.send(frame(FRAME.HEADERS, FLAG.END_HEADERS, 1, block), piece);
    const connection = await scene.core.connection(0);
    await connection.wait(hasHead);
    connection.socket.pause();
    // A client that keeps to no window is told so by the end of its stream or connection (RFC 9113 section 6.9.1).
    await poll("the end of it", () => {
      for (let count = 0; count < 64; count += 1) client.send(piece);
      return (
        client.isClosed ||
        client.frames.some(({ type }) => type === FRAME.RST_STREAM || type === FRAME.GOAWAY)
      );
    });
  });
});
