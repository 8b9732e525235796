import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { settled as stands } from "../../forward/upgrade/support.ts";
import { startFront, startRawCore } from "../../support/front.ts";
import { poll } from "../../support/poll.ts";
import { connectRawHttp2, frame, get, headerBlock, type RawHttp2, requestFields } from "../raw-http2.ts";
import {
  answered,
  BIT,
  CODE,
  DEFAULT_WINDOW,
  data,
  expectEnd,
  expectOpen,
  headers,
  MAX_WINDOW,
  over,
  SETTING,
  STREAM_WINDOW,
  settings,
  settled,
  TYPE,
  windowUpdate,
} from "./session.ts";

/** Clients that would have us keep more than what they send. */

/** V8's own, which is there for those who ask for it. */
function exposeGarbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") throw new Error("V8 has not given its garbage collector");
  return () => void collect();
}

test("a client that asks on and on and reads nothing is refused, and gets all that was not when it reads", async () => {
  const BODY_BYTES = 60_000;
  /** Of which the answers are more than what the system takes, and what we hold, together. */
  const MANY = 800;
  let asked = 0;
  await using core = await startRawCore(({ socket }) => {
    socket.on("data", (piece) => {
      for (const _ of piece.toString("latin1").matchAll(/^GET /gm)) {
        asked += 1;
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${BODY_BYTES}\r\n\r\n${"x".repeat(BODY_BYTES)}`);
      }
    });
  });
  await using front = await startFront(core.port);
  using client = await connectRawHttp2(front);
  client.send(settings([SETTING.INITIAL_WINDOW_SIZE, MAX_WINDOW]));
  client.send(windowUpdate(0, MAX_WINDOW - DEFAULT_WINDOW));
  await settled(client);
  client.socket.pause();
  let sent = 0;
  const isDone = () => asked === sent && front.forwarder.inFlight === 0;
  let before = -1;
  while (sent < MANY && asked !== before) {
    before = asked;
    for (let count = 0; count < 10; count += 1, sent += 1) client.send(get(1 + 2 * sent, "/large"));
    await poll("all to be answered", isDone, { timeoutMs: 1_000, intervalMs: 2 }).catch(() => undefined);
  }
  expect(asked).toBe(await stands(() => asked));
  expect(asked).toBeLessThan(sent);
  expect(asked).toBeLessThan(MANY / 2);
  client.socket.resume();
  let whole = 0;
  for (let index = 0; index < sent; index += 1) {
    const { body, resetCode } = await over(client, 1 + 2 * index);
    if (resetCode === undefined) whole += 1;
    expect([body.length, resetCode]).toEqual(
      resetCode === undefined ? [BODY_BYTES, undefined] : [0, CODE.REFUSED_STREAM],
    );
  }
  expect(whole).toBe(asked);
  expectOpen(client);
});

const CONNECT: [string, string][] = [
  [":method", "CONNECT"],
  [":protocol", "websocket"],
  [":scheme", "https"],
  [":authority", "app"],
  [":path", "/"],
  ["sec-websocket-version", "13"],
];

test.each([
  ["of requests that wait for the core", requestFields("POST", "/up")],
  ["of WebSockets that the core has not answered", CONNECT],
] as const)("DATA frames of one byte each, %s, cost little more than the bytes", async (_what, fields) => {
  const STREAMS = 3;
  const MOST_BYTES = 16 * 1_048_576;
  const collectGarbage = exposeGarbageCollector();
  const heldBytes = () => {
    collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  await using core = await startRawCore();
  await using front = await startFront(core.port, { core: { maxConnections: 1 } });
  using client = await connectRawHttp2(front);
  client.send(get(1, "/stuck"));
  await core.connection(0);
  const ids = Array.from({ length: STREAMS }, (_, index) => 3 + 2 * index);
  client.send(...ids.map((id) => headers(id, fields)));
  await settled(client);
  const before = heldBytes();
  for (const id of ids) await sendOneByOne(client, id, STREAM_WINDOW);
  await settled(client);
  await poll("little to be held", () => heldBytes() - before < MOST_BYTES, { timeoutMs: 4_000 });
  expect(client.frames.filter(({ type }) => type === TYPE.RST_STREAM)).toEqual([]);
});

/** Sends so many bytes, each of them a frame of its own. */
async function sendOneByOne(client: RawHttp2, streamId: number, bytes: number): Promise<void> {
  const each = 2_048;
  const batch = Buffer.concat(Array.from({ length: each }, () => data(streamId, "x")));
  for (let sent = 0; sent < bytes; sent += each) {
    client.send(batch);
    await poll("it to be sent", () => client.socket.writableLength < 1_000_000, { intervalMs: 1 });
  }
}

test("a header in far more CONTINUATIONs than any needs ends its connection, though they are small (CVE-2024-27316)", async () => {
  await using core = await startRawCore();
  await using front = await startFront(core.port);
  using client = await connectRawHttp2(front);
  await settled(client);
  const parts = Array.from({ length: 5_000 }, () => frame(TYPE.CONTINUATION, 0, 1, Buffer.of(0x82)));
  client.send(frame(TYPE.HEADERS, 0, 1, Buffer.of(0x82)), ...parts);
  await expectEnd(client, CODE.ENHANCE_YOUR_CALM);
});

test("a header in CONTINUATIONs of one byte each is read all the same", async () => {
  await using core = await startRawCore(({ socket }) => {
    socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  });
  await using front = await startFront(core.port);
  using client = await connectRawHttp2(front);
  await settled(client);
  const block = headerBlock([...requestFields("GET", "/"), ["x", "y".repeat(300)]]);
  client.send(frame(TYPE.HEADERS, BIT.END_STREAM, 1));
  client.send(...[...block].map((byte) => frame(TYPE.CONTINUATION, 0, 1, Buffer.of(byte))));
  client.send(frame(TYPE.CONTINUATION, BIT.END_HEADERS, 1));
  expect((await answered(client, 1)).body.toString()).toBe("ok");
  expect(core.connections[0]?.received()).toContain(`x: ${"y".repeat(300)}\r\n`);
});
