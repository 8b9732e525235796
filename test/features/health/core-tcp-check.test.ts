import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { expect, test } from "vitest";
import { coreTcpCheck } from "../../../src/features/health/core-tcp-check.ts";
import { unusedPort } from "../../support/front.ts";

const never = new AbortController().signal;

async function listening(host: string): Promise<Server & AsyncDisposable> {
  const server = createServer((socket) => socket.on("error", () => {}));
  server.listen(0, host);
  await once(server, "listening");
  return server;
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;

test.each(["127.0.0.1", "localhost", "[::1]"])("a core that listens at %s passes", async (host) => {
  await using server = await listening(host === "[::1]" ? "::1" : host);

  const result = await coreTcpCheck(`http://${host}:${portOf(server)}`).run(never);

  expect(result).toMatchObject({ status: "pass", figures: { connectMs: expect.any(Number) } });
});

test.each(["127.0.0.1", "localhost"])("where nothing listens, it fails and says so: %s", async (host) => {
  const port = await unusedPort();

  const result = await coreTcpCheck(`http://${host}:${port}`).run(never);

  expect(result).toMatchObject({
    status: "fail",
    detail: `Nothing listens at ${host}:${port}.`,
    remedy: expect.stringContaining("SIDECAR_CORE_URL"),
  });
});

test("a name that is none fails and says so", async () => {
  const result = await coreTcpCheck("http://no-such-host.invalid").run(never);

  expect(result).toMatchObject({
    status: "fail",
    detail: "The name no-such-host.invalid can't be resolved.",
    remedy: expect.stringContaining("SIDECAR_CORE_URL"),
  });
});

test("it ends when it is told to", async () => {
  await expect(coreTcpCheck("http://127.0.0.1:9").run(AbortSignal.abort())).rejects.toThrow(/abort/i);
});

test("it leaves no connection open", async () => {
  await using server = await listening("127.0.0.1");
  const { promise: whenClosed, resolve } = Promise.withResolvers<void>();
  server.on("connection", (socket) => socket.on("close", () => resolve()).resume());

  await coreTcpCheck(`http://127.0.0.1:${portOf(server)}`).run(never);

  await whenClosed;
});
