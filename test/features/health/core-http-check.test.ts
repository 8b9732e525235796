import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from "node:net";
import { describe, expect, test } from "vitest";
import { coreHttpCheck } from "../../../src/features/health/core-http-check.ts";
import { poll } from "../../support/poll.ts";

const never = new AbortController().signal;
const SETTINGS = { path: "/status?deep=1", maxStatus: 499 };

async function core(answer: RequestListener): Promise<Server & AsyncDisposable> {
  const server = createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

const urlOf = (server: Server | TcpServer) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

test("it asks for the path on a connection of its own each time, and says who it is", async () => {
  const requests: IncomingMessage[] = [];
  const ports = new Set<number | undefined>();
  await using server = await core((request, answer) => {
    requests.push(request);
    ports.add(request.socket.remotePort);
    answer.end("well");
  });
  const check = coreHttpCheck(urlOf(server), SETTINGS);

  await check.run(never);
  await check.run(never);

  expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual(Array(2).fill("GET /status?deep=1"));
  expect(requests[0]?.headers).toMatchObject({
    "user-agent": "tickbird-health",
    connection: "close",
    host: new URL(urlOf(server)).host,
  });
  expect(ports.size).toBe(2);
  await poll("both connections are closed", () => requests.every(({ socket }) => socket.destroyed));
});

describe("the status of the answer decides", () => {
  test.each([
    [200, 499, "pass"],
    [204, 499, "pass"],
    [401, 499, "pass"],
    [499, 499, "pass"],
    [500, 499, "fail"],
    [503, 599, "pass"],
    [302, 299, "fail"],
  ])("%i, where up to %i is healthy: %s", async (status, maxStatus, expected) => {
    await using server = await core((_request, answer) => {
      answer.writeHead(status, { Location: "/elsewhere" }).end();
    });

    const result = await coreHttpCheck(urlOf(server), { path: "/", maxStatus }).run(never);

    expect(result).toMatchObject({
      status: expected,
      detail: expect.stringContaining(`answered ${status} to GET /`),
      figures: { status, responseMs: expect.any(Number) },
    });
    if (expected === "fail") expect(result.remedy).toContain("SIDECAR_HEALTH_PATH");
  });
});

test("a redirect is not followed", async () => {
  const paths: (string | undefined)[] = [];
  await using server = await core((request, answer) => {
    paths.push(request.url);
    answer.writeHead(302, { Location: "/login" }).end();
  });

  expect(await coreHttpCheck(urlOf(server), SETTINGS).run(never)).toMatchObject({ status: "pass" });
  expect(paths).toEqual(["/status?deep=1"]);
});

test("a body that never ends is not waited for, and its connection is closed", async () => {
  const requests: IncomingMessage[] = [];
  await using server = await core((request, answer) => {
    requests.push(request);
    answer.writeHead(200, { "Content-Type": "text/event-stream" });
    answer.write("data: 1\n\n");
  });

  expect(await coreHttpCheck(urlOf(server), SETTINGS).run(never)).toMatchObject({ status: "pass" });
  await poll("the connection is closed", () => requests[0]?.socket.destroyed);
});

test("a body without bounds is not read to no end", async () => {
  await using server = await core((_request, answer) => {
    const more = () => {
      while (!answer.destroyed && answer.write("x".repeat(65_536)));
    };
    answer.on("drain", more);
    more();
  });

  expect(await coreHttpCheck(urlOf(server), SETTINGS).run(never)).toMatchObject({ status: "pass" });
});

test("a small body is read to its end, so that the core sees no client that hung up", async () => {
  const { promise: isComplete, resolve } = Promise.withResolvers<boolean>();
  await using server = await core((_request, answer) => {
    answer.on("close", () => resolve(answer.writableFinished));
    answer.write("x".repeat(10_000));
    setImmediate(() => answer.end("x".repeat(10_000)));
  });

  await coreHttpCheck(urlOf(server), SETTINGS).run(never);

  expect(await isComplete).toBe(true);
});

test("a core that accepts and stays silent is given up on when the signal fires", async () => {
  await using server = await core(() => {});
  const stop = new AbortController();
  server.on("request", () => stop.abort());

  await expect(coreHttpCheck(urlOf(server), SETTINGS).run(stop.signal)).rejects.toThrow(/abort/i);
  server.closeAllConnections();
});

test("the signal that fires after the head of the answer does not undo it", async () => {
  const stop = new AbortController();
  await using server = await core((_request, answer) => {
    answer.flushHeaders();
    answer.write("x");
    answer.socket?.once("drain", () => {});
    setTimeout(() => stop.abort(), 50);
  });

  expect(await coreHttpCheck(urlOf(server), SETTINGS).run(stop.signal)).toMatchObject({ status: "pass" });
});

async function raw(reply: string | undefined): Promise<TcpServer & AsyncDisposable> {
  const server = createTcpServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => (reply === undefined ? socket.resetAndDestroy() : socket.end(reply)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

test.each([
  ["shorter than was said", "Content-Length: 100\r\n\r\nshort"],
  ["without its last chunk", "Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n"],
])("a body that is %s takes nothing from an answer with a good status", async (_, rest) => {
  await using server = await raw(`HTTP/1.1 200 OK\r\n${rest}`);

  const result = await coreHttpCheck(urlOf(server), SETTINGS).run(never);

  expect(result).toMatchObject({ status: "pass", figures: { status: 200 } });
});

describe("what is no answer fails, and says why", () => {
  test.each([
    ["a reset connection", undefined, /closed the connection without an answer/],
    ["a closed connection", "", /closed the connection without an answer/],
    ["no HTTP at all", "SSH-2.0-OpenSSH_9.2\r\n", /can't be asked: Parse Error/],
  ])("%s", async (_, reply, detail) => {
    await using server = await raw(reply);

    const result = await coreHttpCheck(urlOf(server), SETTINGS).run(never);

    expect(result).toMatchObject({ status: "fail", detail: expect.stringMatching(detail) });
  });
});
