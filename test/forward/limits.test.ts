import { describe, expect, test } from "vitest";
import { connectRaw, type RawConnection, startFront, startRawCore } from "../support/front.ts";
import { poll } from "../support/poll.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const GET = "GET / HTTP/1.1\r\nHost: app\r\n\r\n";
const hasHead = (text: string) => text.includes("\r\n\r\n");
const hasProblem = (text: string) => text.endsWith("}\n");

describe.each([{ lean: true }, { lean: false }])("the body of a request (%o)", (way) => {
  test("that is announced as too large is refused before the core hears of it", async () => {
    await using core = await startRawCore();
    await using front = await startFront(core.port, { limits: { maxBodyBytes: 10 } }, way);
    using client = await connectRaw(front, "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 11\r\n\r\n");
    expect(await client.wait(hasProblem)).toMatch(/^HTTP\/1\.1 413 [\s\S]*MAX_BODY_BYTES/);
    expect(core.connections).toHaveLength(0);
  });

  test("that turns out to be too large is refused, and the core's connection is closed", async () => {
    await using core = await startRawCore();
    await using front = await startFront(core.port, { limits: { maxBodyBytes: 10 } }, way);
    const head = "POST / HTTP/1.1\r\nHost: app\r\nTransfer-Encoding: chunked\r\n\r\n";
    using client = await connectRaw(front, `${head}6\r\n123456\r\n`);
    const connection = await core.connection(0);
    await connection.wait((text) => text.includes("123456"));
    const closed = closing(connection);
    client.send("6\r\n123456\r\n0\r\n\r\n");
    expect(await client.wait(hasProblem)).toMatch(/^HTTP\/1\.1 413 /);
    await closed;
  });

  test("that is as large as allowed is forwarded", async () => {
    await using core = await startRawCore((connection) => {
      connection.socket.once("data", () => connection.socket.write(OK));
    });
    await using front = await startFront(core.port, { limits: { maxBodyBytes: 10 } }, way);
    using client = await connectRaw(
      front,
      "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 10\r\n\r\n1234567890",
    );
    await client.wait((text) => text.endsWith("ok"));
  });

  test("that stands still is answered 408, and the core's connection is closed", async () => {
    await using core = await startRawCore();
    await using front = await startFront(core.port, { limits: { bodyIdleMs: 200 } }, way);
    using client = await connectRaw(front, "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 10\r\n\r\n12345");
    const connection = await core.connection(0);
    await connection.wait((text) => text.endsWith("12345"));
    const closed = closing(connection);
    expect(await client.wait(hasProblem)).toMatch(/^HTTP\/1\.1 408 [\s\S]*"phase":"body"/);
    await closed;
  });

  test("that trickles in is answered 408", async () => {
    await using core = await startRawCore();
    const limits = { bodyIdleMs: 300, bodyMinBytesPerSecond: 1_000 };
    await using front = await startFront(core.port, { limits }, way);
    using client = await connectRaw(front, "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 10000\r\n\r\n");
    await poll("the answer", () => {
      client.send("x");
      return hasProblem(client.received());
    });
    expect(client.received()).toMatch(/^HTTP\/1\.1 408 [\s\S]*BODY_MIN_BYTES_PER_SECOND/);
  });
});

describe.each([{ lean: true }, { lean: false }])("a client that takes nothing of its answer (%o)", (way) => {
  test("loses its connection, and the core is freed", async () => {
    await using core = await startRawCore((connection) => {
      connection.socket.once("data", () => {
        connection.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
        const fill = () => {
          while (!connection.socket.destroyed && connection.socket.write(Buffer.alloc(65_536)));
        };
        connection.socket.on("drain", fill);
        fill();
      });
    });
    await using front = await startFront(core.port, { limits: { answerIdleMs: 300 } }, way);
    using client = await connectRaw(front);
    client.socket.pause();
    client.send(GET);
    const connection = await core.connection(0);
    await closing(connection);
    await poll("nothing in flight", () => front.forwarder.inFlight === 0);
  });
});

describe("requests beyond the connections to the core", () => {
  const settings = { core: { maxConnections: 1, maxQueue: 1, queueTimeoutMs: 10_000 } };

  test("wait for their turn, and beyond the queue are answered 503", async () => {
    await using core = await startRawCore();
    await using front = await startFront(core.port, settings);
    using first = await connectRaw(front, GET);
    const connection = await core.connection(0);
    await connection.wait(hasHead);
    using second = await connectRaw(front, "GET /second HTTP/1.1\r\nHost: app\r\n\r\n");
    await poll("the second to wait", () => front.forwarder.inFlight === 2);
    using third = await connectRaw(front, GET);
    expect(await third.wait(hasProblem)).toMatch(/^HTTP\/1\.1 503 [\s\S]*Retry-After: [\s\S]*core-busy/);
    connection.socket.write(OK);
    await first.wait((text) => text.endsWith("ok"));
    await connection.wait((text) => text.includes("GET /second"));
    connection.socket.write(OK);
    await second.wait((text) => text.endsWith("ok"));
    expect(core.connections).toHaveLength(1);
  });

  test("that wait for too long are answered 503", async () => {
    await using core = await startRawCore();
    await using front = await startFront(core.port, { core: { ...settings.core, queueTimeoutMs: 200 } });
    using _first = await connectRaw(front, GET);
    await (await core.connection(0)).wait(hasHead);
    using second = await connectRaw(front, GET);
    expect(await second.wait(hasProblem)).toMatch(/^HTTP\/1\.1 503 [\s\S]*QUEUE_TIMEOUT_MS/);
  });

  test("whose client goes away while they wait are never sent", async () => {
    await using core = await startRawCore();
    await using front = await startFront(core.port, settings);
    using first = await connectRaw(front, GET);
    const connection = await core.connection(0);
    await connection.wait(hasHead);
    using second = await connectRaw(front, "GET /second HTTP/1.1\r\nHost: app\r\n\r\n");
    await poll("the second to wait", () => front.forwarder.inFlight === 2);
    second.socket.destroy();
    await poll("the second to be forgotten", () => front.forwarder.inFlight === 1);
    connection.socket.write(OK);
    await first.wait((text) => text.endsWith("ok"));
    first.send("GET /third HTTP/1.1\r\nHost: app\r\n\r\n");
    expect(await connection.wait((text) => text.includes("GET /third"))).not.toContain("/second");
  });
});

describe.each([{ lean: true }, { lean: false }])("when all connections to the core are taken (%o)", (way) => {
  const settings = { core: { maxConnections: 2, queueTimeoutMs: 20_000 } };
  const HUGE = `HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n`;

  /** Answers /huge without end, /slow never, and all else at once. */
  const startCore = () =>
    startRawCore(({ socket }) => {
      socket.once("data", (head) => {
        if (head.includes("POST /upload") || head.includes("/slow")) return;
        if (!head.includes("/huge")) return void socket.write(OK);
        socket.write(HUGE);
        const fill = () => {
          while (!socket.destroyed && socket.write(Buffer.alloc(65_536)));
        };
        socket.on("drain", fill);
        fill();
      });
    });

  test("by clients that take nothing of their answers, those make room", async () => {
    await using core = await startCore();
    const lines: string[] = [];
    const log = { write: (line: string) => void lines.push(line) };
    await using front = await startFront(core.port, settings, { ...way, log });
    for (let count = 0; count < 2; count += 1) {
      const slow = await connectRaw(front);
      slow.socket.pause();
      slow.send("GET /huge HTTP/1.1\r\nHost: app\r\n\r\n");
      await core.connection(count);
    }
    using other = await connectRaw(front, GET);
    expect(await other.wait((text) => text.endsWith("ok"))).toMatch(/^HTTP\/1\.1 200 /);
    const cut = await poll("the line of who was cut", () => lines.find((line) => line.includes("/huge")));
    expect(JSON.parse(cut)).toMatchObject({ status: 200, complete: false, failure: "request-timeout" });
    // One is enough.
    expect(front.forwarder.inFlight).toBe(1);
  });

  test("by clients that hardly send their bodies, those make room", async () => {
    await using core = await startCore();
    await using front = await startFront(core.port, settings, way);
    const slow: RawConnection[] = [];
    for (let count = 0; count < 2; count += 1) {
      const client = await connectRaw(front);
      client.send("POST /upload HTTP/1.1\r\nHost: app\r\nContent-Length: 100000\r\n\r\nx");
      await core.connection(count);
      slow.push(client);
    }
    using other = await connectRaw(front, GET);
    expect(await other.wait((text) => text.endsWith("ok"))).toMatch(/^HTTP\/1\.1 200 /);
    await poll("one of them to be told", () =>
      slow.some((client) => /^HTTP\/1\.1 408 [\s\S]*others waited/.test(client.received())),
    );
    for (const client of slow) client.socket.destroy();
  });

  test("by a core that is slow itself, nobody has to make room", async () => {
    await using core = await startCore();
    await using front = await startFront(
      core.port,
      { core: { ...settings.core, queueTimeoutMs: 4_000 } },
      way,
    );
    using first = await connectRaw(front, "GET /slow HTTP/1.1\r\nHost: app\r\n\r\n");
    using second = await connectRaw(front, "GET /slow HTTP/1.1\r\nHost: app\r\n\r\n");
    await core.connection(1);
    using other = await connectRaw(front, GET);
    expect(await other.wait(hasProblem)).toMatch(/^HTTP\/1\.1 503 [\s\S]*core-busy/);
    expect(first.received() + second.received()).toBe("");
  });
});

function closing({ socket }: RawConnection): Promise<unknown> {
  const closed = new Promise((resolve) => socket.once("close", resolve));
  return socket.destroyed ? Promise.resolve() : closed;
}
