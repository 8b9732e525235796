import { connect, type TLSSocket } from "node:tls";
import { describe, expect, test } from "vitest";
import { settled as stands } from "../forward/upgrade/support.ts";
import {
  DEFAULT_WINDOW,
  framesOf,
  heard,
  MAX_WINDOW,
  PREFACE,
  reset,
  SETTING,
  settings,
  TYPE,
  windowUpdate,
} from "../listener/http2/session.ts";
import { FRAME, frame, get } from "../listener/raw-http2.ts";
import { type Front, startFront, startRawCore, WAYS } from "../support/front.ts";
import { passes } from "../support/passes.ts";
import { poll } from "../support/poll.ts";

/** How long a client has to close, and to take what it was sent, when we have ended our side. */

const LINGER_MS = 5_000;
const GRACE_MS = 20_000;

/** Together more than what the system takes for a client that reads nothing, in pieces that no answer is held back for. */
const PIPELINED: readonly (readonly [
  way: string,
  start: typeof startFront,
  requests: number,
  bytes: number,
])[] = WAYS.map(([way, start], index) =>
  index === 0 ? [way, start, 500, 16_000] : [way, start, 90, 100_000],
);
const bodyOf = (bytes: number) => "x".repeat(bytes);
/** What {@link startCore} is asked for so many bytes with. */
const requestFor = (bytes: number, closes = false) =>
  `GET /${bytes} HTTP/1.1\r\nHost: app\r\n${closes ? "Connection: close\r\n" : ""}\r\n`;
const GOAWAY = frame(FRAME.GOAWAY, 0, 0, Buffer.alloc(8));

/** A client that reads nothing until it is told to, and does not close by itself. */
interface Client extends Disposable {
  readonly socket: TLSSocket;
  /** All that came. */
  received(): Buffer;
  readonly hasEnded: boolean;
}

async function connectPaused({ port, ca }: Front, protocol: string): Promise<Client> {
  // A variable: the option is documented, but the types don't know it.
  const options = { host: "127.0.0.1", port, ca, ALPNProtocols: [protocol], allowHalfOpen: true };
  const socket = connect(options);
  await new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
  const pieces: Buffer[] = [];
  let hasEnded = false;
  socket.on("error", () => undefined);
  socket.on("data", (piece: Buffer) => pieces.push(piece));
  socket.once("end", () => {
    hasEnded = true;
  });
  socket.pause();
  return {
    socket,
    received: () => Buffer.concat(pieces),
    get hasEnded() {
      return hasEnded;
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

/** Answers `/5` with 5 bytes; tells how often it was asked. */
async function startCore() {
  let asked = 0;
  const core = await startRawCore(({ socket }) => {
    let text = "";
    socket.on("data", (piece) => {
      text += piece.toString("latin1");
      const heads = text.split("\r\n\r\n");
      text = heads.pop() ?? "";
      for (const head of heads) {
        asked += 1;
        const body = bodyOf(Number(/\d+/.exec(head)?.[0]));
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      }
    });
  });
  return {
    core,
    port: core.port,
    asked: () => asked,
    [Symbol.asyncDispose]: () => core[Symbol.asyncDispose](),
  };
}

const isDone = (client: Client) => poll("the end", () => client.hasEnded);

describe.concurrent("a client that reads nothing for longer than it may take to close gets all of its answer", () => {
  test.each(PIPELINED)("with Connection: close over HTTP/1.1, %s", async (_way, start, requests, bytes) => {
    await using core = await startCore();
    await using front = await start(core.port);
    using client = await connectPaused(front, "http/1.1");
    client.socket.write(requestFor(bytes).repeat(requests) + requestFor(bytes, true));
    await stands(core.asked);
    await passes(LINGER_MS + 600);
    client.socket.resume();
    await isDone(client);
    const answers = client.received().toString("latin1").split("HTTP/1.1 200 OK\r\n").slice(1);
    expect(answers).toHaveLength(requests + 1);
    expect(answers.every((answer) => answer.endsWith(`\r\n\r\n${bodyOf(bytes)}`))).toBe(true);
    expect(answers.at(-1)).toMatch(/^Connection: close\r$/im);
  });

  test.each(WAYS)(
    "which comes, with Connection: close, while it still sends its body, %s",
    async (_way, start) => {
      await using core = await startRawCore(({ socket }) => {
        const body = bodyOf(300_000);
        socket.once("data", () =>
          socket.end(`HTTP/1.1 413 No\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
        );
      });
      await using front = await start(core.port);
      using client = await connectPaused(front, "http/1.1");
      client.socket.write(
        "POST /x HTTP/1.1\r\nHost: app\r\nConnection: close\r\nContent-Length: 100000000\r\n\r\n",
      );
      const sending = setInterval(() => client.socket.write(bodyOf(20_000)), 20);
      try {
        await passes(LINGER_MS / 2);
        client.socket.resume();
        await isDone(client);
      } finally {
        clearInterval(sending);
      }
      expect(client.received().toString("latin1")).toMatch(/^HTTP\/1\.1 413 No\r\n/);
      expect(client.received().toString("latin1")).toMatch(/\r\n\r\nx{300000}$/);
    },
  );

  test("after GOAWAY over HTTP/2", async () => {
    await using core = await startCore();
    await using front = await startFront(core.port);
    using client = await connectPaused(front, "h2");
    const windows = [
      settings([SETTING.INITIAL_WINDOW_SIZE, MAX_WINDOW]),
      windowUpdate(0, MAX_WINDOW - DEFAULT_WINDOW),
    ];
    client.socket.write(Buffer.concat([PREFACE, ...windows, get(1, "/20000000")]));
    // What the system has no room for waits here, and is sent even when its stream is broken off.
    const { socket } = await core.core.connection(0);
    await stands(() => socket.bytesWritten - socket.writableLength);
    expect(socket.writableLength).toBeGreaterThan(0);
    client.socket.write(Buffer.concat([reset(1), get(3, "/16000")]));
    await poll("the answer to be written", () => core.asked() === 2 && front.forwarder.inFlight === 0);
    client.socket.write(GOAWAY);
    await passes(LINGER_MS + 600);
    client.socket.resume();
    await isDone(client);
    const frames = framesOf(client.received());
    const ofLast = frames.filter(({ type, streamId }) => type === TYPE.DATA && streamId === 3);
    expect(Buffer.concat(ofLast.map(({ payload }) => payload)).toString()).toBe(bodyOf(16_000));
    expect(frames.some(({ type }) => type === TYPE.GOAWAY)).toBe(true);
  });
});

describe.concurrent("a client that has all and never closes is cut after five seconds at most", () => {
  /** Expects that the connection, of which the client has seen the end, goes by itself, and when. */
  async function expectCut(front: Front, client: Client): Promise<void> {
    client.socket.resume();
    await isDone(client);
    const startedAtMs = performance.now();
    front.close();
    expect(await front.listener.drain(GRACE_MS)).toBe(true);
    const tookMs = performance.now() - startedAtMs;
    expect(tookMs).toBeGreaterThan(LINGER_MS - 2_000);
    expect(tookMs).toBeLessThan(LINGER_MS + 5_000);
  }

  test.each(WAYS)("over HTTP/1.1, %s", async (_way, start) => {
    await using core = await startCore();
    await using front = await start(core.port);
    using client = await connectPaused(front, "http/1.1");
    client.socket.write(requestFor(16_000, true));
    await expectCut(front, client);
    expect(client.received().toString("latin1")).toMatch(/\r\n\r\nx{16000}$/);
  });

  test("over HTTP/2", async () => {
    await using core = await startCore();
    await using front = await startFront(core.port);
    using client = await connectPaused(front, "h2");
    client.socket.write(Buffer.concat([PREFACE, settings(), get(1, "/16000"), GOAWAY]));
    await expectCut(front, client);
    const { body, hasEnded } = heard(framesOf(client.received()), 1);
    expect(body.toString()).toBe(bodyOf(16_000));
    expect(hasEnded).toBe(true);
  });
});
