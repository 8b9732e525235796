import { describe, expect, test } from "vitest";
import { connectRaw, type RawConnection, startRawCore, WAYS } from "../support/front.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const hasHead = (text: string) => text.includes("\r\n\r\n");

/** Answers every request head with the same bytes. */
const always = (answer: string) => (connection: RawConnection) => {
  connection.socket.on("data", () => connection.socket.write(answer, "latin1"));
};

describe.each(WAYS)("%s:", (_way, startFront) => {
  describe("the request target reaches the core byte by byte", () => {
    test.each([
      "//",
      "/a//b/",
      "/a/../b",
      "/./x",
      "/%2e%2e/x",
      "/%zz",
      "/a\\b",
      "/?",
      "/?a=b?c",
      "/a;b=c",
      "/'\"<>|^`{}",
      "*",
    ])("%s", async (target) => {
      await using core = await startRawCore(always(OK));
      await using front = await startFront(core.port);
      const method = target === "*" ? "OPTIONS" : "GET";
      using client = await connectRaw(front, `${method} ${target} HTTP/1.1\r\nHost: app\r\n\r\n`);
      await client.wait((text) => text.endsWith("ok"));
      expect(core.connections[0]?.received()).toMatch(
        new RegExp(`^${quote(`${method} ${target} HTTP/1.1`)}\r\n`),
      );
    });

    test("an absolute form loses scheme and authority, and its authority is the Host", async () => {
      await using core = await startRawCore(always(OK));
      await using front = await startFront(core.port);
      using client = await connectRaw(
        front,
        "GET http://real.example:81//x?y HTTP/1.1\r\nHost: other.example\r\n\r\n",
      );
      await client.wait((text) => text.endsWith("ok"));
      expect(core.connections[0]?.received()).toMatch(
        /^GET \/\/x\?y HTTP\/1\.1\r\nHost: real\.example:81\r\n/,
      );
      expect(core.connections[0]?.received()).not.toContain("other.example");
    });
  });

  describe("header fields", () => {
    test("of the request keep their names, order and duplicates", async () => {
      await using core = await startRawCore(always(OK));
      await using front = await startFront(core.port);
      const fields = "X-b: 1\r\nx-A: 2\r\nX-B: 3\r\nCookie: a=1\r\nAccept: \r\nX-Latin: \xe9\r\n";
      using client = await connectRaw(front, `GET / HTTP/1.1\r\nHost: app.example\r\n${fields}\r\n`);
      await client.wait((text) => text.endsWith("ok"));
      const seen = core.connections[0]?.received() ?? "";
      expect(seen).toContain(`Host: app.example\r\n${fields}`);
    });

    test("of the answer keep their names, order and duplicates, and the reason phrase", async () => {
      const fields =
        "Set-Cookie: a=1\r\nx-OdD: y\r\nSet-Cookie: b=2\r\nWarning: \xe9\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n";
      await using core = await startRawCore(
        always(`HTTP/1.1 299 Old & Odd\r\n${fields}Content-Length: 2\r\n\r\nok`),
      );
      await using front = await startFront(core.port);
      using client = await connectRaw(front, "GET / HTTP/1.1\r\nHost: app\r\n\r\n");
      const seen = await client.wait((text) => text.endsWith("ok"));
      expect(seen).toContain(`HTTP/1.1 299 Old & Odd\r\n${fields}Content-Length: 2\r\n`);
    });

    test("of an answer keep their bytes when its body comes later (Node's flushHeaders writes UTF-8)", async () => {
      await using core = await startRawCore(
        always("HTTP/1.1 200 \xc9t\xe9\r\nX-Latin: \xe9\xff\r\nContent-Length: 2\r\n\r\n"),
      );
      await using front = await startFront(core.port);
      using client = await connectRaw(front, "GET / HTTP/1.1\r\nHost: app\r\n\r\n");
      const seen = await client.wait(hasHead);
      expect(seen).toMatch(/^HTTP\/1\.1 200 \xc9t\xe9\r\nX-Latin: \xe9\xff\r\n/);
    });

    test("that belong to one connection are not forwarded, either way", async () => {
      await using core = await startRawCore(
        always(
          "HTTP/1.1 200 OK\r\nConnection: X-Gone, keep-alive\r\nX-Gone: 1\r\nKeep-Alive: timeout=99\r\nProxy-Connection: x\r\nUpgrade: h2c\r\nX-Stays: 1\r\nContent-Length: 2\r\n\r\nok",
        ),
      );
      await using front = await startFront(core.port);
      using client = await connectRaw(
        front,
        "GET / HTTP/1.1\r\nHost: app\r\nConnection: X-Drop, keep-alive\r\nX-Drop: 1\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\nTE: gzip\r\nUpgrade: h2c\r\nX-Keep: 1\r\n\r\n",
      );
      const answer = await client.wait((text) => text.endsWith("ok"));
      const seen = core.connections[0]?.received() ?? "";
      expect(seen).toContain("X-Keep: 1");
      expect(seen).not.toMatch(/x-drop|^keep-alive:|proxy-connection|^te:|^upgrade:/im);
      expect(answer).toContain("X-Stays: 1");
      expect(answer).not.toMatch(/x-gone|timeout=99|proxy-connection|^upgrade:/im);
    });

    test("that say who the client is are ours alone, however they are spelt", async () => {
      await using core = await startRawCore(always(OK));
      await using front = await startFront(core.port);
      const spoofed = [
        "X-Forwarded-For: 6.6.6.6",
        "x_forwarded_for: 6.6.6.6",
        "X-Forwarded-Proto: http",
        "X-Forwarded-Host: evil.example",
        "X_FORWARDED_HOST: evil.example",
        "X-Forwarded-Prefix: /evil",
        "X-Real-IP: 6.6.6.6",
        "Forwarded: for=6.6.6.6",
        "Proxy: http://evil.example",
      ].join("\r\n");
      using client = await connectRaw(
        front,
        `GET / HTTP/1.1\r\nHost: app.example:8443\r\n${spoofed}\r\n\r\n`,
      );
      await client.wait((text) => text.endsWith("ok"));
      const seen = core.connections[0]?.received() ?? "";
      expect(seen).not.toMatch(/6\.6\.6\.6|evil/);
      expect(seen).toContain(
        "X-Forwarded-For: 127.0.0.1\r\nX-Real-IP: 127.0.0.1\r\nX-Forwarded-Proto: https\r\n",
      );
      expect(seen).toContain("X-Forwarded-Host: app.example:8443\r\nX-Forwarded-Port: 8443\r\n");
      expect(seen).toContain('Forwarded: for=127.0.0.1;host="app.example:8443";proto=https\r\n');
      expect(seen).toMatch(/^Via: 1\.1 tickbird\r$/m);
      expect(seen).toMatch(/^X-Request-Id: [\da-f]{32}\r$/m);
    });

    test("more than Node's default count of them still arrive", async () => {
      await using core = await startRawCore();
      await using front = await startFront(core.port, { limits: { headerCount: 3_000 } });
      const many = Array.from({ length: 2_500 }, (_, index) => `a${index}: b\r\n`).join("");
      using _client = await connectRaw(
        front,
        `POST / HTTP/1.1\r\nHost: app\r\n${many}Content-Length: 3\r\n\r\nabc`,
      );
      const connection = await core.connection(0);
      const seen = await connection.wait((text) => text.endsWith("abc"));
      expect(seen).toContain("a2499: b");
      expect(seen).toContain("Content-Length: 3");
    });
  });

  describe("answers", () => {
    test.each([
      ["a HEAD with its Content-Length", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"],
      ["a 304 with its Content-Length", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9999\r\n\r\n"],
      ["a 204", "GET", "HTTP/1.1 204 No Content\r\n\r\n"],
    ])("%s has no body, and the connection goes on", async (_what, method, answer) => {
      await using core = await startRawCore(always(answer));
      await using front = await startFront(core.port);
      using client = await connectRaw(front, `${method} / HTTP/1.1\r\nHost: app\r\n\r\n`);
      const first = await client.wait(hasHead);
      if (answer.includes("9999")) expect(first).toContain("Content-Length: 9999");
      else expect(first).not.toMatch(/content-length|transfer-encoding/i);
      client.send(`${method} /again HTTP/1.1\r\nHost: app\r\n\r\n`);
      await client.wait((text) => text.split("\r\n\r\n").length === 3);
    });

    test("of unknown length get chunks for HTTP/1.1, and an end of the connection for HTTP/1.0", async () => {
      await using core = await startRawCore((connection) => {
        connection.socket.on("data", () =>
          connection.socket.end("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello"),
        );
      });
      await using front = await startFront(core.port);
      using modern = await connectRaw(front, "GET / HTTP/1.1\r\nHost: app\r\n\r\n");
      expect(await modern.wait((text) => text.endsWith("0\r\n\r\n"))).toMatch(
        /transfer-encoding: chunked[\s\S]*\r\n5\r\nhello\r\n0\r\n\r\n$/i,
      );
      using old = await connectRaw(front, "GET / HTTP/1.0\r\nHost: app\r\n\r\n");
      const seen = await old.closed();
      expect(seen).toMatch(/\r\n\r\nhello$/);
      expect(seen).not.toMatch(/transfer-encoding/i);
    });

    test("in chunks lose them for HTTP/1.0", async () => {
      await using core = await startRawCore(
        always("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
      );
      await using front = await startFront(core.port);
      using old = await connectRaw(front, "GET / HTTP/1.0\r\nHost: app\r\n\r\n");
      expect(await old.closed()).toMatch(/\r\n\r\nhello$/);
    });

    test("in chunks with trailers lose these too for HTTP/1.0", async () => {
      await using core = await startRawCore(
        always(
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 7\r\n\r\n",
        ),
      );
      await using front = await startFront(core.port);
      using old = await connectRaw(front, "GET / HTTP/1.0\r\nHost: app\r\n\r\n");
      const seen = await old.closed();
      expect(seen).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nhello$/);
      expect(seen).not.toMatch(/trailer|x-sum/i);
    });

    test("that are interim are passed on before the final one", async () => {
      const hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n";
      await using core = await startRawCore(always(`HTTP/1.1 102 Processing\r\n\r\n${hints}${OK}`));
      await using front = await startFront(core.port);
      using client = await connectRaw(front, "GET / HTTP/1.1\r\nHost: app\r\n\r\n");
      const seen = await client.wait((text) => text.endsWith("ok"));
      expect(seen).toMatch(
        /^HTTP\/1\.1 102 [\s\S]*HTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>; rel=preload\r\n\r\nHTTP\/1\.1 200 OK/,
      );
    });

    test("with trailers keep them", async () => {
      await using core = await startRawCore(
        always(
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n",
        ),
      );
      await using front = await startFront(core.port);
      using client = await connectRaw(
        front,
        "GET / HTTP/1.1\r\nHost: app\r\nTE: trailers\r\nConnection: TE\r\n\r\n",
      );
      const seen = await client.wait((text) => text.endsWith("0\r\nX-Sum: 7\r\n\r\n"));
      expect(seen).toContain("Trailer: X-Sum");
      expect(core.connections[0]?.received()).toMatch(/^TE: trailers\r\nConnection: TE, keep-alive\r$/m);
    });
  });

  describe("request bodies", () => {
    test("with trailers keep them", async () => {
      await using core = await startRawCore();
      await using front = await startFront(core.port);
      const body = "2\r\nhi\r\n0\r\nX-Sum: 7\r\n\r\n";
      using _client = await connectRaw(
        front,
        `POST / HTTP/1.1\r\nHost: app\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n${body}`,
      );
      const connection = await core.connection(0);
      const seen = await connection.wait((text) => text.endsWith("X-Sum: 7\r\n\r\n"));
      expect(seen.endsWith(`\r\n\r\n${body}`)).toBe(true);
    });

    test("lose trailers that say who the client is, or how a message is framed or routed (RFC 9110 section 6.5.1)", async () => {
      await using core = await startRawCore();
      await using front = await startFront(core.port);
      const spoofed = "X-Forwarded-For: 6.6.6.6\r\nHost: evil\r\nCookie: a=1\r\n";
      using client = await connectRaw(
        front,
        `POST / HTTP/1.1\r\nHost: app\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 7\r\n${spoofed}x-sum: 8\r\n\r\n`,
      );
      const connection = await core.connection(0);
      await connection.wait((text) => text.endsWith("\r\n\r\n0\r\nX-Sum: 7\r\nx-sum: 8\r\n\r\n"));
      connection.socket.write(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nSet-Cookie: a=1\r\nX-Sum: 9\r\n\r\n",
      );
      expect(await client.wait((text) => text.endsWith("0\r\nX-Sum: 9\r\n\r\n"))).not.toMatch(/set-cookie/i);
    });

    test("with more trailers than fields are allowed are refused, not cut", async () => {
      await using core = await startRawCore(always(OK));
      await using front = await startFront(core.port, { limits: { headerCount: 20 } });
      const trailers = (count: number) =>
        Array.from({ length: count }, (_, index) => `X-${index}: y\r\n`).join("");
      const post = (count: number) =>
        `POST / HTTP/1.1\r\nHost: app\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${trailers(count)}\r\n`;
      using allowed = await connectRaw(front, post(20));
      await allowed.wait((text) => text.endsWith("ok"));
      expect(core.connections[0]?.received()).toContain("X-19: y\r\n\r\n");
      for (const count of [21, 22, 100]) {
        using client = await connectRaw(front, post(count));
        expect(await client.wait((text) => text.endsWith("}\n"))).toMatch(
          /^HTTP\/1\.1 431 [\s\S]*Sidecar-Error: header-too-large/,
        );
      }
      expect(core.connections.filter((connection) => connection.received().includes("X-20"))).toEqual([]);
    });

    test.each(["POST", "GET", "DELETE"])(
      "of no bytes, announced by a %s, are not waited for",
      async (method) => {
        await using core = await startRawCore(always(OK));
        await using front = await startFront(core.port);
        const request = `${method} / HTTP/1.1\r\nHost: app\r\nContent-Length: 0\r\n\r\n`;
        using client = await connectRaw(front, `${request}${request}`);
        await client.wait((text) => text.split("200 OK").length === 3);
        expect(core.connections[0]?.received()).toMatch(/^Content-Length: 0\r$/m);
      },
    );

    test("a Trailer on a request without a body harms nothing (it ended the process of http-proxy)", async () => {
      await using core = await startRawCore(always(OK));
      await using front = await startFront(core.port);
      using client = await connectRaw(front, "GET / HTTP/1.1\r\nHost: app\r\nTrailer: x\r\n\r\n");
      await client.wait((text) => text.endsWith("ok"));
      client.send("GET /again HTTP/1.1\r\nHost: app\r\n\r\n");
      await client.wait((text) => text.split("200 OK").length === 3);
    });

    test.each([
      ["POST", "a length of 0 (RFC 9110 section 8.6)", /^Content-Length: 0\r$/m],
      ["PUT", "a length of 0 (RFC 9110 section 8.6)", /^Content-Length: 0\r$/m],
      ["COPY", "no framing at all", /^(?![\s\S]*content-length)/i],
      ["PROPFIND", "no framing at all", /^(?![\s\S]*content-length)/i],
    ])("a %s without one is sent with %s", async (method, _what, expected) => {
      await using core = await startRawCore(always(OK));
      await using front = await startFront(core.port);
      using client = await connectRaw(front, `${method} / HTTP/1.1\r\nHost: app\r\n\r\n`);
      await client.wait((text) => text.endsWith("ok"));
      expect(core.connections[0]?.received()).toMatch(expected);
      expect(core.connections[0]?.received()).not.toMatch(/transfer-encoding/i);
    });

    test("Expect: 100-continue is the core's to decide", async () => {
      await using core = await startRawCore();
      await using front = await startFront(core.port);
      using client = await connectRaw(
        front,
        "POST / HTTP/1.1\r\nHost: app\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
      );
      const connection = await core.connection(0);
      expect(await connection.wait(hasHead)).toMatch(/^Expect: 100-continue\r$/m);
      expect(client.received()).toBe("");
      connection.socket.write("HTTP/1.1 100 Continue\r\n\r\n");
      await client.wait((text) => text.startsWith("HTTP/1.1 100 Continue\r\n\r\n"));
      client.send("hi");
      await connection.wait((text) => text.endsWith("\r\n\r\nhi"));
      connection.socket.write(OK);
      expect(await client.wait((text) => text.endsWith("ok"))).toMatch(
        /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/,
      );
    });

    test("a refusal instead of 100 is passed on, and the body is never asked for", async () => {
      await using core = await startRawCore(always("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig"));
      await using front = await startFront(core.port);
      using client = await connectRaw(
        front,
        "POST / HTTP/1.1\r\nHost: app\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
      );
      expect(await client.wait((text) => text.endsWith("big"))).toMatch(/^HTTP\/1\.1 413 Too Large\r\n/);
    });
  });
});

function quote(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
