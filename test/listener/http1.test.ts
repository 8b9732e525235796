import { createServer, type TLSSocket } from "node:tls";
import { describe, expect, test } from "vitest";
import { createHttp1 } from "../../src/listener/http1.ts";
import type { Refusal } from "../../src/web/raw-refusal.ts";
import { makeTestCertificate } from "../support/certificate.ts";
import { connectRaw, listenLocally } from "../support/front.ts";

async function startHttp1(headMs: number, keepAliveMs = 60_000) {
  const { certPem, keyPem } = await makeTestCertificate();
  const refused: Refusal[] = [];
  const http1 = createHttp1(
    {
      request: (_request, answer) => void answer.end("ok"),
      upgrade: (_request, socket) => void socket.destroy(),
      upgrades: () => false,
      refused: (refusal) => void refused.push(refusal),
    },
    { headMs, keepAliveMs, headerBytes: 65_536, headerCount: 200 },
  );
  const server = createServer({ cert: certPem, key: keyPem }, (socket: TLSSocket) => http1.accept(socket));
  const port = await listenLocally(server);
  return {
    front: { port, ca: certPem },
    refused,
    async [Symbol.asyncDispose]() {
      http1[Symbol.dispose]();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe("a client that is slow with the head of a request gets a 408 and is cut", () => {
  test("having sent half of it", async () => {
    await using server = await startHttp1(100);
    using client = await connectRaw(server.front, "GET / HTTP/1.1\r\nHost: a\r\n");
    const seen = await client.closed();
    expect(seen).toMatch(/^HTTP\/1\.1 408 /);
    expect(seen).toContain("Sidecar-Error: request-timeout\r\n");
    expect(server.refused).toEqual([expect.objectContaining({ status: 408, failure: "request-timeout" })]);
    expect(server.refused[0]?.startedAtMs).toBeGreaterThan(0);
  });

  test("having sent nothing, which is no request for the log", async () => {
    await using server = await startHttp1(100);
    using client = await connectRaw(server.front);
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 408 /);
    expect(server.refused).toEqual([]);
  });

  test("though it sends a byte now and then", async () => {
    await using server = await startHttp1(1_500);
    using client = await connectRaw(server.front, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
    const drip = setInterval(() => client.send("y"), 100);
    try {
      expect(await client.closed()).toMatch(/^HTTP\/1\.1 408 /);
    } finally {
      clearInterval(drip);
    }
  });

  test("also with a later request of the same connection", async () => {
    await using server = await startHttp1(1_500);
    using client = await connectRaw(server.front, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await client.wait((text) => text.endsWith("ok"));
    client.send("GET /again HTTP/1.1\r\n");
    expect(await client.closed()).toMatch(/ok[\s\S]*HTTP\/1\.1 408 /);
  });
});

test("a connection that is idle between requests is not cut by the limit for heads", async () => {
  await using server = await startHttp1(1_000);
  using client = await connectRaw(server.front, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await client.wait((text) => text.endsWith("ok"));
  using other = await connectRaw(server.front, "GET / HTTP");
  // The other one, begun later, is cut: so the limit has passed for both.
  expect(await other.closed()).toMatch(/408/);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await client.wait((text) => text.split("200 OK").length === 3);
});

describe("the rest of a body whose answer is complete", () => {
  const UPLOAD = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n";

  test("is waited for as long as a head, and then cut without another answer", async () => {
    await using server = await startHttp1(1_000);
    using client = await connectRaw(server.front, UPLOAD);
    await client.wait((text) => text.endsWith("ok"));
    const drip = setInterval(() => client.send("y"), 400);
    try {
      expect((await client.closed()).endsWith("ok")).toBe(true);
    } finally {
      clearInterval(drip);
    }
    expect(server.refused).toEqual([]);
  });

  test("is thrown away, and the next request served", async () => {
    await using server = await startHttp1(5_000);
    using client = await connectRaw(server.front, UPLOAD);
    await client.wait((text) => text.endsWith("ok"));
    client.send("0123456789GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await client.wait((text) => text.split("200 OK").length === 3);
  });
});

test("a connection is closed when it is idle for longer than the limit", async () => {
  await using server = await startHttp1(60_000, 500);
  using client = await connectRaw(server.front, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect((await client.closed()).endsWith("ok")).toBe(true);
});
