import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { constants } from "node:http2";
import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { connectRawHttp2, FLAG, FRAME, frame, headerBlock } from "../../listener/raw-http2.ts";
import { startFront, startRawCore, unusedPort } from "../../support/front.ts";
import { poll } from "../../support/poll.ts";
import {
  always,
  closeOf,
  connectStreams,
  consentTo,
  framesOf,
  OPCODE,
  type StreamSocket,
  settled,
  startEchoCore,
} from "./support.ts";

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR, NGHTTP2_PROTOCOL_ERROR } = constants;
const hasHead = (text: string) => text.includes("\r\n\r\n");

const bodyOf = (socket: StreamSocket) => JSON.parse(socket.received().toString());
/** The body of a whole answer. */
async function textOf(socket: StreamSocket): Promise<string> {
  await socket.closed;
  return socket.received().toString();
}

describe("a WebSocket over HTTP/2", () => {
  test("carries messages both ways, of every size, and its close", async () => {
    await using core = await startEchoCore();
    await using front = await startFront(core.port);
    using client = await connectStreams(front);
    const socket = client.dial("/echo");
    expect((await socket.answered)[":status"]).toBe(200);
    const messages = [0, 1, 125, 126, 70_000, 3_000_000].map((size) => randomBytes(size));
    for (const message of messages) socket.send(OPCODE.BINARY, message);
    const echoes = await framesOf(socket, messages.length);
    expect(echoes.every(({ payload }, index) => payload.equals(messages[index] ?? Buffer.of(1)))).toBe(true);
    expect(front.forwarder.inFlight).toBe(1);
    socket.send(OPCODE.CLOSE, Buffer.of(0x0f, 0xa1));
    expect(await socket.closed).toBe(NGHTTP2_NO_ERROR);
    expect(closeOf(socket.frames.at(-1))?.code).toBe(4_001);
    await poll("nothing in flight", () => front.forwarder.inFlight === 0);
    await poll("the close at the core", () => core.codes.length > 0);
    expect(core.codes).toEqual([4_001]);
  });

  test("reaches the core as an upgrade of HTTP/1.1, with its target, its fields and who the client is", async () => {
    await using core = await startRawCore(always(consentTo));
    await using front = await startFront(core.port);
    using client = await connectStreams(front);
    const socket = client.dial("//a/%2e?b", {
      ":authority": "app.example:8443",
      cookie: ["a=1", "b=2"],
      origin: "https://app.example:8443",
      te: "trailers",
      "content-length": "0",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      "sec-websocket-protocol": "chat, superchat",
      "sec-websocket-extensions": "permessage-deflate",
      "x-forwarded-for": "6.6.6.6",
    });
    await socket.answered;
    const seen = core.connections[0]?.received() ?? "";
    expect(seen).toMatch(/^GET \/\/a\/%2e\?b HTTP\/1\.1\r\nHost: app\.example:8443\r\n/);
    expect(seen).toMatch(/^X-Forwarded-For: 127\.0\.0\.1\r$/m);
    expect(seen).toMatch(/^X-Forwarded-Proto: https\r$/m);
    expect(seen).toMatch(/^Via: 2\.0 tickbird\r$/m);
    expect(seen).toMatch(/^cookie: a=1; b=2\r$/m);
    expect(seen).toMatch(/^sec-websocket-version: 13\r$/m);
    expect(seen).toMatch(/^sec-websocket-protocol: chat, superchat\r$/m);
    expect(seen).toMatch(/^sec-websocket-extensions: permessage-deflate\r$/m);
    expect(seen).toMatch(
      /^Sec-WebSocket-Key: [\w+/]{22}==\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n$/m,
    );
    expect(seen.match(/^(connection|sec-websocket-key):/gim)).toHaveLength(2);
    expect(seen).not.toMatch(/6\.6\.6\.6|^:|^te:|^content-length:|dGhlIHNhbXBsZSBub25jZQ/im);
  });

  test("has the core's choice of protocol and its fields, without what belonged to the core's connection", async () => {
    await using core = await startRawCore(
      always((request) =>
        consentTo(
          request,
          "Sec-WebSocket-Protocol: chat\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nKeep-Alive: timeout=5\r\nContent-Length: 0\r\n",
        ),
      ),
    );
    await using front = await startFront(core.port);
    using client = await connectStreams(front);
    const answer = await client.dial("/", { "sec-websocket-protocol": "chat, superchat" }).answered;
    expect(answer).toMatchObject({
      ":status": 200,
      "sec-websocket-protocol": "chat",
      "set-cookie": ["a=1", "b=2"],
    });
    const names = Object.keys(answer);
    for (const name of ["sec-websocket-accept", "connection", "upgrade", "keep-alive", "content-length"]) {
      expect(names).not.toContain(name);
    }
  });

  test("gets what the core sends with its consent, and before it", async () => {
    await using core = await startRawCore(
      always((request) => `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${consentTo(request)}early`),
    );
    await using front = await startFront(core.port);
    using client = await connectStreams(front);
    const socket = client.dial("/");
    const interim: number[] = [];
    socket.stream.on("headers", (headers) => interim.push(Number(headers[":status"])));
    await socket.answered;
    await poll("what came with it", () => socket.received().toString() === "early");
    expect(interim).toEqual([103]);
  });

  test("passes on what the client sends before the core has answered", async () => {
    await using core = await startRawCore();
    await using front = await startFront(core.port);
    using client = await connectStreams(front);
    const socket = client.dial("/");
    socket.stream.write("impatient");
    const connection = await core.connection(0);
    const seen = await connection.wait(hasHead);
    expect(seen).toMatch(/\r\n\r\n$/);
    connection.socket.write(consentTo(seen));
    await connection.wait((text) => text.endsWith("\r\n\r\nimpatient"));
  });

  test("stands beside requests and other WebSockets on one connection", async () => {
    await using core = await startEchoCore();
    await using front = await startFront(core.port);
    using client = await connectStreams(front);
    const sockets = Array.from({ length: 20 }, (_, index) => client.dial(`/${index}`));
    await Promise.all(sockets.map(({ answered }) => answered));
    for (const [index, socket] of sockets.entries()) socket.send(OPCODE.TEXT, `message ${index}`);
    for (const [index, socket] of sockets.entries()) {
      const [echo] = await framesOf(socket, 1);
      expect(echo?.payload.toString()).toBe(`message ${index}`);
    }
    const request = client.session.request({ ":path": "/plain" });
    let text = "";
    request.on("data", (data) => {
      text += data;
    });
    await poll("the answer", () => text === "plain");
    expect(front.forwarder.inFlight).toBe(20);
  });

  test("has one line in the access log, when it is over", async () => {
    const lines: Record<string, unknown>[] = [];
    await using core = await startEchoCore();
    await using front = await startFront(
      core.port,
      {},
      { log: { write: (line) => void lines.push(JSON.parse(line)) } },
    );
    using client = await connectStreams(front);
    const socket = client.dial("/chat?token=x", { "x-request-id": "ws-1" });
    await socket.answered;
    expect(lines.filter(({ msg }) => msg === "upgrade")).toEqual([]);
    socket.send(OPCODE.CLOSE, Buffer.of(3, 0xe8));
    await socket.closed;
    const found = await poll("the line", () => lines.find(({ msg }) => msg === "upgrade"));
    expect(found).toMatchObject({
      ...{ requestId: "ws-1", client: "127.0.0.1", method: "CONNECT", path: "/chat", http: "2.0" },
      ...{ route: "core", status: 200, upgrade: "websocket" },
      coreMs: expect.any(Number),
      durationMs: expect.any(Number),
    });
    expect(lines.filter(({ requestId }) => requestId === "ws-1")).toHaveLength(1);
  });
});

describe("over HTTP/2, the listener", () => {
  test("says that it takes WebSockets, unless the settings say no", async () => {
    await using core = await startEchoCore();
    await using front = await startFront(core.port);
    using client = await connectStreams(front);
    expect(client.session.remoteSettings.enableConnectProtocol).toBe(true);
    await using without = await startFront(core.port, { https: { http2WebSockets: false } });
    using other = await connectStreams(without);
    expect(other.session.remoteSettings.enableConnectProtocol).toBe(false);
    using raw = await connectRawHttp2(without);
    const fields = headerBlock([
      [":method", "CONNECT"],
      [":protocol", "websocket"],
      [":scheme", "https"],
      [":authority", "app"],
      [":path", "/"],
    ]);
    raw.send(frame(FRAME.HEADERS, FLAG.END_HEADERS, 1, fields));
    const reset = await raw.frame("the reset", ({ type }) => type === FRAME.RST_STREAM);
    expect(reset.payload.readUInt32BE(0)).toBe(NGHTTP2_PROTOCOL_ERROR);
    expect(core.sockets).toHaveLength(0);
  });

  test.each([
    ["a plain CONNECT", { ":method": "CONNECT", ":authority": "app:80" }, 405, "method-not-allowed"],
    [
      "an extended CONNECT for something else",
      {
        ":method": "CONNECT",
        ":protocol": "connect-udp",
        ":path": "/",
        ":scheme": "https",
        ":authority": "app",
      },
      501,
      "protocol-unknown",
    ],
    [
      "a WebSocket to a path of our own",
      {
        ":method": "CONNECT",
        ":protocol": "websocket",
        ":path": "/_sidecar/x",
        ":scheme": "https",
        ":authority": "app",
      },
      404,
      "not-found",
    ],
    [
      "a WebSocket to what would become one",
      {
        ":method": "CONNECT",
        ":protocol": "websocket",
        ":path": "//_sidecar/x",
        ":scheme": "https",
        ":authority": "app",
      },
      404,
      "not-found",
    ],
  ])("refuses %s", async (_what, headers, status, code) => {
    await using core = await startRawCore();
    await using front = await startFront(core.port);
    using client = await connectStreams(front);
    const stream = client.session.request(headers, { endStream: false });
    let text = "";
    stream.on("data", (data) => {
      text += data;
    });
    const answer = await new Promise<Record<string, unknown>>((resolve) => stream.once("response", resolve));
    expect(answer).toMatchObject({ ":status": status, "sidecar-error": code });
    await poll("the problem", () => text !== "" && JSON.parse(text).code === code);
    expect(core.connections).toHaveLength(0);
  });
});

describe("a WebSocket over HTTP/2 that the core", () => {
  test("refuses is refused with the core's own answer", async () => {
    await using core = await startRawCore(
      always(
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nConnection: X-Hop\r\nX-Hop: 1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nno!!\r\n0\r\n\r\n",
      ),
    );
    await using front = await startFront(core.port);
    using client = await connectStreams(front);
    const socket = client.dial("/");
    const answer = await socket.answered;
    expect(answer).toMatchObject({ ":status": 401, "www-authenticate": "Basic" });
    expect(Object.keys(answer)).not.toContain("x-hop");
    expect(await textOf(socket)).toBe("no!!");
    expect(socket.stream.rstCode).toBe(NGHTTP2_NO_ERROR);
    await poll("nothing in flight", () => front.forwarder.inFlight === 0);
  });

  test.each([
    ["with a length", "HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 2\r\n\r\nhi", 302, "hi"],
    ["up to the end of the connection", "HTTP/1.1 403 Forbidden\r\n\r\nhi", 403, "hi"],
    ["without a body", "HTTP/1.1 426 Upgrade Required\r\nUpgrade: x\r\nContent-Length: 0\r\n\r\n", 426, ""],
  ])("refuses %s is refused the same", async (_how, answer, status, body) => {
    await using core = await startRawCore((connection) => {
      connection.socket.once("data", () => connection.socket.end(answer));
    });
    await using front = await startFront(core.port);
    using client = await connectStreams(front);
    const socket = client.dial("/");
    expect((await socket.answered)[":status"]).toBe(status);
    expect(await textOf(socket)).toBe(body);
  });

  test("refuses at great length is refused the same, and the core is held back by a client that reads slowly", async () => {
    const body = randomBytes(8_000_000);
    await using core = await startRawCore((connection) => {
      connection.socket.once("data", () => {
        connection.socket.write(`HTTP/1.1 500 No\r\nContent-Length: ${body.length}\r\n\r\n`);
        connection.socket.write(body);
      });
    });
    await using front = await startFront(core.port);
    using client = await connectStreams(front);
    const socket = client.dial("/");
    socket.stream.pause();
    await socket.answered;
    const { socket: written } = await core.connection(0);
    const left = await settled(() => written.writableLength);
    expect(left).toBeGreaterThan(1_000_000);
    socket.stream.resume();
    await socket.closed;
    expect(socket.received().equals(body)).toBe(true);
  });

  test("refuses with an answer that is cut short is reset", async () => {
    await using core = await startRawCore((connection) => {
      connection.socket.once("data", () =>
        connection.socket.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 100\r\n\r\nno"),
      );
    });
    await using front = await startFront(core.port);
    using client = await connectStreams(front);
    const socket = client.dial("/");
    expect((await socket.answered)[":status"]).toBe(401);
    expect(await socket.closed).toBe(NGHTTP2_INTERNAL_ERROR);
  });

  test.each([
    ["answers as if it were a page", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "answered 200"],
    [
      "gives the wrong Sec-WebSocket-Accept",
      "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: c3dpdGNoZWQ=\r\n\r\n",
      "key",
    ],
    [
      "gives no Sec-WebSocket-Accept",
      "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
      "key",
    ],
    [
      "switches to something else",
      "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
      "another one than was asked for",
    ],
    ["switches without saying to what", "HTTP/1.1 101 Switching\r\n\r\n", "another one than was asked for"],
    ["speaks HTTP/1.0", "HTTP/1.0 101 Switching\r\nConnection: Upgrade\r\n\r\n", "without being asked"],
    ["speaks no HTTP", "SSH-2.0-OpenSSH_9.2\r\n", "status line"],
  ])("%s gets a 502", async (_what, answer, detail) => {
    await using core = await startRawCore(always(answer));
    await using front = await startFront(core.port);
    using client = await connectStreams(front);
    const socket = client.dial("/");
    expect(await socket.answered).toMatchObject({ ":status": 502, "sidecar-error": "core-protocol-error" });
    await socket.closed;
    expect(bodyOf(socket)).toMatchObject({
      code: "core-protocol-error",
      detail: expect.stringContaining(detail),
    });
    await poll("nothing in flight", () => front.forwarder.inFlight === 0);
  });

  test("closes without an answer gets a 502", async () => {
    await using core = await startRawCore((connection) => {
      connection.socket.once("data", () => connection.socket.end());
    });
    await using front = await startFront(core.port);
    using client = await connectStreams(front);
    expect(await client.dial("/").answered).toMatchObject({ ":status": 502, "sidecar-error": "core-reset" });
  });

  test("is spared for, because it could not be reached, gets a 503 at once", async () => {
    const port = await unusedPort();
    await using front = await startFront(port, { core: { probeIntervalMs: 60_000 } });
    using client = await connectStreams(front);
    const plain = async () => {
      const stream = client.session.request({ ":path": "/" });
      const answer = await new Promise<Record<string, unknown>>((resolve) =>
        stream.once("response", resolve),
      );
      stream.close();
      return answer[":status"];
    };
    for (let count = 0; count < 3; count += 1) expect(await plain()).toBe(503);
    let connections = 0;
    const server = createServer(() => {
      connections += 1;
    });
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    expect((await client.dial("/").answered)[":status"]).toBe(503);
    expect(connections).toBe(0);
    server.close();
  });

  test("is not there for gets a 503", async () => {
    await using front = await startFront(await unusedPort());
    using client = await connectStreams(front);
    const socket = client.dial("/");
    expect(await socket.answered).toMatchObject({
      ":status": 503,
      "sidecar-error": "core-unavailable",
      "retry-after": "2",
    });
    await socket.closed;
    expect(bodyOf(socket)).toMatchObject({ code: "core-unavailable" });
    await poll("nothing in flight", () => front.forwarder.inFlight === 0);
  });

  test("does not answer gets a 504 that names the setting", async () => {
    await using core = await startRawCore();
    await using front = await startFront(core.port, { core: { responseTimeoutMs: 200 } });
    using client = await connectStreams(front);
    const socket = client.dial("/");
    expect((await socket.answered)[":status"]).toBe(504);
    await socket.closed;
    expect(bodyOf(socket)).toMatchObject({
      phase: "response",
      remedy: expect.stringMatching(/RESPONSE_TIMEOUT/),
    });
    const connection = await core.connection(0);
    await poll("the core's connection to close", () => connection.socket.destroyed);
  });

  test("has enough of already gets a 503", async () => {
    await using core = await startEchoCore();
    await using front = await startFront(core.port, { core: { maxUpgrades: 1 } });
    using client = await connectStreams(front);
    const first = client.dial("/");
    expect((await first.answered)[":status"]).toBe(200);
    const second = await client.dial("/").answered;
    expect(second).toMatchObject({ ":status": 503, "sidecar-error": "core-busy" });
    first.stream.close(NGHTTP2_CANCEL);
    await poll("room", () => front.forwarder.inFlight === 0);
    expect((await client.dial("/").answered)[":status"]).toBe(200);
  });
});
