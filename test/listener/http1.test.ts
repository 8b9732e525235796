import { createServer, type TLSSocket } from "node:tls";
import { describe, expect, test } from "vitest";
import { createHttp1 } from "../../src/listener/http1.ts";
import { makeTestCertificate } from "../support/certificate.ts";
import { connectRaw, listenLocally } from "../support/front.ts";

async function startHttp1(headMs: number, keepAliveMs = 60_000) {
  const { certPem, keyPem } = await makeTestCertificate();
  const http1 = createHttp1(
    {
      request: (_request, answer) => void answer.end("ok"),
      upgrade: (_request, socket) => void socket.destroy(),
      upgrades: () => false,
    },
    { headMs, keepAliveMs, maxHeaderBytes: 65_536 },
  );
  const server = createServer({ cert: certPem, key: keyPem }, (socket: TLSSocket) => http1.accept(socket));
  const port = await listenLocally(server);
  return {
    front: { port, ca: certPem },
    async [Symbol.asyncDispose]() {
      http1[Symbol.dispose]();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe("a client that is slow with the head of a request gets a 408 and is cut", () => {
  test.each([
    ["having sent nothing", ""],
    ["having sent half of it", "GET / HTTP/1.1\r\nHost: a\r\n"],
  ])("%s", async (_what, sent) => {
    await using server = await startHttp1(100);
    using client = await connectRaw(server.front, sent);
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 408 /);
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
