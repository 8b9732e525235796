import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { closeOf, connectStreams, framesOf, OPCODE } from "../forward/upgrade/support.ts";
import { describeWith } from "../support/peers.ts";
import { poll } from "../support/poll.ts";
import { type Edge, startEdge } from "./edge.ts";
import { HOST } from "./exchange.ts";
import { startTomcat, type Tomcat } from "./tomcat.ts";

/** What is seen of one handshake, without what differs each time. */
interface Handshake {
  readonly status: number;
  readonly fields: readonly string[];
}

describeWith(["tomcat"], "Tomcat's WebSockets behind the sidecar", () => {
  let core: Tomcat;
  let edge: Edge;

  beforeAll(async () => {
    core = await startTomcat();
    edge = await startEdge(core.port);
  });
  afterAll(async () => {
    await edge?.[Symbol.asyncDispose]();
    await core?.[Symbol.asyncDispose]();
  });

  const dial = (endpoint: string, way: "direct" | "through" = "through", options = {}) => {
    const origin = way === "direct" ? `ws://127.0.0.1:${core.port}` : `wss://127.0.0.1:${edge.port}`;
    return new WebSocket(`${origin}/examples/websocket/${endpoint}`, {
      ...{ ca: edge.ca, servername: "localhost", headers: { Host: HOST } },
      ...options,
    });
  };
  const opened = async (endpoint: string, options = {}) => {
    const socket = dial(endpoint, "through", options);
    await once(socket, "open");
    return socket;
  };
  const handshakeOf = async (
    endpoint: string,
    way: "direct" | "through",
    options = {},
  ): Promise<Handshake> => {
    const socket = dial(endpoint, way, options);
    socket.on("error", () => undefined);
    const [response] = await Promise.race([
      once(socket, "upgrade"),
      once(socket, "unexpected-response").then(([_request, refusal]) => [refusal]),
    ]);
    socket.terminate();
    const fields = Object.entries<string | string[]>(response.headers)
      .filter(([name]) => !["date", "sec-websocket-accept", "keep-alive", "connection"].includes(name))
      .map(([name, value]) => `${name}: ${value}`);
    return { status: response.statusCode, fields };
  };

  test.each(["echoProgrammatic", "echoAnnotation", "echoStreamAnnotation"])(
    "%s answers text and bytes of every size",
    async (endpoint) => {
      const socket = await opened(endpoint);
      for (const size of [0, 2, 124, 126, 8_000, 65_536, 1_000_000]) {
        const bytes = randomBytes(size);
        socket.send(bytes);
        expect((await once(socket, "message"))[0].equals(bytes)).toBe(true);
        const text = "ü".repeat(size / 2);
        socket.send(text);
        const [answer, isBinary] = await once(socket, "message");
        expect({ text: answer.toString(), isBinary }).toEqual({ text, isBinary: false });
      }
      socket.close(1000, "done");
      expect((await once(socket, "close"))[0]).toBe(1000);
    },
  );

  test("two hundred messages at once come back in order", async () => {
    const socket = await opened("echoAnnotation");
    const seen: string[] = [];
    const all = new Promise<void>((resolve) => {
      socket.on("message", (data) => {
        seen.push(data.toString());
        if (seen.length === 200) resolve();
      });
    });
    const sent = Array.from({ length: 200 }, (_, index) => `${index}:${"x".repeat(index * 20)}`);
    for (const text of sent) socket.send(text);
    await all;
    expect(seen).toEqual(sent);
    socket.terminate();
  });

  test("a ping is answered by the core with the same bytes", async () => {
    const socket = await opened("echoAnnotation");
    socket.ping("are you there");
    expect((await once(socket, "pong"))[0].toString()).toBe("are you there");
    socket.terminate();
  });

  test("the core's close code for a message that is too large arrives", async () => {
    const socket = await opened("chat");
    // Tomcat holds 8,192 characters of a message where the application wants it whole.
    socket.send("x".repeat(10_000));
    const [code, reason] = await once(socket, "close");
    expect({ code, reason: reason.toString() }).toMatchObject({
      code: 1009,
      reason: expect.stringMatching(/too big/),
    });
  });

  test.each([
    ["echoAnnotation", {}, 101],
    ["echoAnnotation", { perMessageDeflate: false }, 101],
    ["nothing-here", {}, 404],
    ["chat", { protocolVersion: 8 }, 426],
  ])("the handshake of %s with %j is the core's", async (endpoint, options, status) => {
    const direct = await handshakeOf(endpoint, "direct", options);
    const through = await handshakeOf(endpoint, "through", options);
    expect(through).toEqual(direct);
    expect(through.status).toBe(status);
  });

  test("what one client of the chat says, the other hears", async () => {
    const heard: string[] = [];
    const first = dial("chat");
    first.on("message", (data) => heard.push(data.toString()));
    await once(first, "open");
    const second = await opened("chat");
    const hears = (pattern: RegExp) => poll(String(pattern), () => heard.find((text) => pattern.test(text)));
    const joined = await poll("both to have joined", () => heard.filter((text) => /joined/.test(text))[1]);
    const name = /Guest\d+/.exec(joined)?.[0];
    second.send("hello");
    await hears(new RegExp(`^${name}: hello$`));
    second.terminate();
    await hears(new RegExp(`${name} has disconnected`));
    first.terminate();
  });

  test("over HTTP/2 a WebSocket answers text and bytes of every size, pings, and its close", async () => {
    using client = await connectStreams(edge);
    const socket = client.dial("/examples/websocket/echoAnnotation", { ":authority": HOST });
    expect((await socket.answered)[":status"]).toBe(200);
    const messages = [0, 2, 124, 126, 8_000, 65_536, 1_000_000].map((size) => randomBytes(size));
    let echoes = 0;
    for (const message of messages) {
      socket.send(OPCODE.BINARY, message);
      // Tomcat sends a large message back in several frames.
      const expected = Buffer.concat(messages.slice(0, messages.indexOf(message) + 1)).length;
      await poll("the echo", () => bytesOf(socket.frames) >= expected && socket.frames.length > echoes);
      echoes = socket.frames.length;
    }
    const received = Buffer.concat(socket.frames.map(({ payload }) => payload));
    expect(received.equals(Buffer.concat(messages))).toBe(true);
    socket.send(OPCODE.PING, "are you there");
    const pong = (await framesOf(socket, echoes + 1)).at(-1);
    expect(pong).toEqual({ opcode: OPCODE.PONG, payload: Buffer.from("are you there") });
    socket.send(OPCODE.CLOSE, Buffer.of(3, 0xe8));
    expect(await socket.closed).toBe(0);
    expect(closeOf(socket.frames.at(-1))?.code).toBe(1_000);
  });

  test.each([
    ["nothing-here", {}, 404],
    ["chat", { "sec-websocket-version": "8" }, 426],
  ])("over HTTP/2 the refusal of %s with %j is the core's", async (endpoint, headers, status) => {
    using client = await connectStreams(edge);
    const socket = client.dial(`/examples/websocket/${endpoint}`, { ":authority": HOST, ...headers });
    const answer = await socket.answered;
    expect(answer[":status"]).toBe(status);
    expect(Object.keys(answer)).not.toContain("sidecar-error");
  });
});

function bytesOf(frames: readonly { readonly payload: Buffer }[]): number {
  return frames.reduce((sum, { payload }) => sum + payload.length, 0);
}
