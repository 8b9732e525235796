import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { constants } from "node:http2";
import { createServer, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { connectRawHttp2, FLAG, FRAME, frame, headerBlock } from "../../listener/raw-http2.ts";
import { listenLocally, type RawCore, startFront, startRawCore } from "../../support/front.ts";
import { poll } from "../../support/poll.ts";
import {
  always,
  connectStreams,
  consentTo,
  frameOf,
  framesOf,
  OPCODE,
  settled,
  startEchoCore,
} from "./support.ts";

const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR } = constants;

/** Everything that a connection said of its end, in its order. */
async function endsOf(
  core: RawCore,
): Promise<{ readonly socket: Socket; readonly events: readonly string[] }> {
  const { socket } = await core.connection(0);
  const events: string[] = [];
  socket.on("end", () => events.push("end"));
  socket.on("error", (error) => events.push("code" in error ? String(error.code) : error.message));
  socket.on("close", () => events.push("close"));
  return { socket, events };
}

const CONNECT = headerBlock([
  [":method", "CONNECT"],
  [":protocol", "websocket"],
  [":scheme", "https"],
  [":authority", "app"],
  [":path", "/"],
]);
const resetOf = (streamId: number, code: number) =>
  frame(FRAME.RST_STREAM, 0, streamId, Buffer.of(0, 0, 0, code));

describe("the end of a WebSocket over HTTP/2", () => {
  test("by the client reaches the core as the end of its connection, and what the core still says arrives", async () => {
    const ofCore = Promise.withResolvers<Socket>();
    let heard = "";
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.once("data", (data) => socket.write(consentTo(String(data))));
      socket.on("data", (data) => {
        heard += String(data);
      });
      ofCore.resolve(socket);
    });
    await using front = await startFront(await listenLocally(server));
    using client = await connectStreams(front);
    const socket = client.dial("/");
    await socket.answered;
    const ofServer = await ofCore.promise;
    socket.stream.end("last words");
    await once(ofServer, "end");
    expect(heard).toMatch(/last words$/);
    ofServer.end("heard");
    expect(await socket.closed).toBe(NGHTTP2_NO_ERROR);
    expect(socket.received().toString()).toBe("heard");
    server.close();
    await poll("nothing in flight", () => front.forwarder.inFlight === 0);
  });

  test("by the core reaches the client as the end of the stream", async () => {
    await using core = await startRawCore(always(consentTo));
    await using front = await startFront(core.port);
    using client = await connectStreams(front);
    const socket = client.dial("/");
    await socket.answered;
    const { socket: ofCore } = await core.connection(0);
    ofCore.end("goodbye");
    expect(await socket.closed).toBe(NGHTTP2_NO_ERROR);
    expect(socket.received().toString()).toBe("goodbye");
    await poll("nothing in flight", () => front.forwarder.inFlight === 0);
  });

  test("by a reset of the stream resets the core's connection", async () => {
    await using core = await startRawCore(always(consentTo));
    await using front = await startFront(core.port);
    using raw = await connectRawHttp2(front);
    raw.send(frame(FRAME.HEADERS, FLAG.END_HEADERS, 1, CONNECT));
    await raw.frame("the answer", ({ type, streamId }) => type === FRAME.HEADERS && streamId === 1);
    const { events } = await endsOf(core);
    raw.send(resetOf(1, NGHTTP2_CANCEL));
    await poll("the reset", () => events.includes("close"));
    expect(events).toEqual(["ECONNRESET", "close"]);
    await poll("nothing in flight", () => front.forwarder.inFlight === 0);
  });

  test("by a reset of the core's connection resets the stream, with CANCEL (RFC 8441 section 5)", async () => {
    await using core = await startRawCore(always(consentTo));
    await using front = await startFront(core.port);
    using client = await connectStreams(front);
    const socket = client.dial("/");
    await socket.answered;
    (await core.connection(0)).socket.resetAndDestroy();
    expect(await socket.closed).toBe(NGHTTP2_CANCEL);
    await poll("nothing in flight", () => front.forwarder.inFlight === 0);
  });

  test("by a Close frame with a reset behind it brings the Close frame to the core whole", async () => {
    await using core = await startEchoCore();
    await using front = await startFront(core.port);
    using raw = await connectRawHttp2(front);
    const version = headerBlock([["sec-websocket-version", "13"]]);
    raw.send(frame(FRAME.HEADERS, FLAG.END_HEADERS, 1, Buffer.concat([CONNECT, version])));
    await raw.frame("the answer", ({ type, streamId }) => type === FRAME.HEADERS && streamId === 1);
    raw.send(
      frame(FRAME.DATA, 0, 1, frameOf(OPCODE.CLOSE, Buffer.of(0x03, 0xe9))),
      resetOf(1, NGHTTP2_CANCEL),
    );
    await poll("the close", () => core.codes.length === 1);
    expect(core.codes).toEqual([1_001]);
    await poll("nothing in flight", () => front.forwarder.inFlight === 0);
  });

  test("by the loss of the client's connection ends all that it carried", async () => {
    await using core = await startEchoCore();
    await using front = await startFront(core.port);
    using client = await connectStreams(front);
    await Promise.all(Array.from({ length: 10 }, () => client.dial("/").answered));
    expect(await core.connections()).toBe(10);
    client.session.socket.destroy();
    await poll("nothing in flight", () => front.forwarder.inFlight === 0);
    await poll("nothing left at the core", async () => (await core.connections()) === 0);
  });

  test("by a client that does not close its side though the core has comes all the same", async () => {
    await using core = await startRawCore(always(consentTo));
    await using front = await startFront(core.port);
    using raw = await connectRawHttp2(front);
    raw.send(frame(FRAME.HEADERS, FLAG.END_HEADERS, 1, CONNECT));
    await raw.frame("the answer", ({ type }) => type === FRAME.HEADERS);
    (await core.connection(0)).socket.end();
    const end = await raw.frame(
      "the end",
      ({ type, flags }) => type === FRAME.DATA && flags === FLAG.END_STREAM,
    );
    expect(end.streamId).toBe(1);
    await raw.frame("the reset", ({ type }) => type === FRAME.RST_STREAM);
    await poll("nothing in flight", () => front.forwarder.inFlight === 0);
  });

  test("before the core has answered ends the core's connection", async () => {
    await using core = await startRawCore();
    await using front = await startFront(core.port);
    using raw = await connectRawHttp2(front);
    raw.send(frame(FRAME.HEADERS, FLAG.END_HEADERS, 1, CONNECT));
    const { events } = await endsOf(core);
    await (await core.connection(0)).wait((text) => text.includes("\r\n\r\n"));
    raw.send(resetOf(1, NGHTTP2_CANCEL));
    await poll("the end", () => events.includes("close"));
    await poll("nothing in flight", () => front.forwarder.inFlight === 0);
    // Another on the same connection is as good as ever.
    raw.send(frame(FRAME.HEADERS, FLAG.END_HEADERS, 3, CONNECT));
    const next = await core.connection(1);
    next.socket.write(consentTo(await next.wait((text) => text.includes("\r\n\r\n"))));
    await raw.frame("the answer", ({ type, streamId }) => type === FRAME.HEADERS && streamId === 3);
  });

  test("while the answer of the core is on its way harms nothing", async () => {
    await using core = await startRawCore();
    await using front = await startFront(core.port);
    using raw = await connectRawHttp2(front);
    for (let index = 0; index < 20; index += 1) {
      raw.send(frame(FRAME.HEADERS, FLAG.END_HEADERS, 2 * index + 1, CONNECT));
      const connection = await core.connection(index);
      const request = await connection.wait((text) => text.includes("\r\n\r\n"));
      connection.socket.write(index % 2 === 0 ? consentTo(request) : "HTTP/1.1 403 No\r\n\r\nno");
      raw.send(resetOf(2 * index + 1, NGHTTP2_CANCEL));
    }
    await poll("nothing in flight", () => front.forwarder.inFlight === 0);
    await poll("nothing at the core", () => core.connections.every(({ socket }) => socket.destroyed));
  });
});

test("a connection whose WebSocket was silent for longer than connections are kept is closed when that is over", async () => {
  await using core = await startEchoCore();
  await using front = await startFront(core.port, { limits: { keepAliveMs: 200 } });
  using client = await connectStreams(front);
  const socket = client.dial("/");
  await socket.answered;
  // One without a WebSocket shows that the time is over.
  using idle = await connectStreams(front);
  await poll("the idle one to be closed", () => idle.session.closed);
  expect(client.session.closed).toBe(false);
  socket.send(OPCODE.TEXT, "still there?");
  await framesOf(socket, 1);
  socket.send(OPCODE.CLOSE, Buffer.of(3, 0xe8));
  await socket.closed;
  await poll("the other to be closed too", () => client.session.closed);
});

describe("back-pressure on a WebSocket over HTTP/2", () => {
  test("holds a core back whose client does not read, and everything arrives afterwards", async () => {
    const data = randomBytes(16_000_000);
    await using core = await startRawCore(always(consentTo));
    await using front = await startFront(core.port);
    using client = await connectStreams(front);
    const socket = client.dial("/");
    await socket.answered;
    socket.stream.pause();
    const { socket: ofCore } = await core.connection(0);
    ofCore.end(data);
    // What the system and the window take is not much of it.
    expect(await settled(() => ofCore.writableLength)).toBeGreaterThan(8_000_000);
    socket.stream.resume();
    expect(await socket.closed).toBe(NGHTTP2_NO_ERROR);
    expect(socket.received().equals(data)).toBe(true);
  });

  test("holds a client back whose core does not read, and everything arrives afterwards", async () => {
    const data = randomBytes(16_000_000);
    await using core = await startRawCore(always(consentTo));
    await using front = await startFront(core.port);
    using client = await connectStreams(front);
    const socket = client.dial("/");
    await socket.answered;
    const { socket: ofCore } = await core.connection(0);
    ofCore.pause();
    let bytes = 0;
    const pieces: Buffer[] = [];
    ofCore.on("data", (piece: Buffer) => {
      bytes += piece.length;
      pieces.push(piece);
    });
    ofCore.pause();
    // A stream of Node's client takes what it is given at once: it is the session that it waits in.
    socket.stream.end(data);
    await settled(() => client.session.state.outboundQueueSize ?? 0);
    expect(bytes).toBe(0);
    expect(front.forwarder.inFlight).toBe(1);
    ofCore.resume();
    await poll("all of it", () => bytes === data.length);
    expect(Buffer.concat(pieces).equals(data)).toBe(true);
  });
});

test("a thousand WebSockets over HTTP/2, ended in every way, leave nothing behind", async () => {
  await using core = await startEchoCore();
  await using front = await startFront(core.port);
  using client = await connectStreams(front);
  const handles = () => process.getActiveResourcesInfo().length;
  const one = async (index: number) => {
    const socket = client.dial(`/${index}`);
    expect((await socket.answered)[":status"]).toBe(200);
    socket.send(OPCODE.TEXT, `message ${index}`);
    const [echo] = await framesOf(socket, 1);
    expect(echo?.payload.toString()).toBe(`message ${index}`);
    if (index % 4 === 0) socket.stream.close(NGHTTP2_CANCEL);
    else if (index % 4 === 1) socket.send(OPCODE.CLOSE, Buffer.of(3, 0xe8));
    else if (index % 4 === 2) core.socketOf(`/${index}`)?.terminate();
    else socket.stream.end();
    await socket.closed;
  };
  await one(0);
  await poll("nothing in flight", () => front.forwarder.inFlight === 0);
  const before = handles();
  for (let round = 0; round < 20; round += 1) {
    await Promise.all(Array.from({ length: 50 }, (_, index) => one(round * 50 + index)));
  }
  await poll("nothing in flight", () => front.forwarder.inFlight === 0);
  await poll("nothing left at the core", async () => (await core.connections()) === 0);
  await poll("no handle that was not there before", () => handles() <= before);
  expect(core.sockets.length).toBeGreaterThan(1_000);
  expect(client.session.closed).toBe(false);
}, 60_000);
