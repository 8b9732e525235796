import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import {
  CODE,
  DEFAULT_WINDOW,
  data,
  headers,
  heard,
  SETTING,
  SOON,
  settings,
  settled,
  Windows,
  windowUpdate,
} from "../../listener/http2/session.ts";
import { connectRawHttp2, type RawHttp2 } from "../../listener/raw-http2.ts";
import { type Front, listenLocally, startFront } from "../../support/front.ts";
import { passes } from "../../support/passes.ts";
import { poll } from "../../support/poll.ts";
import { type Random, randomOf, seedOr } from "../../support/random.ts";
import { consentTo } from "./support.ts";

/** How a WebSocket over HTTP/2 ends whose client takes its time: frame by frame. */

/** Longer than either side may take to close when the other has. */
const LONG_MS = 5_600;

const CONNECT: [string, string][] = [
  [":method", "CONNECT"],
  [":protocol", "websocket"],
  [":scheme", "https"],
  [":authority", "app"],
  [":path", "/ws"],
  ["sec-websocket-version", "13"],
];

/** A core, and a {@link Front} before it. */
interface Stage extends AsyncDisposable {
  readonly front: Front;
}

/** Starts a core that consents and keeps its side open when the client has ended; `then` gets what follows the head. */
async function startStage(then: (socket: Socket, rest: Buffer) => void): Promise<Stage> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    let seen = "";
    socket.on("data", function take(piece: Buffer) {
      seen += piece.toString("latin1");
      const end = seen.indexOf("\r\n\r\n");
      if (end === -1) return;
      socket.off("data", take);
      socket.write(consentTo(seen.slice(0, end + 4)));
      then(socket, Buffer.from(seen.slice(end + 4), "latin1"));
    });
  });
  const front = await startFront(await listenLocally(server));
  return {
    front,
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]();
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** The beginning of a message that does not end: what follows is no frame of its own. */
function beginningOf(bytes: number, { isMasked = false } = {}): Buffer {
  const message = Buffer.from(Array.from({ length: bytes }, (_, index) => (index * 13) & 0xff));
  message[0] = 0x82;
  message[1] = isMasked ? 0xff : 0x7f;
  message.writeBigUInt64BE(1_000_000_000_000n, 2);
  return message;
}

describe.concurrent("what a core says to a WebSocket over HTTP/2 before it ends", () => {
  test.each([
    ["that has ended its side", true],
    ["that has not ended its side", false],
  ])("reaches a client %s, however long its window is shut", async (_which, endsFirst) => {
    const said = beginningOf(100_000);
    await using stage = await startStage((socket) => void socket.resume().end(said));
    const { front } = stage;
    using client = await connectRawHttp2(front);
    client.send(headers(1, CONNECT));
    await poll("what the window lets through", () => heard(client.frames, 1).body.length === DEFAULT_WINDOW);
    if (endsFirst) client.send(data(1, "", { ends: true }));
    await passes(LONG_MS);
    await settled(client);
    expect(heard(client.frames, 1)).toMatchObject({ hasEnded: false, resetCode: undefined });
    client.send(windowUpdate(0, 100_000), windowUpdate(1, 100_000));
    const { body } = await poll(
      "the end",
      () => heard(client.frames, 1).hasEnded && heard(client.frames, 1),
      SOON,
    );
    expect(body.equals(said)).toBe(true);
    if (!endsFirst) client.send(data(1, "", { ends: true }));
    await settled(client);
    expect([undefined, CODE.NO_ERROR]).toContain(heard(client.frames, 1).resetCode);
  });
});

describe.concurrent("the end of a client", () => {
  test.each([
    ["in the HEADERS of its CONNECT", true],
    ["in a DATA frame", false],
  ])("%s reaches the core, and the core's end the client", async (_where, isInHeaders) => {
    let hasCoreSeen = false;
    await using stage = await startStage((socket) => {
      socket.resume();
      socket.once("end", () => {
        hasCoreSeen = true;
        socket.end("last words");
      });
    });
    const { front } = stage;
    using client = await connectRawHttp2(front);
    client.send(headers(1, CONNECT, { ends: isInHeaders }));
    if (!isInHeaders) client.send(data(1, "", { ends: true }));
    await poll("the end at the core", () => hasCoreSeen, SOON);
    const { body } = await poll(
      "the end",
      () => heard(client.frames, 1).hasEnded && heard(client.frames, 1),
      SOON,
    );
    expect(body.toString()).toBe("last words");
    await settled(client);
    expect(heard(client.frames, 1).resetCode).toBeUndefined();
    await poll("nothing in flight", () => front.forwarder.inFlight === 0);
  });
});

/** Has everything echoed, with windows that open as chance has it. */
async function expectEcho(client: RawHttp2, id: number, random: Random): Promise<void> {
  const windows = new Windows(client);
  const message = beginningOf(20 + random.int(random.pick([10, 5_000, 200_000, 600_000])), {
    isMasked: true,
  });
  client.send(headers(id, CONNECT));
  if (random.chance(0.5)) await poll("the answer", () => heard(client.frames, id).blocks.length > 0, SOON);
  let at = 0;
  let hasEnded = false;
  await poll(
    "the echo",
    () => {
      for (let count = 0; count < 6; count += 1) {
        const bytes = Math.min(message.length - at, windows.left(id), 1 + random.int(16_000));
        if (bytes > 0) client.send(data(id, message.subarray(at, at + bytes)));
        windows.note(id, bytes);
        at += bytes;
      }
      if (at === message.length && !hasEnded && random.chance(0.3)) {
        hasEnded = true;
        client.send(data(id, "", { ends: true }));
      }
      const echo = heard(client.frames, id);
      if (hasEnded && echo.hasEnded) return true;
      if (random.chance(0.3)) client.send(windowUpdate(id, 1 + random.int(300_000)));
      return echo.resetCode !== undefined;
    },
    { ...SOON, timeoutMs: 5_000 },
  );
  const echo = heard(client.frames, id);
  expect(echo.resetCode).toBeUndefined();
  expect(echo.hasEnded).toBe(true);
  expect(echo.body.equals(message)).toBe(true);
}

const SEED = seedOr(1_126);

test.concurrent(`WebSockets over HTTP/2 whose windows open at random get all that was said, and its end (seed ${SEED})`, async () => {
  const SESSIONS = 60;
  const random = randomOf(SEED);
  await using stage = await startStage((socket, rest) => {
    if (rest.length > 0) socket.write(rest);
    socket.pipe(socket);
  });
  const { front } = stage;
  for (let session = 0; session < SESSIONS; session += 1) {
    using client = await connectRawHttp2(front);
    client.send(
      settings([SETTING.INITIAL_WINDOW_SIZE, random.pick([0, 100, DEFAULT_WINDOW, 1_000_000])]),
      windowUpdate(0, 10_000_000),
    );
    await expectEcho(client, 1, random);
    await poll("nothing in flight", () => front.forwarder.inFlight === 0, SOON);
  }
});
