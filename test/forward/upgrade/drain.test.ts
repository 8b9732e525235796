import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { connectRaw, type Front, startFront, startRawCore } from "../../support/front.ts";
import { poll } from "../../support/poll.ts";
import {
  always,
  closeOf,
  connectStreams,
  consentTo,
  frameOf,
  frameReader,
  OPCODE,
  type RawHandshake,
  startEchoCore,
  upgradeRaw,
} from "./support.ts";

/** One WebSocket as a test of its end sees it, whatever HTTP it was opened by. */
interface Client extends Disposable {
  send(data: Buffer): void;
  /** What the client got to close it. */
  close(): { code: number; reason: string } | undefined;
  received(): Buffer;
  readonly isOver: boolean;
}

/** How a WebSocket is opened; `answers`: the client answers a Close frame and closes, as a browser does. */
type Open = (front: Front, options?: { answers?: boolean }) => Promise<Client>;

const overHttp1: Open = async (front, { answers = true } = {}) => {
  const raw: RawHandshake = await upgradeRaw(front, "/");
  const reader = frameReader();
  reader.take(raw.received());
  raw.socket.on("data", (data: Buffer) => {
    reader.take(data);
    if (answers && reader.frames.at(-1)?.opcode === OPCODE.CLOSE)
      raw.socket.write(frameOf(OPCODE.CLOSE, reader.frames.at(-1)?.payload ?? ""));
  });
  return {
    send: (data) => void raw.socket.write(data),
    close: () => closeOf(reader.frames.at(-1)),
    received: raw.received,
    get isOver() {
      return raw.socket.destroyed;
    },
    [Symbol.dispose]: () => void raw.socket.destroy(),
  };
};

const overHttp2: Open = async (front, { answers = true } = {}) => {
  const client = await connectStreams(front);
  const socket = client.dial("/");
  await socket.answered;
  socket.stream.on("data", () => {
    const last = socket.frames.at(-1);
    if (answers && last?.opcode === OPCODE.CLOSE) socket.send(OPCODE.CLOSE, last.payload);
  });
  if (!answers) socket.stream.removeAllListeners("end");
  return {
    send: (data) => void socket.stream.write(data),
    close: () => closeOf(socket.frames.at(-1)),
    received: socket.received,
    get isOver() {
      return socket.stream.closed;
    },
    [Symbol.dispose]: () => client[Symbol.dispose](),
  };
};

const GOODBYE = { code: 1_001, reason: "shutting down" };

describe.each([
  ["HTTP/1.1", overHttp1],
  ["HTTP/2", overHttp2],
] as const)("a WebSocket over %s that is open when the sidecar stops", (_name, open) => {
  test("is closed with 1001 on both sides, and its end is in order", async () => {
    await using core = await startEchoCore();
    await using front = await startFront(core.port);
    using client = await open(front);
    front.forwarder.drainUpgrades(50);
    await poll("the goodbye", () => client.close());
    expect(client.close()).toEqual(GOODBYE);
    await poll("the close at the core", () => core.codes.length === 1);
    expect(core.codes).toEqual([1_001]);
    await poll("the end", () => client.isOver && front.forwarder.inFlight === 0);
  });

  test("lives until its time has come", async () => {
    await using core = await startEchoCore();
    await using front = await startFront(core.port);
    using client = await open(front);
    const before = performance.now();
    front.forwarder.drainUpgrades(400);
    client.send(frameOf(OPCODE.TEXT, "still there?"));
    await poll("the echo", () => client.received().includes("still there?"));
    await poll("the goodbye", () => client.close());
    expect(performance.now() - before).toBeGreaterThanOrEqual(390);
  });

  test("gets the goodbye behind the frame that is under way, never in the middle of it", async () => {
    await using core = await startRawCore(always(consentTo));
    await using front = await startFront(core.port);
    using client = await open(front);
    const ofCore = await core.connection(0);
    const toClient = frameOf(OPCODE.TEXT, "x".repeat(200), { isMasked: false });
    const toCore = frameOf(OPCODE.TEXT, "y".repeat(200));
    ofCore.socket.write(toClient.subarray(0, 100));
    client.send(toCore.subarray(0, 100));
    await poll("the first half", () => client.received().length === 100);
    await ofCore.wait((text) => text.endsWith(toCore.toString("latin1", 0, 100)));
    using younger = await open(front);
    front.forwarder.drainUpgrades(10);
    // Its time comes after the other's.
    await poll("the goodbye to the younger", () => younger.close());
    expect(client.received()).toHaveLength(100);
    ofCore.socket.write(toClient.subarray(100));
    client.send(toCore.subarray(100));
    await poll("the goodbye", () => client.close());
    expect(client.received().subarray(0, toClient.length).equals(toClient)).toBe(true);
    const seen = await ofCore.wait(
      (text) => text.includes(toCore.toString("latin1")) && !text.endsWith(toCore.toString("latin1")),
    );
    const reader = frameReader();
    reader.take(Buffer.from(seen.slice(seen.indexOf("\r\n\r\n") + 4), "latin1"));
    expect(reader.frames.map(({ opcode }) => opcode)).toEqual([OPCODE.TEXT, OPCODE.CLOSE]);
    expect(closeOf(reader.frames[1])).toEqual(GOODBYE);
  });

  test("gets no second Close frame where one has passed already", async () => {
    await using core = await startRawCore(always(consentTo));
    await using front = await startFront(core.port);
    using client = await open(front, { answers: false });
    const ofCore = await core.connection(0);
    ofCore.socket.write(frameOf(OPCODE.CLOSE, Buffer.of(0x0f, 0xa1), { isMasked: false }));
    await poll("the core's close", () => client.close()?.code === 4_001);
    front.forwarder.drainUpgrades(0);
    await poll("the end", () => front.forwarder.inFlight === 0);
    expect(client.close()).toEqual({ code: 4_001, reason: "" });
  });

  test("is cut where nobody answers", async () => {
    await using core = await startRawCore(always(consentTo));
    await using front = await startFront(core.port);
    using client = await open(front, { answers: false });
    const before = performance.now();
    front.forwarder.drainUpgrades(0);
    await poll("the end", () => front.forwarder.inFlight === 0);
    expect(client.close()).toEqual(GOODBYE);
    expect(performance.now() - before).toBeLessThan(4_500);
    const { socket } = await core.connection(0);
    await poll("the end at the core", () => socket.destroyed);
  });

  test("is cut in the middle of a frame that does not end", async () => {
    await using core = await startRawCore(always(consentTo));
    await using front = await startFront(core.port);
    using client = await open(front);
    const ofCore = await core.connection(0);
    ofCore.socket.write(frameOf(OPCODE.TEXT, "x".repeat(200), { isMasked: false }).subarray(0, 50));
    await poll("its beginning", () => client.received().length === 50);
    front.forwarder.drainUpgrades(0);
    await poll("the end", () => front.forwarder.inFlight === 0);
    expect(client.received()).toHaveLength(50);
  });
});

test("of many WebSockets the oldest go first, spread over the time there is", async () => {
  await using core = await startEchoCore();
  await using front = await startFront(core.port);
  const clients: WebSocket[] = [];
  const closed: [index: number, atMs: number][] = [];
  for (let index = 0; index < 8; index += 1) {
    const client = new WebSocket(`wss://127.0.0.1:${front.port}/`, { ca: front.ca });
    await once(client, "open");
    client.on("close", (code) => code === 1_001 && closed.push([index, performance.now()]));
    clients.push(client);
  }
  const before = performance.now();
  front.forwarder.drainUpgrades(800);
  await poll("all to be closed", () => closed.length === clients.length);
  expect(closed.map(([index]) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  for (const [index, atMs] of closed) expect(atMs - before).toBeGreaterThanOrEqual((index + 1) * 100 - 5);
});

test("a WebSocket that is opened while the sidecar stops is carried, and goes with the others", async () => {
  await using core = await startEchoCore();
  await using front = await startFront(core.port);
  front.forwarder.drainUpgrades(300);
  const client = new WebSocket(`wss://127.0.0.1:${front.port}/`, { ca: front.ca });
  await once(client, "open");
  expect((await once(client, "close"))[0]).toBe(1_001);
});

test("a stop with open WebSockets is over soon, and nothing is cut", async () => {
  await using core = await startEchoCore();
  await using front = await startFront(core.port);
  const client = new WebSocket(`wss://127.0.0.1:${front.port}/`, { ca: front.ca });
  await once(client, "open");
  using streams = await connectStreams(front);
  const socket = streams.dial("/");
  await socket.answered;
  socket.stream.on("data", () => socket.send(OPCODE.CLOSE, socket.frames.at(-1)?.payload ?? ""));
  const before = performance.now();
  front.forwarder.drainUpgrades(100);
  expect(await front.listener.drain(30_000)).toBe(true);
  expect(performance.now() - before).toBeLessThan(4_500);
  expect(core.codes).toEqual([1_001, 1_001]);
});

test("a connection that was upgraded to something else is ended on both sides", async () => {
  await using core = await startRawCore(
    always("HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nhello"),
  );
  await using front = await startFront(core.port);
  using client = await connectRaw(
    front,
    "POST /attach HTTP/1.1\r\nHost: app\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n",
  );
  await client.wait((text) => text.endsWith("hello"));
  const { socket } = await core.connection(0);
  const ended = once(socket, "end");
  front.forwarder.drainUpgrades(0);
  expect(await client.closed()).toMatch(/hello$/);
  await ended;
});
