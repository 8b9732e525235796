import { createServer } from "node:http";
import { describe, expect, test } from "vitest";
import {
  connectRaw,
  listenLocally,
  type RawConnection,
  startRawCore,
  unusedPort,
  WAYS,
} from "../support/front.ts";
import { poll } from "../support/poll.ts";

const GET = "GET / HTTP/1.1\r\nHost: app\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const hasHead = (text: string) => text.includes("\r\n\r\n");
const always = (answer: string) => (connection: RawConnection) => {
  connection.socket.on("data", () => connection.socket.write(answer));
};

describe.each(WAYS)("%s:", (_way, startFront) => {
  describe("an answer that the core cuts short is seen as cut short", () => {
    test.each([
      ["with a Content-Length", "Content-Length: 100\r\n\r\nhalf"],
      ["in chunks", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"],
      ["in the middle of a chunk", "Transfer-Encoding: chunked\r\n\r\n64\r\nhalf"],
    ])("%s (http-proxy lets the client hang)", async (_what, rest) => {
      await using core = await startRawCore((connection) => {
        connection.socket.once("data", () => connection.socket.end(`HTTP/1.1 200 OK\r\n${rest}`));
      });
      await using front = await startFront(core.port);
      using client = await connectRaw(front, GET);
      const seen = await client.closed();
      expect(seen).toContain("half");
      expect(seen).not.toContain("0\r\n\r\n");
    });
  });

  describe("aborts", () => {
    test.each([
      ["while it waits for the answer", ""],
      [
        "in the middle of the answer",
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n",
      ],
    ])("a client that goes away %s frees the core", async (_when, answer) => {
      await using core = await startRawCore();
      await using front = await startFront(core.port);
      using client = await connectRaw(front, GET);
      const connection = await core.connection(0);
      await connection.wait(hasHead);
      let isClosed = false;
      connection.socket.once("close", () => {
        isClosed = true;
      });
      if (answer !== "") {
        connection.socket.write(answer);
        await client.wait((text) => text.includes("data: 1"));
      }
      client.socket.destroy();
      await poll("the core's connection to close", () => isClosed);
      await poll("nothing in flight", () => front.forwarder.inFlight === 0);
    });

    test("an answer before the whole request was sent arrives whole", async () => {
      await using core = await startRawCore((connection) => {
        connection.socket.once("data", () =>
          connection.socket.end(
            "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig",
          ),
        );
      });
      await using front = await startFront(core.port);
      using client = await connectRaw(
        front,
        "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 1000000\r\n\r\nstart",
      );
      const seen = await client.wait((text) => text.endsWith("big"));
      expect(seen).toMatch(/^HTTP\/1\.1 413 Too Large/);
    });
  });

  describe("streaming", () => {
    test("the head and each event of a stream arrive when they are sent", async () => {
      await using core = await startRawCore();
      await using front = await startFront(core.port);
      using client = await connectRaw(front, GET);
      const connection = await core.connection(0);
      await connection.wait(hasHead);
      connection.socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
      await client.wait(hasHead);
      for (const event of ["data: 1\n\n", "data: 2\n\n"]) {
        connection.socket.write(event);
        await client.wait((text) => text.includes(event));
      }
    });

    test("a client that does not read holds the core back, not our memory", async () => {
      const sentBytes = { count: 0 };
      const chunk = Buffer.alloc(65_536);
      const server = createServer((_request, answer) => {
        const write = () => {
          sentBytes.count += chunk.length;
          if (!answer.destroyed && answer.write(chunk)) setImmediate(write);
          else answer.once("drain", write);
        };
        write();
      });
      const port = await listenLocally(server);
      await using front = await startFront(port);
      using client = await connectRaw(front);
      client.socket.pause();
      client.send(GET);
      let last = -1;
      await poll(
        "the core to be held back",
        () => {
          const stands = sentBytes.count > 0 && sentBytes.count === last;
          last = sentBytes.count;
          return stands;
        },
        { intervalMs: 500, timeoutMs: 20_000 },
      );
      expect(sentBytes.count).toBeLessThan(64 * 1024 * 1024);
      client.socket.destroy();
      server.closeAllConnections();
      server.close();
    });

    test("a core that does not read holds the client back", async () => {
      await using core = await startRawCore((connection) => connection.socket.pause());
      await using front = await startFront(core.port);
      using client = await connectRaw(
        front,
        "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 999999999\r\n\r\n",
      );
      const chunk = "x".repeat(65_536);
      let written = 0;
      while (client.socket.writableLength < 1_000_000 && written < 256_000_000) {
        client.send(chunk);
        written += chunk.length;
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(written).toBeLessThan(256_000_000);
    });
  });

  describe("the connection to the core", () => {
    test("is used again", async () => {
      await using core = await startRawCore(always(OK));
      await using front = await startFront(core.port);
      using client = await connectRaw(front, GET);
      await client.wait((text) => text.endsWith("ok"));
      client.send(GET);
      await client.wait((text) => text.split("200 OK").length === 3);
      expect(core.connections).toHaveLength(1);
    });

    test("that dies under a POST is not replaced: it may have been done", async () => {
      await using core = await startRawCore(({ socket }) => {
        socket.once("data", () => socket.destroy());
      });
      await using front = await startFront(core.port);
      using client = await connectRaw(front, "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 2\r\n\r\nhi");
      expect(await client.wait((text) => text.endsWith("}\n"))).toContain("Sidecar-Error: core-reset");
      expect(core.connections).toHaveLength(1);
    });

    test("that died while idle costs nobody a 502: a GET is sent once more", async () => {
      await using core = await startRawCore(onceOnly);
      await using front = await startFront(core.port);
      using client = await connectRaw(front, GET);
      await client.wait((text) => text.endsWith("ok"));
      client.send(GET);
      await client.wait((text) => text.split("200 OK").length === 3);
      expect(core.connections).toHaveLength(2);
    });
  });

  describe("when the core fails", () => {
    test("it is not there: 503, Retry-After, a problem for a program and a page for a browser", async () => {
      const port = await unusedPort();
      await using front = await startFront(port);
      using client = await connectRaw(front, GET);
      const problem = await client.wait((text) => text.endsWith("}\n"));
      expect(problem).toMatch(
        /^HTTP\/1\.1 503 [\s\S]*Retry-After: 2\r\n[\s\S]*Sidecar-Error: core-unavailable/,
      );
      expect(problem).toContain('"code":"core-unavailable"');
      using browser = await connectRaw(front, "GET / HTTP/1.1\r\nHost: app\r\nAccept: text/html,*/*\r\n\r\n");
      const page = await browser.wait((text) => text.includes("</html>"));
      expect(page).toMatch(/^HTTP\/1\.1 503 [\s\S]*Content-Type: text\/html[\s\S]*The app is not reachable/);
      expect(page).toContain("X-Request-Id:");
    });

    test("it comes back: so does the service, by itself", async () => {
      const port = await unusedPort();
      await using front = await startFront(port);
      using client = await connectRaw(front, GET);
      await client.wait((text) => text.includes("503"));
      const server = createServer((_request, answer) => answer.end("back"));
      server.listen(port, "127.0.0.1");
      await new Promise((resolve) => server.once("listening", resolve));
      client.send(GET);
      await client.wait((text) => text.includes("back"));
      server.closeAllConnections();
      server.close();
    });

    test.each([
      ["closes without an answer", "", 502, "core-reset"],
      ["does not speak HTTP", "SSH-2.0-x\r\n", 502, "core-protocol-error"],
      [
        "answers 101 to a plain request",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        502,
        "core-",
      ],
    ])("it %s: 502", async (_what, answer, status, code) => {
      await using core = await startRawCore((connection) => {
        connection.socket.once("data", () => connection.socket.end(answer));
      });
      await using front = await startFront(core.port);
      using client = await connectRaw(front, GET);
      const seen = await client.wait((text) => text.endsWith("}\n"));
      expect(seen).toMatch(new RegExp(`^HTTP/1.1 ${status} [\\s\\S]*Sidecar-Error: ${code}`));
    });

    test("it takes the request and says nothing: 504 by our own clock", async () => {
      await using core = await startRawCore();
      await using front = await startFront(core.port, { core: { responseTimeoutMs: 200 } });
      using client = await connectRaw(front, GET);
      expect(await client.wait((text) => text.endsWith("}\n"))).toMatch(
        /^HTTP\/1\.1 504 [\s\S]*SIDECAR_CORE_RESPONSE_TIMEOUT_MS/,
      );
    });

    test("its answer stands still: it is cut", async () => {
      await using core = await startRawCore(always("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"));
      await using front = await startFront(core.port, { core: { idleTimeoutMs: 200 } });
      using client = await connectRaw(front, GET);
      expect(await client.closed()).toMatch(/half$/);
    });

    test("too many wait for it: 503 at once, and the others are served", async () => {
      await using core = await startRawCore();
      await using front = await startFront(core.port, { core: { maxConnections: 1, maxQueue: 1 } });
      using first = await connectRaw(front, GET);
      const connection = await core.connection(0);
      await connection.wait(hasHead);
      using second = await connectRaw(front, GET);
      await poll("two in flight", () => front.forwarder.inFlight === 2);
      using third = await connectRaw(front, GET);
      expect(await third.wait((text) => text.endsWith("}\n"))).toMatch(
        /^HTTP\/1\.1 503 [\s\S]*Sidecar-Error: core-busy/,
      );
      connection.socket.write(OK);
      await first.wait((text) => text.endsWith("ok"));
      await connection.wait((text) => text.split("GET / ").length === 3);
      connection.socket.write(OK);
      await second.wait((text) => text.endsWith("ok"));
    });
  });
});

/** Answers the first request of a connection, and resets it under the second. */
function onceOnly({ socket }: RawConnection): void {
  let requests = 0;
  socket.on("data", () => {
    requests += 1;
    if (requests === 1) socket.write(OK);
    else socket.resetAndDestroy();
  });
}
