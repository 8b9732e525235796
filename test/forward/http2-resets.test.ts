import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import { expect, test } from "vitest";
import { type Front, type RawConnection, startFront, startRawCore } from "../support/front.ts";
import { poll } from "../support/poll.ts";

/** More than the buffers of the system take, so that the rest waits in the sidecar and in the core. */
const ENDLESS = Buffer.alloc(32 * 1_048_576);
/** More than one piece from the core. */
const WINDOW_BYTES = 70_000;
const AT_ONCE = 20;
/** Of each, the sidecar holds some 250 kB that the client has not taken: all together some 200 MB. */
const ROUNDS = 40;

/** Answers `/small`, and begins an answer to everything else that does not end. */
function answer({ socket, received }: RawConnection): void {
  socket.on("data", () => {
    const isSmall = received().lastIndexOf("GET /small ") > received().lastIndexOf("GET /endless ");
    const lengthBytes = isSmall ? 2 : 1_000_000_000;
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${lengthBytes}\r\n\r\n`);
    socket.write(isSmall ? "ok" : ENDLESS);
  });
}

test("answers that are reset half read, again and again, never make a session refuse what follows", async () => {
  await using core = await startRawCore(answer);
  await using front = await startFront(core.port, { limits: { streamResetBurst: 100_000 } });
  using client = clientOf(front);
  for (let round = 0; round < ROUNDS; round += 1) {
    const streams = await Promise.all(Array.from({ length: AT_ONCE }, () => client.begin("/endless")));
    await poll("all answers to be held back", heldBack(core.connections));
    await client.setWindow(WINDOW_BYTES);
    await poll("all answers to be held back again", heldBack(core.connections));
    for (const stream of streams) stream.close(constants.NGHTTP2_CANCEL);
    await Promise.all(streams.map((stream) => stream.closed || once(stream, "close")));
    expect(await client.ask("/small")).toBe("ok");
    await client.setWindow(0);
  }
  expect(client.sessions).toBe(1);
}, 60_000);

/** Tells whether the open connections take no more. */
function heldBack(connections: readonly RawConnection[]): () => boolean {
  let before = -1;
  return () => {
    const waiting = connections.reduce((sum, { socket }) => sum + socket.writableLength, 0);
    const isStill = waiting === before;
    before = waiting;
    return isStill;
  };
}

/** Asks in one session for as long as that takes requests, as browsers do. */
function clientOf(front: Front) {
  const sessions: ClientHttp2Session[] = [];
  const current = (): ClientHttp2Session => {
    const newest = sessions.at(-1);
    if (newest !== undefined && !newest.closed && !newest.destroyed) return newest;
    const session = connect(`https://127.0.0.1:${front.port}`, {
      ca: front.ca,
      settings: { initialWindowSize: 0 },
    });
    session.on("error", () => undefined);
    session.once("connect", () => session.setLocalWindowSize(1_073_741_824));
    sessions.push(session);
    return session;
  };
  /** Waits for the head of the answer; sent once more where the session refused to look at it (RFC 9113 section 8.7). */
  const begin = async (path: string): Promise<ClientHttp2Stream> => {
    const session = current();
    const stream = session.request({ ":path": path });
    const { promise, resolve } = Promise.withResolvers<boolean>();
    stream.on("error", () => undefined);
    stream.on("response", () => resolve(true));
    stream.on("close", () => resolve(false));
    if (await promise) return stream;
    expect(stream.rstCode).toBe(constants.NGHTTP2_REFUSED_STREAM);
    session.close();
    return begin(path);
  };
  return {
    begin,
    /** Gives the body. */
    async ask(path: string): Promise<string> {
      const stream = await begin(path);
      return String(Buffer.concat(await stream.toArray()));
    },
    /** Bytes that the server may send on each stream. */
    async setWindow(initialWindowSize: number): Promise<void> {
      const session = current();
      const { promise, resolve } = Promise.withResolvers<void>();
      session.settings({ initialWindowSize }, () => resolve());
      await promise;
    },
    get sessions() {
      return sessions.length;
    },
    [Symbol.dispose]() {
      for (const session of sessions) session.destroy();
    },
  };
}
