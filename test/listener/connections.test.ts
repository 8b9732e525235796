import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { describe, expect, test } from "vitest";
import { connectRaw, type RawClient } from "../support/front.ts";
import { poll } from "../support/poll.ts";
import { type Alone, startAlone } from "./alone.ts";

/** A client that speaks no TLS. */
function connectPlain({ port }: Alone): { socket: Socket; closed(): Promise<void> } & Disposable {
  const socket = connect({ host: "127.0.0.1", port });
  let isClosed = false;
  socket.on("error", () => undefined);
  socket.resume();
  socket.once("close", () => {
    isClosed = true;
  });
  return {
    socket,
    closed: () => poll("the connection to close", () => isClosed).then(() => undefined),
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

async function isServed(client: RawClient, path: string): Promise<void> {
  client.send(`GET ${path} HTTP/1.1\r\nHost: app\r\n\r\n`);
  await client.wait((text) => text.endsWith(`target ${path}`));
}

describe("connections beyond the limit", () => {
  test("are closed at once, those that are there are kept, and a place that falls free is given away", async () => {
    await using alone = await startAlone({ maxConnections: 2 });
    using first = await connectRaw(alone);
    using second = await connectRaw(alone);
    await expect(connectRaw(alone)).rejects.toThrow(/reset|disconnected/);
    await isServed(first, "/first");
    await isServed(second, "/second");

    second.socket.destroy();
    using third = await poll("a place", () => connectRaw(alone));
    await isServed(third, "/third");
    await isServed(first, "/again");
  });

  test("are told in the log once for many", async () => {
    await using alone = await startAlone({ maxConnections: 1 });
    using _first = await connectRaw(alone);
    for (let count = 0; count < 5; count++) await expect(connectRaw(alone)).rejects.toThrow();
    const lines = alone.log.filter(({ msg }) => String(msg).startsWith("too many connections"));
    expect(lines).toEqual([expect.objectContaining({ level: "warn", max: 1, closed: 1 })]);
  });

  test("count from the first packet: those in the handshake too", async () => {
    await using alone = await startAlone({ maxConnections: 1 });
    using silent = connectPlain(alone);
    await poll("the connection", () => silent.socket.readyState === "open");
    await expect(connectRaw(alone)).rejects.toThrow();
  });
});

describe("a TLS handshake that takes too long", () => {
  test.each([
    ["because nothing comes", ""],
    ["because it stops in the middle", "\x16\x03\x01\x02\x00\x01\x00"],
  ])("%s ends, and harms nobody", async (_what, bytes) => {
    await using alone = await startAlone({ handshakeMs: 300 });
    using neighbour = await connectRaw(alone);
    using slow = connectPlain(alone);
    slow.socket.write(bytes, "latin1");
    await slow.closed();
    await isServed(neighbour, "/still");
    expect(alone.log).toContainEqual(
      expect.objectContaining({ msg: "a TLS handshake failed", level: "debug" }),
    );
  });
});

test("a connection that is silent in its handshake can't hold up the end of the drain", async () => {
  const alone = await startAlone({ handshakeMs: 60_000 });
  using silent = connectPlain(alone);
  await poll("the connection", () => silent.socket.readyState === "open");
  using _neighbour = await connectRaw(alone);
  expect(await alone.listener.drain(100)).toBe(false);
  await silent.closed();
  await alone[Symbol.asyncDispose]();
});

test("a client can't have the handshake repeated (TLS 1.2 renegotiation)", async () => {
  await using alone = await startAlone();
  using neighbour = await connectRaw(alone);
  const socket = connectTls({ host: "127.0.0.1", port: alone.port, ca: alone.ca, maxVersion: "TLSv1.2" });
  await once(socket, "secureConnect");
  const outcome = new Promise((resolve) => {
    socket.once("error", resolve);
    socket.renegotiate({}, (error) => resolve(error ?? "renegotiated"));
  });
  expect(String(await outcome)).toMatch(/no renegotiation/i);
  socket.destroy();
  await isServed(neighbour, "/still");
});
