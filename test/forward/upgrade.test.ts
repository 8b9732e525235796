import { createServer } from "node:http";
import { describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { connectRaw, listenLocally, startRawCore, unusedPort, WAYS } from "../support/front.ts";
import { poll } from "../support/poll.ts";

const HANDSHAKE =
  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const upgradeOf = (target: string, more = "") =>
  `GET ${target} HTTP/1.1\r\nHost: app\r\n${HANDSHAKE}${more}\r\n`;
const hasHead = (text: string) => text.includes("\r\n\r\n");

describe.each(WAYS)("%s:", (_way, startFront) => {
  describe("a WebSocket", () => {
    test("carries messages both ways, of every size, and its close", async () => {
      const server = createServer();
      const sockets = new WebSocketServer({ server });
      sockets.on("connection", (socket) =>
        socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })),
      );
      const port = await listenLocally(server);
      await using front = await startFront(port);
      const client = new WebSocket(`wss://127.0.0.1:${front.port}/echo`, { ca: front.ca });
      const received: string[] = [];
      client.on("message", (data) => received.push(String(data)));
      await new Promise((resolve, reject) => client.once("open", resolve).once("error", reject));
      const messages = ["a", "b".repeat(70_000), "c".repeat(1_000_000)];
      for (const message of messages) client.send(message);
      await poll("the echoes", () => received.length === 3);
      expect(received).toEqual(messages);
      expect(front.forwarder.inFlight).toBe(1);
      client.close(4_001, "done");
      const [code] = await new Promise<[number]>((resolve) =>
        client.once("close", (...args) => resolve([args[0]])),
      );
      expect(code).toBe(4_001);
      await poll("nothing in flight", () => front.forwarder.inFlight === 0);
      server.close();
    });

    test("reaches the core with its exact target and fields, and with who the client is", async () => {
      await using core = await startRawCore();
      await using front = await startFront(core.port);
      using client = await connectRaw(
        front,
        upgradeOf(
          "//a/%2e?b",
          "X-oDD: 1\r\nX-Forwarded-For: 6.6.6.6\r\nOrigin: https://app\r\nExpect: nothing\r\n",
        ),
      );
      const connection = await core.connection(0);
      const seen = await connection.wait(hasHead);
      expect(seen).toMatch(/^GET \/\/a\/%2e\?b HTTP\/1\.1\r\nHost: app\r\n/);
      expect(seen).toContain("X-oDD: 1\r\n");
      expect(seen).toContain("X-Forwarded-For: 127.0.0.1\r\n");
      expect(seen).toContain("X-Forwarded-Proto: https\r\n");
      expect(seen).toMatch(/^Connection: Upgrade\r\nUpgrade: websocket\r$/m);
      expect(seen).not.toContain("6.6.6.6");
      connection.socket.write(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly",
      );
      await client.wait((text) => text.endsWith("\r\n\r\nearly"));
      client.send("late");
      await connection.wait((text) => text.endsWith("late"));
    });

    test("that the core refuses is refused with the core's own answer, framed anew", async () => {
      await using core = await startRawCore((connection) => {
        connection.socket.once("data", () =>
          connection.socket.write(
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nno!!\r\n0\r\n\r\n",
          ),
        );
      });
      await using front = await startFront(core.port);
      using client = await connectRaw(front, upgradeOf("/ws"));
      const seen = await client.closed();
      expect(seen).toMatch(
        /^HTTP\/1\.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n4\r\nno!!\r\n0\r\n\r\n$/,
      );
    });

    test("whose core is not there gets a 503", async () => {
      await using front = await startFront(await unusedPort());
      using client = await connectRaw(front, upgradeOf("/ws"));
      expect(await client.closed()).toMatch(/^HTTP\/1\.1 503 [\s\S]*Sidecar-Error: core-unavailable/);
    });

    test("with two Hosts is refused, and harms nothing", async () => {
      await using core = await startRawCore();
      await using front = await startFront(core.port);
      using client = await connectRaw(front, upgradeOf("/ws", "Host: other\r\n"));
      expect(await client.closed()).toMatch(/^HTTP\/1\.1 400 [\s\S]*more than one Host/);
    });

    test("whose core says nothing gets a 504", async () => {
      await using core = await startRawCore();
      await using front = await startFront(core.port, { core: { responseTimeoutMs: 200 } });
      using client = await connectRaw(front, upgradeOf("/ws"));
      expect(await client.closed()).toMatch(/^HTTP\/1\.1 504 /);
    });

    test("whose client resets before the 101 harms nothing (it ended the process of http-proxy)", async () => {
      await using core = await startRawCore();
      await using front = await startFront(core.port);
      using client = await connectRaw(front, upgradeOf("/ws"));
      const connection = await core.connection(0);
      await connection.wait(hasHead);
      let isClosed = false;
      connection.socket.once("close", () => {
        isClosed = true;
      });
      client.socket.destroy();
      await poll("the core's connection to close", () => isClosed);
      using after = await connectRaw(front, "GET /after HTTP/1.1\r\nHost: app\r\n\r\n");
      const next = await core.connection(1);
      await next.wait(hasHead);
      next.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      await after.wait((text) => text.endsWith("ok"));
    });

    test("ends at one side when it ends at the other", async () => {
      await using core = await startRawCore((connection) => {
        connection.socket.once("data", () =>
          connection.socket.write(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
          ),
        );
      });
      await using front = await startFront(core.port);
      using client = await connectRaw(front, upgradeOf("/ws"));
      await client.wait(hasHead);
      (await core.connection(0)).socket.resetAndDestroy();
      await client.closed();
      await poll("nothing in flight", () => front.forwarder.inFlight === 0);
    });
  });

  describe("other upgrades are plain requests:", () => {
    test.each([
      [
        "h2c",
        "GET / HTTP/1.1\r\nHost: app\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n",
        "",
      ],
      ["a POST", `POST / HTTP/1.1\r\nHost: app\r\n${HANDSHAKE}Content-Length: 2\r\n\r\nhi`, "hi"],
    ])("%s", async (_what, request, body) => {
      await using core = await startRawCore();
      await using front = await startFront(core.port);
      using client = await connectRaw(front, request);
      const connection = await core.connection(0);
      const seen = await connection.wait((text) => hasHead(text) && text.endsWith(body));
      expect(seen).not.toMatch(/^upgrade:/im);
      connection.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      await client.wait((text) => text.endsWith("ok"));
    });

    test("one for our own prefix never reaches the core", async () => {
      await using core = await startRawCore();
      await using front = await startFront(core.port);
      using client = await connectRaw(front, upgradeOf("/_sidecar/x"));
      await client.wait((text) => text.includes("ours"));
      using refused = await connectRaw(front, upgradeOf("//_sidecar/x"));
      await refused.wait((text) => text.startsWith("HTTP/1.1 404 "));
      expect(core.connections).toHaveLength(0);
    });
  });
});
