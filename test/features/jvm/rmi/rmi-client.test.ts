import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { METHODS, NEW_CLIENT } from "../../../../src/features/jvm/jmx/jmx-methods.ts";
import { remoteMethod } from "../../../../src/features/jvm/rmi/method.ts";
import { createRmiClient, type RmiClient } from "../../../../src/features/jvm/rmi/rmi-client.ts";
import { RmiConnectionError } from "../../../../src/features/jvm/rmi/rmi-error.ts";
import { READ_LIMITS } from "../../../../src/features/jvm/serialization/read-limits.ts";
import { JavaStreamError } from "../../../../src/features/jvm/serialization/stream-error.ts";
import { poll } from "../../../support/poll.ts";
import { freePort } from "../../../support/ports.ts";

const HELLO_ACK = Buffer.from([0x4e, 0, 9, ...Buffer.from("127.0.0.1"), 0, 0, 0x30, 0x39]);
const CALL = Buffer.from("50aced0005", "hex");
/** A return of nothing. */
const RETURNED = Buffer.from(`51aced0005770f01${"00".repeat(14)}`, "hex");
const OBJECT = { objectId: Buffer.alloc(22), isTls: false };
const NOTHING = remoteMethod("close()V");
const READING = remoteMethod("close()V", { isRepeatable: true });
const PING = Buffer.of(0x52);
const PING_ACK = Buffer.of(0x53);

describe("a method", () => {
  test("has the hash by which the JVM knows it", () => {
    expect(NEW_CLIENT.hash).toBe(-1089742558549201240n);
    expect(METHODS.getAttribute.hash).toBe(-1089783104982388203n);
    expect(METHODS.getAttributes.hash).toBe(6285293806596348999n);
    expect(METHODS.setAttribute.hash).toBe(6738606893952597516n);
    expect(METHODS.invoke.hash).toBe(1434350937885235744n);
    expect(METHODS.queryNames.hash).toBe(9152567528369059802n);
    expect(METHODS.getMBeanInfo.hash).toBe(-7404813916326233354n);
    expect(METHODS.fetchNotifications.hash).toBe(-5037523307973544478n);
    expect(METHODS.close.hash).toBe(-4742752445160157748n);
  });

  test("has the types of its parameters", () => {
    expect(METHODS.fetchNotifications.parameters).toEqual(["J", "I", "J"]);
    expect(METHODS.invoke.parameters).toEqual(["L", "L", "L", "[", "L"]);
    expect(() => remoteMethod("nothing")).toThrow(TypeError);
  });
});

describe("a call", () => {
  test("goes over the connection of the one before", async () => {
    const peer = await startPeer((socket) => socket.write(RETURNED));
    const client = clientOf(peer.port);
    for (let count = 0; count < 3; count += 1)
      await client.invoke({ ...OBJECT, port: peer.port }, NOTHING, []);
    expect(peer.connections).toBe(1);
  });

  test("goes over a new connection where the JVM has closed the idle one", async () => {
    const peer = await startPeer((socket) => socket.end(RETURNED));
    const client = clientOf(peer.port);
    await client.invoke({ ...OBJECT, port: peer.port }, NOTHING, []);
    await poll("the connection has ended", () => peer.open === 0);
    await client.invoke({ ...OBJECT, port: peer.port }, NOTHING, []);
    expect(peer.connections).toBe(2);
  });

  test("that only reads is made again where the JVM closes the idle connection at that very moment", async () => {
    const peer = await startPeer((socket) => {
      if (peer.answered === 2) socket.destroy();
      else socket.write(RETURNED);
    });
    const client = clientOf(peer.port);
    const target = { ...OBJECT, port: peer.port };
    await client.invoke(target, READING, []);
    await client.invoke(target, READING, []);
    expect([peer.connections, peer.answered]).toEqual([2, 3]);
  });

  test("that may change something is never made again: nobody knows whether it was done", async () => {
    const peer = await startPeer((socket) => {
      if (peer.answered === 2) socket.destroy();
      else socket.write(RETURNED);
    });
    const client = clientOf(peer.port);
    await client.invoke({ ...OBJECT, port: peer.port }, READING, []);
    expect(await failureOf(client, peer.port)).toMatchObject({ reason: "closed" });
    expect([peer.connections, peer.answered]).toEqual([1, 2]);
  });

  test("that only reads is made again once, and no more", async () => {
    const peer = await startPeer((socket) => {
      if (peer.answered > 1) socket.destroy();
      else socket.write(RETURNED);
    });
    const client = clientOf(peer.port);
    const target = { ...OBJECT, port: peer.port };
    await client.invoke(target, READING, []);
    await expect(client.invoke(target, READING, [])).rejects.toMatchObject({ reason: "closed" });
    expect(peer.answered).toBe(3);
  });

  test("goes over a new connection where more came than was asked for", async () => {
    const peer = await startPeer((socket) => socket.write(Buffer.concat([RETURNED, RETURNED])));
    const client = clientOf(peer.port);
    await client.invoke({ ...OBJECT, port: peer.port }, NOTHING, []);
    await client.invoke({ ...OBJECT, port: peer.port }, NOTHING, []);
    expect(peer.connections).toBe(2);
  });

  test("does not wait for another that takes long", async () => {
    let first = true;
    const peer = await startPeer((socket) => {
      if (!first) socket.write(RETURNED);
      first = false;
    });
    const client = clientOf(peer.port);
    const late = client
      .invoke({ ...OBJECT, port: peer.port }, NOTHING, [], { timeoutMs: 2_000 })
      .catch((error) => error);
    await poll("the first is on its way", () => !first);
    await client.invoke({ ...OBJECT, port: peer.port }, NOTHING, []);
    client[Symbol.dispose]();
    expect(await late).toMatchObject({ name: "RmiConnectionError", reason: "closed" });
  });

  test("waits for others where many are under way, and not forever", async () => {
    const sockets: Socket[] = [];
    const peer = await startPeer((socket) => sockets.push(socket));
    const client = clientOf(peer.port);
    const target = { ...OBJECT, port: peer.port };
    const calls = Promise.all(Array.from({ length: 20 }, () => client.invoke(target, NOTHING, [])));
    await poll("as many as may be", () => sockets.length === 8);
    const late = client.invoke(target, NOTHING, [], { timeoutMs: 100 });
    await expect(late).rejects.toMatchObject({ name: "RmiConnectionError", reason: "timeout" });
    expect(peer.open).toBe(8);
    let most = 0;
    const answering = poll("all are answered", () => {
      most = Math.max(most, peer.open);
      for (const socket of sockets.splice(0)) socket.write(RETURNED);
      return peer.answered === 20 && sockets.length === 0;
    });
    await Promise.all([calls, answering]);
    expect(most).toBe(8);
  });

  test("ends with its time, and takes the connection with it", async () => {
    const peer = await startPeer(() => undefined);
    const failed = await failureOf(clientOf(peer.port, { timeoutMs: 150 }), peer.port);
    expect(failed).toMatchObject({ name: "RmiConnectionError", reason: "timeout" });
    await poll("the connection has ended", () => peer.open === 0);
  });

  test("ends with its signal", async () => {
    const peer = await startPeer(() => undefined);
    const ending = new AbortController();
    const call = clientOf(peer.port).invoke({ ...OBJECT, port: peer.port }, NOTHING, [], {
      signal: ending.signal,
    });
    const failed = call.catch((error: unknown) => error);
    await poll("it is connected", () => peer.open === 1);
    ending.abort();
    expect(await failed).toMatchObject({ name: "RmiConnectionError", reason: "timeout" });
  });

  test.each<[string, Buffer, string]>([
    ["no reply at all", Buffer.from("60", "hex"), "no reply to a call"],
    ["a head that is too short", Buffer.from("51aced00057701" + "01", "hex"), "head of a reply is malformed"],
    [
      "a return that is neither",
      Buffer.from(`51aced0005770f03${"00".repeat(14)}`, "hex"),
      "head of a reply is malformed",
    ],
    ["an object in place of the head", Buffer.from("51aced000570", "hex"), "without its head"],
    ["a stream that is none", Buffer.from("51abcd0005", "hex"), "no stream of Java objects"],
  ])("fails for %s", async (_what, reply, message) => {
    const peer = await startPeer((socket) => socket.write(reply));
    const failed = await failureOf(clientOf(peer.port), peer.port);
    expect(failed).toBeInstanceOf(JavaStreamError);
    expect(failed).toMatchObject({ message: expect.stringContaining(message) });
    await poll("the connection has ended", () => peer.open === 0);
  });

  test("fails when the JVM dies in the midst of its reply", async () => {
    const peer = await startPeer((socket) => socket.end(RETURNED.subarray(0, 9)));
    expect(await failureOf(clientOf(peer.port), peer.port)).toMatchObject({ reason: "closed" });
  });

  test("fails at the byte that is too many, however much the JVM sends", async () => {
    let sent = 0;
    const chunk = Buffer.alloc(65_536);
    const head = Buffer.from(
      `51aced0005770f01${"00".repeat(14)}757200025b42acf317f8060854e00200007870${"7fffffff"}`,
      "hex",
    );
    const peer = await startPeer((socket) => {
      socket.write(head);
      pour(socket, chunk, () => {
        sent += chunk.length;
      });
    });
    const object = remoteMethod("bytes()[B");
    const failed = await clientOf(peer.port)
      .invoke({ ...OBJECT, port: peer.port }, object, [])
      .catch((error) => error);
    expect(failed).toMatchObject({ name: "JavaStreamError", message: expect.stringContaining("announced") });
    await poll("the connection has ended", () => peer.open === 0);
    expect(sent).toBeLessThan(2 ** 24);
  });
});

/** A return of an object whose class is annotated, which has no length: it goes on until its end comes. */
const ANNOTATED = Buffer.from(`51aced0005770f01${"00".repeat(14)}7372000141${"00".repeat(8)}020000`, "hex");
const OBJECT_METHOD = remoteMethod("object()Ljava/lang/Object;");

describe("an answer that never ends", () => {
  test.each([
    ["small texts", "74000161"],
    ["nothings", "70"],
    ["blocks of a byte", "770161"],
    ["the same text", `74000161${"71007e0001".repeat(1_000)}`],
  ])("is given up at the limit: %s", async (_, thing) => {
    let sent = 0;
    const chunk = Buffer.from(thing.repeat(Math.ceil(65_536 / thing.length)), "hex");
    const peer = await startPeer((socket) => {
      socket.write(ANNOTATED);
      pour(socket, chunk, () => {
        sent += chunk.length;
      });
    });
    const failed = await clientOf(peer.port, { timeoutMs: 20_000 })
      .invoke({ ...OBJECT, port: peer.port }, OBJECT_METHOD, [])
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(JavaStreamError);
    expect(failed).toMatchObject({ message: expect.stringMatching(/^more than /) });
    await poll("the connection has ended", () => peer.open === 0);
    // What may be read, and what is on its way.
    expect(sent).toBeLessThan(READ_LIMITS.bytes + 2 ** 24);
  });

  test("is given up in time where it trickles", async () => {
    const timers: NodeJS.Timeout[] = [];
    onTestFinished(() => timers.forEach(clearInterval));
    let trickled = 0;
    const peer = await startPeer((socket) => {
      socket.write(ANNOTATED);
      timers.push(
        setInterval(() => {
          trickled += 1;
          socket.write(Buffer.of(0x70));
        }, 10),
      );
    });
    const failed = await clientOf(peer.port, { timeoutMs: 400 })
      .invoke({ ...OBJECT, port: peer.port }, OBJECT_METHOD, [])
      .catch((error: unknown) => error);
    expect(failed).toMatchObject({ name: "RmiConnectionError", reason: "timeout" });
    expect(trickled).toBeGreaterThan(2);
    await poll("the connection has ended", () => peer.open === 0);
  });
});

describe("a peer", () => {
  test("that is not there is unreachable", async () => {
    const port = await freePort();
    expect(await failureOf(clientOf(port), port)).toMatchObject({ reason: "unreachable" });
  });

  test.each<[string, string | Buffer]>([
    ["speaks HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n"],
    ["refuses the protocol", Buffer.of(0x4f)],
    ["has a name of another encoding", Buffer.from([0x4e, 0, 1, 0xff, 0, 0, 0, 0])],
  ])("that %s is none", async (_what, greeting) => {
    const peer = await startPeer(() => undefined, greeting);
    const failed = await failureOf(clientOf(peer.port), peer.port);
    expect(failed).toBeInstanceOf(RmiConnectionError);
    expect(failed).toMatchObject({ reason: "not-rmi" });
  });

  test("that says nothing is waited for no longer than is allowed", async () => {
    const peer = await startPeer(() => undefined, "");
    expect(await failureOf(clientOf(peer.port, { timeoutMs: 150 }), peer.port)).toMatchObject({
      reason: "timeout",
    });
  });
});

/** Sends the same again and again, up to a gigabyte, as fast as it is read. */
function pour(socket: Socket, chunk: Buffer, onSent: () => void): void {
  let left = 2 ** 30;
  const more = () => {
    while (!socket.destroyed && left > 0) {
      left -= chunk.length;
      onSent();
      if (socket.write(chunk)) continue;
      socket.once("drain", more);
      return;
    }
  };
  more();
}

function clientOf(port: number, { timeoutMs = 5_000 } = {}): RmiClient {
  const client = createRmiClient({ host: "127.0.0.1", port, tls: {}, isRegistryTls: false, timeoutMs });
  onTestFinished(() => client[Symbol.dispose]());
  return client;
}

function failureOf(client: RmiClient, port: number): Promise<unknown> {
  return client.invoke({ ...OBJECT, port }, NOTHING, []).then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** A peer that greets, and answers each call. */
async function startPeer(answer: (socket: Socket) => void, greeting: string | Buffer = HELLO_ACK) {
  const sockets = new Set<Socket>();
  let connections = 0;
  let answered = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    socket.once("data", () => {
      socket.write(greeting);
      socket.on("data", (chunk: Buffer) => {
        if (chunk.equals(PING)) socket.write(PING_ACK);
        if (!chunk.includes(CALL)) return;
        answered += 1;
        answer(socket);
      });
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    get connections() {
      return connections;
    },
    /** How many calls it has seen. */
    get answered() {
      return answered;
    },
    get open() {
      return sockets.size;
    },
  };
}
