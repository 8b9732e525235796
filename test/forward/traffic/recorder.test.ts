import { createServer } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  BOUNDS_SECONDS,
  CELL_OF,
  durationsOf,
  responsesOf,
  STATUS_CLASSES,
  statusClassIndex,
} from "../../../src/web/traffic/counters.ts";
import {
  connectRaw,
  listenLocally,
  startFront,
  startRawCore,
  unusedPort,
  WAYS,
} from "../../support/front.ts";
import { askHttp2 } from "../../support/http2-client.ts";
import { poll } from "../../support/poll.ts";
import { connectStreams, startEchoCore, upgradeRaw } from "../upgrade/support.ts";
import { failuresOf, newest, recorderOf, requestsOf } from "./support.ts";

/** A core that answers with the status of the path, and the body "answer". */
const core = createServer((request, answer) => {
  request.resume();
  request.on("end", () => {
    answer.writeHead(Number(request.url?.slice(1, 4)), { "Content-Length": 6 });
    answer.end("answer");
  });
});
let corePort: number;
beforeAll(async () => {
  corePort = await listenLocally(core);
});
afterAll(() => {
  core.closeAllConnections();
  core.close();
});

const total = ({ counts }: { readonly counts: readonly number[] }) =>
  counts.reduce((sum, count) => sum + count, 0);

describe.each(WAYS)("over HTTP/1.1 %s", (_way, start) => {
  test("what was sent is counted: requests, bytes of the bodies, and how long they took", async () => {
    await using front = await start(corePort);
    using client = await connectRaw(front);
    const post = "POST /404 HTTP/1.1\r\nHost: app\r\nContent-Length: 5\r\n\r\nhello";
    const messages = [
      ...Array.from({ length: 3 }, () => "GET /200?secret HTTP/1.1\r\nHost: app\r\n\r\n"),
      ...[post, post, "DELETE /503 HTTP/1.1\r\nHost: app\r\n\r\n"],
    ];
    for (const [index, message] of messages.entries()) {
      client.send(message);
      await client.wait((text) => text.split("answer").length === index + 2);
    }
    const { counters, latency } = recorderOf(front);
    await newest(recorderOf(front), messages.length);
    expect(requestsOf(counters)).toEqual({ "GET 2xx 1.1": 3, "POST 4xx 1.1": 2, "DELETE 5xx 1.1": 1 });
    expect(failuresOf(counters)).toEqual({});
    expect(counters[CELL_OF.requestBytes]).toBe(10);
    expect(counters[CELL_OF.responseBytes]).toBe(36);
    expect(STATUS_CLASSES.map((_, index) => total(durationsOf(counters, index)))).toEqual([0, 0, 3, 0, 2, 1]);
    expect(total(responsesOf(counters))).toBe(6);
    // Each lies between the bounds of its bucket.
    const { counts, sumSeconds } = durationsOf(counters, statusClassIndex(200));
    const least = counts.reduce((sum, count, index) => sum + count * (BOUNDS_SECONDS[index - 1] ?? 0), 0);
    const upper = (index: number) => BOUNDS_SECONDS[index] ?? Number.MAX_VALUE;
    const most = counts.reduce((sum, count, index) => sum + (count === 0 ? 0 : count * upper(index)), 0);
    expect(sumSeconds).toBeGreaterThan(least);
    expect(sumSeconds).toBeLessThanOrEqual(most);
    expect(latency.read().waiting).toBe(0);
  });

  test("a client that goes before its answer is counted as such, and the core is waited for until then", async () => {
    await using silent = await startRawCore();
    await using front = await start(silent.port);
    const traffic = recorderOf(front);
    using client = await connectRaw(front, "GET /slow HTTP/1.1\r\nHost: app\r\n\r\n");
    await (await silent.connection(0)).wait((text) => text.includes("/slow"));
    expect(traffic.latency.read().waiting).toBe(1);
    client.socket.destroy();
    expect(await newest(traffic)).toMatchObject({
      ...{ status: null, firstByteMs: null, path: "/slow" },
      failure: { reason: "client-gone", side: "client" },
    });
    expect(requestsOf(traffic.counters)).toEqual({ "GET none 1.1": 1 });
    expect(failuresOf(traffic.counters)).toEqual({ "client: client-gone": 1 });
    expect(traffic.latency.read().waiting).toBe(0);
  });

  test("what the core does wrong is counted as its, with the status that the client was told", async () => {
    await using closing = await startRawCore(({ socket }) => socket.once("data", () => socket.end()));
    await using front = await start(closing.port);
    using client = await connectRaw(front, "GET /x HTTP/1.1\r\nHost: app\r\n\r\n");
    await client.wait((text) => text.startsWith("HTTP/1.1 502"));
    expect(await newest(recorderOf(front))).toMatchObject({
      status: 502,
      failure: { reason: "core-reset", side: "core" },
    });
    expect(failuresOf(recorderOf(front).counters)).toEqual({ "core: core-reset": 1 });
  });

  test("a request that was sent again is one request and one retry", async () => {
    await using closing = await startRawCore(({ socket }) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        // The second on a connection comes too late for it.
        socket.once("data", () => socket.resetAndDestroy());
      });
    });
    await using front = await start(closing.port);
    using client = await connectRaw(front, "GET /1 HTTP/1.1\r\nHost: app\r\n\r\n");
    await client.wait((text) => text.endsWith("ok"));
    client.send("GET /2 HTTP/1.1\r\nHost: app\r\n\r\n");
    await client.wait((text) => text.split("ok").length > 2);
    const traffic = recorderOf(front);
    expect(await newest(traffic, 2)).toMatchObject({ path: "/2", status: 200, retries: 1, failure: null });
    expect(traffic.counters[CELL_OF.retries]).toBe(1);
    expect(requestsOf(traffic.counters)).toEqual({ "GET 2xx 1.1": 2 });
  });
});

test("what can't be forwarded is counted with whose fault it is", async () => {
  await using front = await startFront(await unusedPort(), { limits: { maxBodyBytes: 3 } });
  using client = await connectRaw(front, "POST /x HTTP/1.1\r\nHost: app\r\nContent-Length: 5\r\n\r\nhello");
  await client.wait((text) => text.startsWith("HTTP/1.1 413"));
  using other = await connectRaw(front, "GET /x HTTP/1.1\r\nHost: app\r\n\r\n");
  await other.wait((text) => text.startsWith("HTTP/1.1 503"));
  const { counters } = recorderOf(front);
  expect(failuresOf(counters)).toEqual({ "client: body-too-large": 1, "core: core-unavailable": 1 });
  expect(requestsOf(counters)).toEqual({ "POST 4xx 1.1": 1, "GET 5xx 1.1": 1 });
});

test("streams of HTTP/2 are counted as such", async () => {
  await using front = await startFront(corePort);
  const session = connectHttp2(`https://127.0.0.1:${front.port}`, { ca: front.ca });
  const ask = (method: string, body?: string) =>
    askHttp2(session, { method, target: "/201?a=b", fields: [["Host", "app"]], body, trailers: [] });
  await ask("GET");
  await ask("PUT", "body");
  await ask("PROPFIND");
  const { counters } = recorderOf(front);
  expect(await newest(recorderOf(front), 3)).toMatchObject({
    method: "PROPFIND",
    path: "/201",
    protocol: "2.0",
  });
  expect(requestsOf(counters)).toEqual({ "GET 2xx 2.0": 1, "PUT 2xx 2.0": 1, "other 2xx 2.0": 1 });
  expect(counters[CELL_OF.requestBytes]).toBe(4);
  session.destroy();
});

test("a WebSocket is an upgrade at once, and a request when it is over, with all its bytes and no duration", async () => {
  await using echo = await startEchoCore();
  await using front = await startFront(echo.port);
  const traffic = recorderOf(front);
  const one = await upgradeRaw(front, "/socket?token=1");
  using streams = await connectStreams(front);
  const other = streams.dial("/stream");
  await other.answered;
  expect(traffic.counters[CELL_OF.upgrades]).toBe(2);
  expect(requestsOf(traffic.counters)).toEqual({});
  one.socket.destroy();
  expect(await newest(traffic)).toMatchObject({ path: "/socket", status: 101, isUpgraded: true });
  other.stream.close();
  const over = await newest(traffic, 2);
  expect(over).toMatchObject({ path: "/stream", status: 200, isUpgraded: true, method: "CONNECT" });
  expect(over.connection?.remotePort).toBe(echo.port);
  expect(requestsOf(traffic.counters)).toEqual({ "GET 1xx 1.1": 1, "CONNECT 2xx 2.0": 1 });
  expect(traffic.counters[CELL_OF.toCoreBytes]).toBeGreaterThan(100);
  expect(STATUS_CLASSES.map((_, index) => total(durationsOf(traffic.counters, index)))).toEqual([
    0, 0, 0, 0, 0, 0,
  ]);
});

test("nothing is counted where the settings say so", async () => {
  await using front = await startFront(corePort, { traffic: { enabled: false } });
  using client = await connectRaw(front, "GET /200 HTTP/1.1\r\nHost: app\r\n\r\n");
  await client.wait((text) => text.endsWith("answer"));
  await poll("nothing in flight", () => front.forwarder.inFlight === 0);
  expect(front.forwarder.traffic).toBeUndefined();
});
