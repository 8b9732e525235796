import { connect as connectTcp, createServer, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { describe, expect, test } from "vitest";
import { binaryHeader, connectBalancer, speakTls, TCP4 } from "../../listener/proxy-support.ts";
import { connectRawHttp2, FRAME, frame, headerBlock, requestFields } from "../../listener/raw-http2.ts";
import { connectRaw, type Front, listenLocally, unusedPort } from "../../support/front.ts";
import { onlyValue } from "../../support/messages.ts";
import { poll } from "../../support/poll.ts";
import { closedState, HTTP1, HTTP2, OK, type Reply, ROUTES, startScene } from "./scene.ts";

const WEBSOCKET =
  "GET /ws HTTP/1.1\r\nHost: app\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
const SWITCHED =
  "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

const failureOf = ({ status, fields }: Reply) => [status, onlyValue(fields, "sidecar-error")];

describe("33. a client that is slow on purpose is cut, and the others are served", () => {
  test.each(HTTP1)("$name: with its head", async (route) => {
    await using scene = await startScene(route, { answers: [OK], file: { limits: { headMs: 300 } } });
    using slow = await connectRaw(scene.front, "GET / HTTP/1.1\r\nHost: app\r\nX: ");
    const drip = setInterval(() => slow.send("y"), 50);
    try {
      expect(await slow.closed()).toMatch(/^HTTP\/1\.1 408 /);
    } finally {
      clearInterval(drip);
    }
    expect((await (await scene.ask()).reply()).status).toBe(200);
  });

  test("over HTTP/2: with its head", async () => {
    await using scene = await startScene(HTTP2, {
      answers: [OK],
      file: { limits: { headMs: 300, keepAliveMs: 300 } },
    });
    using slow = await connectRawHttp2(scene.front);
    // Without END_HEADERS: CONTINUATION would have to follow.
    slow.send(frame(FRAME.HEADERS, 0, 1, headerBlock(requestFields("GET", "/"))));
    await slow.closed();
    expect((await (await scene.ask()).reply()).status).toBe(200);
  });

  test.each(ROUTES)("$name: with its body, which frees the core", async (route) => {
    await using scene = await startScene(route, { file: { limits: { bodyIdleMs: 300 } } });
    const talk = await scene.ask({ method: "POST", body: { open: true }, length: 10 });
    talk.write("slow");
    const { connection } = await scene.arrived(0, ({ body }) => body === "slow");
    const state = closedState(connection);
    await poll("the refusal", () => talk.sofar()?.status === 408);
    await poll("the core's connection to close", () => state.isClosed);
    expect(scene.front.forwarder.inFlight).toBe(0);
  });

  test.each(ROUTES)("$name: with taking its answer, which frees the core", async (route) => {
    await using scene = await startScene(route, { file: { limits: { answerIdleMs: 300 } } });
    const talk = await scene.ask();
    const { connection } = await scene.arrived();
    talk.pause();
    const state = closedState(connection);
    connection.socket.write("HTTP/1.1 200 OK\r\n\r\n");
    const piece = Buffer.alloc(65_536);
    const send = () => {
      while (!connection.socket.destroyed && connection.socket.write(piece));
    };
    connection.socket.on("drain", send);
    send();
    await poll("the core's connection to close", () => state.isClosed);
    await poll("nothing in flight", () => scene.front.forwarder.inFlight === 0);
  });
});

describe("34. what is too much is refused, and by its own name", () => {
  test.each(ROUTES)("$name: a header of more bytes or fields than allowed: 431", async (route) => {
    await using scene = await startScene(route, {
      answers: [OK],
      file: { limits: { headerBytes: 16_384, headerCount: 20 } },
    });
    const large = await scene.ask({ fields: [["x-large", "y".repeat(17_000)]] });
    expect(failureOf(await large.reply())).toEqual([431, "header-too-large"]);
    const fields = Array.from({ length: 30 }, (_, index) => [`x-${index}`, "y"] as const);
    expect(failureOf(await (await scene.ask({ fields })).reply())).toEqual([431, "header-too-large"]);
    expect(scene.core.connections).toHaveLength(0);
    expect((await (await scene.ask()).reply()).status).toBe(200);
  });

  test.each(ROUTES)("$name: a body of more bytes than allowed: 413, announced or not", async (route) => {
    await using scene = await startScene(route, { file: { limits: { maxBodyBytes: 10 } } });
    const announced = await scene.ask({ method: "POST", body: "x".repeat(11), length: 11 });
    expect(failureOf(await announced.reply())).toEqual([413, "body-too-large"]);
    const found = await scene.ask({ method: "POST", body: "x".repeat(11) });
    expect(failureOf(await found.reply())).toEqual([413, "body-too-large"]);
    await poll("nothing in flight", () => scene.front.forwarder.inFlight === 0);
  });

  test.each(ROUTES)(
    "$name: a connection more than allowed is closed, and those that are there are served",
    async (route) => {
      await using scene = await startScene(route, { answers: [OK], file: { limits: { maxConnections: 1 } } });
      const client = await scene.client();
      expect((await client.ask().reply()).status).toBe(200);
      await expect(connectRaw(scene.front)).rejects.toThrow();
      expect((await client.ask().reply()).status).toBe(200);
    },
  );

  test.each(ROUTES)(
    "$name: a request more than may wait for the core: 503 at once, and the others are served",
    async (route) => {
      await using scene = await startScene(route, { file: { core: { maxConnections: 1, maxQueue: 1 } } });
      const first = await scene.ask({ target: "/1" });
      const { answer } = await scene.arrived();
      const second = await scene.ask({ target: "/2" });
      await poll("two in flight", () => scene.front.forwarder.inFlight === 2);
      const refused = await (await scene.ask({ target: "/3" })).reply();
      expect(failureOf(refused)).toEqual([503, "core-busy"]);
      expect(onlyValue(refused.fields, "retry-after")).toMatch(/^\d+$/);
      answer(OK);
      expect((await first.reply()).status).toBe(200);
      (await scene.arrived(1)).answer(OK);
      expect((await second.reply()).status).toBe(200);
      expect(scene.core.connections).toHaveLength(1);
    },
  );

  test.each(ROUTES)("$name: a request that waits too long for the core: 503", async (route) => {
    await using scene = await startScene(route, {
      file: { core: { maxConnections: 1, queueTimeoutMs: 200 } },
    });
    await scene.ask({ target: "/1" });
    await scene.arrived();
    expect(failureOf(await (await scene.ask({ target: "/2" })).reply())).toEqual([503, "core-busy"]);
  });
});

describe("35. each failure of the core has its status, by what happened and not by guess (RFC 9110 sections 15.6.3 to 15.6.5)", () => {
  describe.each(ROUTES)("$name", (route) => {
    test("not there: 503 that says when to come back", async () => {
      await using front = await route.start(await unusedPort());
      using client = await route.open(front);
      const reply = await client.ask().reply();
      expect(failureOf(reply)).toEqual([503, "core-unavailable"]);
      expect(onlyValue(reply.fields, "retry-after")).toMatch(/^\d+$/);
    });

    test("silent: 504 by our own clock, with the setting that mends it", async () => {
      await using scene = await startScene(route, { file: { core: { responseTimeoutMs: 200 } } });
      const reply = await (await scene.ask()).reply();
      expect(failureOf(reply)).toEqual([504, "core-timeout"]);
      expect(reply.body).toContain("SIDECAR_CORE_RESPONSE_TIMEOUT_MS");
    });

    test.each([
      ["a reset", (socket: Socket) => socket.resetAndDestroy(), "core-reset"],
      ["an end without an answer", (socket: Socket) => socket.end(), "core-reset"],
      ["half a head", (socket: Socket) => socket.end("HTTP/1.1 200 OK\r\nX: y"), "core-reset"],
      ["another protocol", (socket: Socket) => socket.write("SSH-2.0-x\r\n"), "core-protocol-error"],
      [
        "two lengths",
        (socket: Socket) =>
          socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        "core-protocol-error",
      ],
    ])("%s: 502", async (_what, act, code) => {
      await using scene = await startScene(route, {
        core: ({ socket }) => socket.once("data", () => act(socket)),
      });
      expect(failureOf(await (await scene.ask()).reply())).toEqual([502, code]);
    });

    test("an answer that stands still is cut, but a stream of events may be silent", async () => {
      await using scene = await startScene(route, { file: { core: { idleTimeoutMs: 400 } } });
      const events = await scene.ask({ target: "/events" });
      const stream = await scene.arrived();
      stream.answer("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\ndata: 1\n\n");
      await poll("the first event", () => events.sofar()?.body === "data: 1\n\n");
      const still = await scene.ask({ target: "/still" });
      (await scene.arrived(1)).answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
      expect(await still.reply()).toMatchObject({ body: "half", isComplete: false });
      // It began before the one that was cut.
      stream.answer("data: 2\n\n");
      await poll("the second event", () => events.sofar()?.body === "data: 1\n\ndata: 2\n\n");
    });
  });
});

describe("36. a stop loses nothing that is under way, and waits for nothing for ever (RFC 9112 section 9.6, RFC 9113 section 6.8)", () => {
  test.each(ROUTES)("$name: what is under way is finished, and its client sent elsewhere", async (route) => {
    await using scene = await startScene(route);
    await scene.client();
    const talk = await scene.ask();
    const { answer } = await scene.arrived();
    scene.front.close();
    const drained = scene.front.listener.drain(10_000);
    await expect(connectRaw(scene.front)).rejects.toThrow();
    answer(OK);
    const reply = await talk.reply();
    expect(reply).toMatchObject({ status: 200, body: "ok", isComplete: true });
    if (route.version === "1.1") expect(onlyValue(reply.fields, "connection")).toBe("close");
    // The idle one too is gone.
    expect(await drained).toBe(true);
  });

  test.each(ROUTES)("$name: what has not ended with the grace is cut", async (route) => {
    await using scene = await startScene(route);
    const talk = await scene.ask();
    const { answer } = await scene.arrived();
    answer("HTTP/1.1 200 OK\r\n\r\nhalf");
    await poll("the first half", () => talk.sofar()?.body === "half");
    scene.front.close();
    expect(await scene.front.listener.drain(200)).toBe(false);
    expect(await talk.reply()).toMatchObject({ body: "half", isComplete: false });
  });

  test.each(HTTP1)(
    "$name: a WebSocket is told to go, by 1001, and does not hold the end up",
    async (route) => {
      await using scene = await startScene(route);
      using client = await connectRaw(scene.front, WEBSOCKET);
      const { answer, connection } = await scene.arrived();
      answer(SWITCHED);
      await client.wait((text) => text.endsWith("\r\n\r\n"));
      scene.front.close();
      scene.front.forwarder.drainUpgrades(200);
      const drained = scene.front.listener.drain(10_000);
      // A Close frame with code 1001 (RFC 6455 sections 5.5.1 and 7.4.1), masked to the core.
      await client.wait((text) => text.includes("\r\n\r\n\x88\x0f\x03\xe9"));
      await connection.wait((text) => /\r\n\r\n\x88[\x80-\xff]/.test(text));
      expect(await drained).toBe(true);
    },
  );
});

describe("37. the PROXY protocol says who the client is, where a trusted peer speaks it", () => {
  const HEADERS = {
    "version 1": Buffer.from("PROXY TCP4 198.51.100.22 203.0.113.7 56324 443\r\n"),
    "version 2": binaryHeader(TCP4),
  };
  const file = { https: { proxyProtocol: true, trustedPeers: ["127.0.0.1"] } };

  describe.each(Object.entries(HEADERS))("%s", (_version, header) => {
    test.each(ROUTES)("$name: the core is told the address", async (route) => {
      await using scene = await startScene(route, { answers: [OK], file });
      await using balancer = await startBalancer(scene.front, header);
      using client = await route.open({ ...scene.front, port: balancer.port });
      expect((await client.ask({ fields: [["X-Forwarded-For", "6.6.6.6"]] }).reply()).status).toBe(200);
      const { fields } = (await scene.arrived()).message;
      expect(onlyValue(fields, "x-forwarded-for")).toBe("198.51.100.22");
      expect(onlyValue(fields, "x-real-ip")).toBe("198.51.100.22");
    });

    test("from anyone else it is no TLS, and ends the connection", async () => {
      await using scene = await startScene(HTTP2, {
        file: { https: { ...file.https, trustedPeers: ["10.0.0.1"] } },
      });
      using stranger = await connectBalancer(scene.front.port);
      stranger.socket.write(header);
      await expect(speakTls(stranger, { ca: scene.front.ca })).rejects.toThrow();
      await stranger.closed();
    });
  });

  test("a trusted peer that does not speak it is closed", async () => {
    await using scene = await startScene(HTTP2, { file });
    await expect(connectRaw(scene.front)).rejects.toThrow();
  });

  /** Writes the header before everything that a client sends. */
  async function startBalancer(front: Front, header: Buffer): Promise<AsyncDisposable & { port: number }> {
    const relay = await startRelay(front.port, (socket) => socket.write(header));
    return relay;
  }
});

describe("38. an HTTP/1.0 client gets no chunks (RFC 9112 section 7.1)", () => {
  const GET = "GET / HTTP/1.0\r\nHost: app\r\n\r\n";
  const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-End: 1\r\n\r\n";

  describe.each(HTTP1)("$name", (route) => {
    test.each([
      ["chunks", CHUNKED],
      ["no length", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello"],
    ])("an answer with %s ends with its connection", async (_what, answer) => {
      await using scene = await startScene(route, {
        core: ({ socket }) => socket.once("data", () => socket.end(answer)),
      });
      using client = await connectRaw(scene.front, GET);
      const seen = await client.closed();
      expect(seen).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nhello$/);
      expect(seen).not.toMatch(/transfer-encoding/i);
    });

    test("and keeps its connection where there is a length and it asks for that", async () => {
      await using scene = await startScene(route, { answers: [OK] });
      const ask = "GET / HTTP/1.0\r\nHost: app\r\nConnection: keep-alive\r\n\r\n";
      using client = await connectRaw(scene.front, ask);
      await client.wait((text) => text.endsWith("ok"));
      client.send(ask);
      await client.wait((text) => text.split("200 OK").length === 3);
    });

    test("one that is cut short can't be taken for complete: TLS is not closed in order (RFC 9112 section 9.8)", async () => {
      const isOrderly = async (end: (socket: Socket) => void) => {
        await using scene = await startScene(route, {
          core: ({ socket }) =>
            socket.once("data", () =>
              socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", () =>
                end(socket),
              ),
            ),
        });
        await using relay = await startRelay(scene.front.port);
        // Of TLS 1.2 one can see from outside which record is an alert (RFC 5246 section 7.2.1).
        const socket = connectTls({
          host: "127.0.0.1",
          port: relay.port,
          ca: scene.front.ca,
          maxVersion: "TLSv1.2",
        });
        let isClosed = false;
        socket
          .on("error", () => undefined)
          .once("close", () => {
            isClosed = true;
          });
        socket.resume();
        socket.write(GET);
        await poll("the end", () => isClosed);
        return relay.recordTypes().at(-1) === ALERT;
      };
      expect(await isOrderly((socket) => socket.end("0\r\n\r\n"))).toBe(true);
      expect(await isOrderly((socket) => socket.end())).toBe(false);
      expect(await isOrderly((socket) => socket.resetAndDestroy())).toBe(false);
    });
  });

  const ALERT = 21;
});

interface Relay extends AsyncDisposable {
  readonly port: number;
  /** Of the TLS records that the server has sent on the last connection. */
  recordTypes(): number[];
}

/** Passes connections on to a port, byte by byte; `first` may send something ahead. */
async function startRelay(port: number, first: (socket: Socket) => void = () => undefined): Promise<Relay> {
  const sockets = new Set<Socket>();
  let seen: Buffer[] = [];
  const server = createServer((inner) => {
    const outer = connectTcp({ host: "127.0.0.1", port });
    seen = [];
    first(outer);
    outer.on("data", (data: Buffer) => seen.push(data));
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(from);
      from.on("error", () => undefined);
      from.on("close", () => to.destroy());
      from.pipe(to);
    }
  });
  const own = await listenLocally(server);
  return {
    port: own,
    recordTypes() {
      const bytes = Buffer.concat(seen);
      const types: number[] = [];
      for (let at = 0; at + 5 <= bytes.length; at += 5 + bytes.readUInt16BE(at + 3))
        types.push(bytes[at] ?? 0);
      return types;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
