import { connect as connectHttp2 } from "node:http2";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { startFront, startRawCore } from "../support/front.ts";
import { poll } from "../support/poll.ts";
import {
  type Balancer,
  binaryHeader,
  connectBalancer,
  lineFrom,
  type Pen,
  serveEntrance,
  speakTls,
  TCP4,
} from "./proxy-support.ts";

const LINE = Buffer.from("PROXY TCP4 198.51.100.22 203.0.113.7 35646 443\r\n");
const BINARY = binaryHeader({ ...TCP4, vectors: [[0x04, Buffer.alloc(50)]], hasChecksum: true });
const CLIENT = "198.51.100.22";
/** What may come from others than the trusted 127.0.0.1. */
const STRANGER = "127.0.0.2";

const GET = "GET / HTTP/1.1\r\nHost: app.example\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const TRUSTING = { https: { proxyProtocol: true, trustedPeers: ["127.0.0.1/32"] } };

/** Puts the header and the first bytes of TLS into one packet. */
function inOnePacket(header: Buffer): Pen {
  let before: Buffer | undefined = header;
  return (socket, bytes) => {
    socket.write(before === undefined ? bytes : Buffer.concat([before, bytes]));
    before = undefined;
  };
}

/** Sends each byte by itself. */
async function byteByByte({ socket }: Balancer, bytes: Buffer): Promise<void> {
  for (const byte of bytes) {
    socket.write(Buffer.from([byte]));
    await turn();
  }
}

describe("a header from a trusted peer tells who the client is", () => {
  test.each([
    ["version 1", LINE],
    ["version 2", BINARY],
  ])("%s", async (_version, header) => {
    await using served = await serveEntrance();
    using balancer = await connectBalancer(served.port);
    balancer.socket.write(header);
    expect(await lineFrom(await speakTls(balancer, served))).toBe(CLIENT);
  });

  test.each([
    ["version 1", LINE],
    ["version 2", BINARY],
  ])("%s, in one packet with the first bytes of TLS", async (_version, header) => {
    await using served = await serveEntrance();
    using balancer = await connectBalancer(served.port);
    const secure = await speakTls(balancer, { ca: served.ca, pen: inOnePacket(header) });
    expect(await lineFrom(secure)).toBe(CLIENT);
  });

  test.each([
    ["version 1", LINE],
    ["version 2", BINARY],
  ])("%s, byte by byte, and TLS too", async (_version, header) => {
    await using served = await serveEntrance();
    using balancer = await connectBalancer(served.port);
    await byteByByte(balancer, header);
    const secure = await speakTls(balancer, {
      ca: served.ca,
      pen: (_socket, bytes) => byteByByte(balancer, bytes),
    });
    expect(await lineFrom(secure)).toBe(CLIENT);
  });

  test.each([
    ["version 1", LINE],
    ["version 2", BINARY],
  ])("%s, cut anywhere", async (_version, header) => {
    await using served = await serveEntrance();
    for (let cut = 1; cut < header.length; cut++) {
      using balancer = await connectBalancer(served.port);
      balancer.socket.write(header.subarray(0, cut));
      await poll("the first part to be read", () => served.accepted()[cut - 1]?.bytesRead === cut, {
        intervalMs: 1,
      });
      const secure = await speakTls(balancer, { ca: served.ca, pen: inOnePacket(header.subarray(cut)) });
      expect(await lineFrom(secure)).toBe(CLIENT);
    }
  });

  test("for as long as the connection lasts, and not for the next one", async () => {
    await using served = await serveEntrance();
    for (const source of ["192.0.2.1", "192.0.2.2"]) {
      using balancer = await connectBalancer(served.port);
      balancer.socket.write(`PROXY TCP4 ${source} 203.0.113.7 1 443\r\n`);
      expect(await lineFrom(await speakTls(balancer, served))).toBe(source);
    }
    using balancer = await connectBalancer(served.port);
    balancer.socket.write("PROXY UNKNOWN\r\n");
    expect(await lineFrom(await speakTls(balancer, served))).toBe("127.0.0.1");
  });

  test.each([
    ["UNKNOWN", Buffer.from("PROXY UNKNOWN ::1 ::2 3 4\r\n")],
    ["LOCAL", binaryHeader({ ...TCP4, command: 0x20 })],
    ["an unspecified family", binaryHeader({ kind: 0, addresses: [] })],
  ])("%s: the load balancer itself", async (_what, header) => {
    await using served = await serveEntrance();
    using balancer = await connectBalancer(served.port);
    balancer.socket.write(header);
    expect(await lineFrom(await speakTls(balancer, served))).toBe("127.0.0.1");
  });

  test("with much that follows at once, of which not a byte is lost", async () => {
    await using served = await serveEntrance();
    using balancer = await connectBalancer(served.port);
    const secure = await speakTls(balancer, { ca: served.ca, pen: inOnePacket(BINARY) });
    const sent = Buffer.alloc(1_000_000, "0123456789abcdef");
    const received: Buffer[] = [];
    secure.on("data", (bytes: Buffer) => received.push(bytes));
    secure.write(sent);
    const text = () => Buffer.concat(received).toString("latin1");
    await poll("all of it", () => text().length === sent.length + CLIENT.length + 1);
    expect(text() === `${CLIENT}\n${sent.toString("latin1")}`).toBe(true);
  });
});

describe("a connection from a trusted peer is closed", () => {
  test.each([
    ["without a header", Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc])],
    ["with plain HTTP", Buffer.from(GET)],
    ["with a malformed line", Buffer.from("PROXY TCP4 198.51.100.22 203.0.113.7 35646\r\n")],
    ["with a line that does not end", Buffer.from(`PROXY UNKNOWN ${"x".repeat(200)}`)],
    [
      "with a binary header that is too long",
      Buffer.concat([BINARY.subarray(0, 14), Buffer.from([0xff, 0xff])]),
    ],
    ["with a wrong checksum", Buffer.concat([BINARY.subarray(0, -1), Buffer.from([0])])],
  ])("%s, and the log says why", async (_what, bytes) => {
    await using served = await serveEntrance();
    using balancer = await connectBalancer(served.port);
    balancer.socket.write(bytes);
    await balancer.closed();
    expect(served.log()).toEqual([
      expect.objectContaining({ level: "debug", peer: "127.0.0.1", reason: expect.any(String) }),
    ]);
    expect(served.secured()).toEqual([]);
  });

  test.each([
    ["nothing", Buffer.alloc(0)],
    ["half of a line", LINE.subarray(0, 20)],
    ["half of a binary header", BINARY.subarray(0, 20)],
  ])("when the header takes too long, having sent %s", async (_what, bytes) => {
    await using served = await serveEntrance({ proxyProtocol: true, trustedPeers: ["127.0.0.0/8"] }, 100);
    using balancer = await connectBalancer(served.port);
    balancer.socket.write(bytes);
    await balancer.closed();
    expect(served.log()).toMatchObject([{ reason: "the header took too long" }]);
  });

  test("and nothing is left of one that goes away before its header is complete", async () => {
    await using served = await serveEntrance();
    using balancer = await connectBalancer(served.port);
    balancer.socket.write(LINE.subarray(0, 20));
    await poll("the bytes to be read", () => served.accepted()[0]?.bytesRead === 20);
    balancer.socket.resetAndDestroy();
    await poll("a line in the log", () => served.log().length > 0);
    expect(served.log()).toMatchObject([{ reason: "the connection ended" }]);
    expect(served.accepted()[0]?.destroyed).toBe(true);
  });

  test("but one whose header has come in time may take longer for TLS", async () => {
    await using served = await serveEntrance({ proxyProtocol: true, trustedPeers: ["127.0.0.1"] }, 100);
    using late = await connectBalancer(served.port);
    late.socket.write(LINE);
    await poll("the header to be read", () => served.accepted()[0]?.bytesRead === LINE.length);
    using slow = await connectBalancer(served.port);
    await slow.closed();
    // Begun later, and its time is over: so it is for the first one.
    expect(await lineFrom(await speakTls(late, served))).toBe(CLIENT);
  });
});

describe("a header from anyone else", () => {
  test("is not looked for: TLS begins at once", async () => {
    await using served = await serveEntrance();
    using stranger = await connectBalancer(served.port, STRANGER);
    expect(await lineFrom(await speakTls(stranger, served))).toBe(STRANGER);
  });

  test.each([
    ["version 1", LINE],
    ["version 2", BINARY],
  ])("is a broken handshake: %s", async (_version, header) => {
    await using served = await serveEntrance();
    using stranger = await connectBalancer(served.port, STRANGER);
    stranger.socket.write(header);
    await stranger.closed();
    expect(served.secured()).toEqual([]);
  });

  test("is a broken handshake from all where the protocol is off", async () => {
    await using served = await serveEntrance({ proxyProtocol: false, trustedPeers: ["127.0.0.1"] });
    using first = await connectBalancer(served.port);
    first.socket.write(LINE);
    await first.closed();
    using second = await connectBalancer(served.port);
    expect(await lineFrom(await speakTls(second, served))).toBe("127.0.0.1");
  });
});

describe("behind the whole listener", () => {
  const answering = () =>
    startRawCore((connection) => {
      connection.socket.on("data", () => connection.socket.write(OK));
    });

  test("the core is told the client's address, over HTTP/1.1", async () => {
    await using core = await answering();
    await using front = await startFront(core.port, TRUSTING);
    using balancer = await connectBalancer(front.port);
    balancer.socket.write(LINE);
    const secure = await speakTls(balancer, { ca: front.ca, alpn: ["http/1.1"] });
    secure.write(GET);
    const seen = await (await core.connection(0)).wait((text) => text.includes("\r\n\r\n"));
    expect(seen).toContain(`X-Forwarded-For: ${CLIENT}\r\nX-Real-IP: ${CLIENT}\r\n`);
    expect(seen).toContain(`Forwarded: for=${CLIENT};`);
  });

  test("the core is told the client's address, over HTTP/2", async () => {
    await using core = await answering();
    await using front = await startFront(core.port, TRUSTING);
    using balancer = await connectBalancer(front.port);
    balancer.socket.write(BINARY);
    const secure = await speakTls(balancer, { ca: front.ca, alpn: ["h2"] });
    const session = connectHttp2("https://localhost", { createConnection: () => secure });
    session.on("error", () => undefined);
    session.request({ ":path": "/" }).end();
    const seen = await (await core.connection(0)).wait((text) => text.includes("\r\n\r\n"));
    expect(seen).toContain(`X-Forwarded-For: ${CLIENT}\r\n`);
    session.destroy();
  });

  test("what a stranger claims, the core is not told", async () => {
    await using core = await answering();
    await using front = await startFront(core.port, TRUSTING);
    using stranger = await connectBalancer(front.port, STRANGER);
    const secure = await speakTls(stranger, { ca: front.ca, alpn: ["http/1.1"] });
    secure.write(GET.replace("\r\n\r\n", "\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n"));
    const seen = await (await core.connection(0)).wait((text) => text.includes("\r\n\r\n"));
    expect(seen).toContain(`X-Forwarded-For: ${STRANGER}\r\n`);
    expect(seen).not.toContain("192.0.2.1");
  });

  test("a drain lets a request under way finish, and accepts no more", async () => {
    await using core = await startRawCore();
    await using front = await startFront(core.port, TRUSTING);
    using balancer = await connectBalancer(front.port);
    balancer.socket.write(LINE);
    const secure = await speakTls(balancer, { ca: front.ca, alpn: ["http/1.1"] });
    let answer = "";
    secure.on("data", (bytes) => {
      answer += String(bytes);
    });
    secure.write(GET);
    const connection = await core.connection(0);
    await connection.wait((text) => text.includes("\r\n\r\n"));
    front.close();
    const drained = front.listener.drain(10_000);
    await expect(connectBalancer(front.port)).rejects.toThrow(/ECONNREFUSED/);
    connection.socket.write(OK);
    expect(await drained).toBe(true);
    await poll("the answer", () => answer.endsWith("ok"));
    await balancer.closed();
  });

  test("a drain cuts what has not sent its header when the grace is over", async () => {
    await using core = await startRawCore();
    await using front = await startFront(core.port, TRUSTING);
    using balancer = await connectBalancer(front.port);
    balancer.socket.write(LINE.subarray(0, 10));
    expect(await front.listener.drain(50)).toBe(false);
    // Long before the time for the header is over.
    await balancer.closed(2_000);
  });
});
