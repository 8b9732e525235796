import { connect, type TLSSocket } from "node:tls";
import { describe, expect, test } from "vitest";
import { connectRaw, type Front, startFront, startRawCore, WAYS } from "../support/front.ts";
import { passes } from "../support/passes.ts";
import { poll } from "../support/poll.ts";
import { connectRawHttp2, FRAME, type Frame, frame, get } from "./raw-http2.ts";

/** What becomes of connections on which nothing is under way when the listener is drained. */

const GET = "GET / HTTP/1.1\r\nHost: app\r\n\r\n";
/** Read by Node's own parser, as everything behind it is. */
const ODD_GET = "GET / HTTP/1.1\r\nHost: app\r\nTE: trailers\r\nConnection: TE\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const GRACE_MS = 10_000;

const startOkCore = () =>
  startRawCore(({ socket }) => {
    socket.on("data", () => socket.write(OK));
  });

/** As the sidecar does at SIGTERM. */
function drain(front: Front): Promise<boolean> {
  front.close();
  return front.listener.drain(GRACE_MS);
}

describe.each([
  ...WAYS.map(([way, start]) => [way, start, GET] as const),
  ["handed over to Node's way", startFront, ODD_GET] as const,
])("an idle HTTP/1.1 connection %s", (_way, start, request) => {
  test("still gets the answer to a request that was on its way, and is told to go elsewhere", async () => {
    await using core = await startOkCore();
    await using front = await start(core.port);
    using client = await connectRaw(front, request);
    await client.wait((text) => text.endsWith("ok"));
    const drained = drain(front);
    client.send(request);
    const seen = await client.closed();
    expect(seen.split("HTTP/1.1 200 OK\r\n")).toHaveLength(3);
    expect(seen.slice(seen.lastIndexOf("HTTP/1.1"))).toMatch(/^Connection: close\r$/im);
    expect(await drained).toBe(true);
  });

  test("is closed after a moment where nothing comes", async () => {
    await using core = await startOkCore();
    await using front = await start(core.port);
    using client = await connectRaw(front, request);
    await client.wait((text) => text.endsWith("ok"));
    const startedAtMs = performance.now();
    const drained = drain(front);
    await client.closed();
    expect(performance.now() - startedAtMs).toBeLessThan(GRACE_MS / 2);
    expect(await drained).toBe(true);
  });

  test("of which half a request has come gets the answer to it when the rest comes", async () => {
    await using core = await startOkCore();
    await using front = await start(core.port);
    using client = await connectRaw(front, request);
    await client.wait((text) => text.endsWith("ok"));
    client.send(request.slice(0, 20));
    await passes(100);
    const drained = drain(front);
    await passes(1_000);
    client.send(request.slice(20));
    expect((await client.closed()).split("HTTP/1.1 200 OK\r\n")).toHaveLength(3);
    expect(await drained).toBe(true);
  });
});

test.each(WAYS)(
  "a connection on which nothing was ever sent is closed after a moment, %s",
  async (_way, start) => {
    await using core = await startOkCore();
    await using front = await start(core.port);
    using client = await connectRaw(front);
    const drained = drain(front);
    await client.closed();
    expect(await drained).toBe(true);
  },
);

describe("an HTTP/2 session without streams", () => {
  const isGoaway = ({ type }: Frame) => type === FRAME.GOAWAY;
  /** The GOAWAY that says which stream was the last. */
  const isLastGoaway = (frame: Frame) => isGoaway(frame) && frame.payload.readUInt32BE(0) !== 2_147_483_647;

  test("serves a stream that was on its way, and names it in its last GOAWAY (RFC 9113 section 6.8)", async () => {
    await using core = await startOkCore();
    await using front = await startFront(core.port);
    using client = await connectRawHttp2(front);
    await client.frame("the settings", ({ type }) => type === FRAME.SETTINGS);
    const drained = drain(front);
    await client.frame("the first GOAWAY", isGoaway);
    client.send(get(1, "/"));
    await client.frame("the answer", ({ type, streamId }) => type === FRAME.DATA && streamId === 1);
    const goaway = await client.frame("the last GOAWAY", isLastGoaway);
    expect([goaway.payload.readUInt32BE(0), goaway.payload.readUInt32BE(4)]).toEqual([1, 0]);
    await client.closed();
    expect(await drained).toBe(true);
  });

  test("gets its GOAWAY after a moment where nothing comes", async () => {
    await using core = await startOkCore();
    await using front = await startFront(core.port);
    using client = await connectRawHttp2(front);
    await client.frame("the settings", ({ type }) => type === FRAME.SETTINGS);
    const drained = drain(front);
    const goaway = await client.frame("the GOAWAY", isLastGoaway);
    expect([goaway.payload.readUInt32BE(0), goaway.payload.readUInt32BE(4)]).toEqual([0, 0]);
    await client.closed();
    expect(await drained).toBe(true);
  });

  test("is cut though its client never closes, and does not use up the grace", async () => {
    await using core = await startOkCore();
    await using front = await startFront(core.port);
    const socket = await openHalf(front);
    socket.write(
      Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(FRAME.SETTINGS, 0, 0)]),
    );
    await poll("the settings", () => socket.bytesRead > 0);
    expect(await drain(front)).toBe(true);
    socket.destroy();
  });
});

/** A client that does not close its side when the server has closed its own. */
async function openHalf({ port, ca }: Front): Promise<TLSSocket> {
  // A variable: the option is documented, but the types don't know it.
  const options = { host: "127.0.0.1", port, ca, ALPNProtocols: ["h2"], allowHalfOpen: true };
  const socket = connect(options);
  await new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
  return socket.on("error", () => undefined).resume();
}
