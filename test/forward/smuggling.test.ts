import { describe, expect, test } from "vitest";
import { connectRaw, startRawCore, WAYS } from "../support/front.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** A request that would be a second one if the body of the first lost its framing. */
const HIDDEN = "GET /secret HTTP/1.1\r\nHost: core\r\n\r\n";

describe.each(WAYS)("%s:", (_way, startFront) => {
  describe("the body of a request stays a body", () => {
    test.each(["DELETE", "OPTIONS", "GET", "POST"])("of a chunked %s (CVE-2026-29057)", async (method) => {
      await using core = await startRawCore();
      await using front = await startFront(core.port);
      const chunk = `${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`;
      using client = await connectRaw(
        front,
        `${method} /a HTTP/1.1\r\nHost: app\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`,
      );
      const connection = await core.connection(0);
      const seen = await connection.wait((text) => text.endsWith("\r\n0\r\n\r\n"));
      const [head = "", body = ""] = splitHead(seen);
      expect(head).toMatch(/^Transfer-Encoding: chunked$/im);
      expect(head).not.toMatch(/^content-length:/im);
      expect(body).toBe(chunk);
      connection.socket.write(OK);
      await client.wait((text) => text.endsWith("ok"));
      expect(core.connections).toHaveLength(1);
    });

    test.each(["DELETE", "OPTIONS", "GET"])("of a %s with a Content-Length", async (method) => {
      await using core = await startRawCore();
      await using front = await startFront(core.port);
      using client = await connectRaw(
        front,
        `${method} /a HTTP/1.1\r\nHost: app\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
      );
      const connection = await core.connection(0);
      const [head, body] = splitHead(await connection.wait((text) => text.endsWith(HIDDEN)));
      expect(head).toMatch(new RegExp(`^Content-Length: ${HIDDEN.length}$`, "im"));
      expect(head).not.toMatch(/^transfer-encoding:/im);
      expect(body).toBe(HIDDEN);
      connection.socket.write(OK);
      await client.wait((text) => text.endsWith("ok"));
    });

    test.each(["content-length", "transfer-encoding", "Content-Length, X", "close, transfer-encoding"])(
      "when Connection names %s",
      async (token) => {
        await using core = await startRawCore();
        await using front = await startFront(core.port);
        const isLength = /length/i.test(token);
        const framing = isLength ? `Content-Length: ${HIDDEN.length}` : "Transfer-Encoding: chunked";
        const body = isLength ? HIDDEN : `${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`;
        using _client = await connectRaw(
          front,
          `POST /a HTTP/1.1\r\nHost: app\r\nConnection: ${token}\r\n${framing}\r\n\r\n${body}`,
        );
        const connection = await core.connection(0);
        const [head, seen] = splitHead(await connection.wait((text) => text.endsWith(body)));
        expect(head?.toLowerCase()).toContain(framing.toLowerCase());
        expect(seen).toBe(body);
      },
    );
  });

  describe("a request whose end is ambiguous is refused", () => {
    test.each([
      [
        "Content-Length and Transfer-Encoding",
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      ],
      ["two Content-Lengths", "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde"],
      ["a Content-Length that is a list", "Content-Length: 4, 4\r\n\r\nabcd"],
      ["an unknown transfer coding", "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"],
      [
        "a coding before chunked, which only the core could undo",
        "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      ],
      ["chunked that is not the last coding", "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"],
      ["a blank before the colon", "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"],
      ["an obsolete line folding", "X: a\r\n b\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"],
      ["bare line feeds", "X: y\n\n"],
    ])("%s", async (_what, rest) => {
      await using core = await startRawCore();
      await using front = await startFront(core.port);
      using client = await connectRaw(front, `POST /a HTTP/1.1\r\nHost: app\r\n${rest}`);
      const seen = await client.closed();
      expect(seen).toMatch(/^HTTP\/1\.1 400 /);
      expect(
        core.connections.filter((connection) => connection.received().endsWith("\r\n\r\n")),
      ).toHaveLength(0);
    });

    test("more than one Host (RFC 9112 section 3.2)", async () => {
      await using core = await startRawCore();
      await using front = await startFront(core.port);
      using client = await connectRaw(front, "GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
      expect(await client.wait((text) => text.includes("}\n"))).toMatch(
        /^HTTP\/1\.1 400 [\s\S]*"code":"bad-request"/,
      );
      expect(core.connections).toHaveLength(0);
    });

    test("no Host at all", async () => {
      await using core = await startRawCore();
      await using front = await startFront(core.port);
      using client = await connectRaw(front, "GET /a HTTP/1.1\r\n\r\n");
      expect(await client.closed()).toMatch(/^HTTP\/1\.1 400 /);
      expect(core.connections).toHaveLength(0);
    });

    test("one behind a Connection: close is not looked at (RFC 9112 section 9.6)", async () => {
      await using core = await startRawCore((connection) => {
        connection.socket.on("data", () => connection.socket.write(OK));
      });
      await using front = await startFront(core.port);
      using client = await connectRaw(
        front,
        `GET /a HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n${HIDDEN}`,
      );
      expect(await client.closed()).toMatch(/ok$/);
      expect(core.connections).toHaveLength(1);
      expect(core.connections[0]?.received()).not.toContain("/secret");
    });

    test("CONNECT", async () => {
      await using core = await startRawCore();
      await using front = await startFront(core.port);
      using client = await connectRaw(
        front,
        "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
      );
      expect(await client.closed()).toMatch(/^HTTP\/1\.1 405 /);
      expect(core.connections).toHaveLength(0);
    });
  });

  describe("an answer of the core stays one answer", () => {
    test.each([
      [
        "both lengths",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
      ],
      ["two lengths", "Content-Length: 2\r\nContent-Length: 3\r\n\r\nokk"],
      ["a transfer coding we can't pass on", "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"],
    ])("with %s it is a 502", async (_what, rest) => {
      await using core = await startRawCore((connection) => {
        connection.socket.once("data", () => connection.socket.write(`HTTP/1.1 200 OK\r\n${rest}`));
      });
      await using front = await startFront(core.port);
      using client = await connectRaw(front, "GET /a HTTP/1.1\r\nHost: app\r\n\r\n");
      const seen = await client.wait((text) => text.includes("}\n"));
      expect(seen).toMatch(/^HTTP\/1\.1 502 [\s\S]*Sidecar-Error: core-protocol-error/);
    });

    test.each([
      ["a HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n"],
      ["a 204", "GET", "HTTP/1.1 204 No Content\r\n\r\n"],
      ["a 304", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 6\r\n\r\n"],
      ["a length of 0", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"],
    ])(
      "a body in the answer to %s reaches nobody, and the answer is not lost",
      async (_what, method, head) => {
        await using core = await startRawCore((connection) => {
          connection.socket.on("data", () => connection.socket.write(`${head}poison`));
        });
        await using front = await startFront(core.port);
        const request = `${method} / HTTP/1.1\r\nHost: app\r\n\r\n`;
        using client = await connectRaw(front, request);
        const first = await client.wait((text) => text.endsWith("\r\n\r\n"));
        expect(first.slice(0, 12)).toBe(head.slice(0, 12));
        client.send(request);
        const seen = await client.wait((text) => text.split("HTTP/1.1 ").length === 3);
        expect(seen).not.toContain("poison");
        expect(core.connections).toHaveLength(2);
      },
    );

    test("what the core sends beyond it reaches nobody", async () => {
      await using core = await startRawCore((connection) => {
        connection.socket.on("data", () =>
          connection.socket.write(`${OK}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`),
        );
      });
      await using front = await startFront(core.port);
      using client = await connectRaw(front, "GET /1 HTTP/1.1\r\nHost: app\r\n\r\n");
      await client.wait((text) => text.endsWith("ok"));
      client.send("GET /2 HTTP/1.1\r\nHost: app\r\n\r\n");
      const seen = await client.wait(
        (text) => text.split("HTTP/1.1 ").length === 3 && /(ok|\}\n)$/.test(text),
      );
      expect(seen).not.toContain("poison");
    });
  });
});

function splitHead(text: string): [head: string, body: string] {
  const end = text.indexOf("\r\n\r\n");
  return [text.slice(0, end), text.slice(end + 4)];
}
