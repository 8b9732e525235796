import { createServer } from "node:http";
import { expect, test } from "vitest";
import { connectRaw, listenLocally, startFront, startRawCore } from "../../support/front.ts";
import { poll } from "../../support/poll.ts";
import { newest, recorderOf } from "./support.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const monotonicNs = () => Number(process.hrtime.bigint());

test("a request is kept with its connection as the core sees it, and the time that it was with the core", async () => {
  await using core = await startRawCore();
  await using front = await startFront(core.port);
  const sentNs = monotonicNs();
  using client = await connectRaw(
    front,
    "GET /a/b;JSESSIONID=abc/c?password=1 HTTP/1.1\r\nHost: app\r\nX-Request-Id: mine-1\r\n\r\n",
  );
  const connection = await core.connection(0);
  await connection.wait((text) => text.endsWith("\r\n\r\n"));
  const receivedNs = monotonicNs();
  connection.socket.write(OK);
  await client.wait((text) => text.endsWith("ok"));
  const request = await newest(recorderOf(front));
  expect(request).toMatchObject({
    ...{ id: "mine-1", method: "GET", path: "/a/b;jsessionid=…/c", isPathCut: false, protocol: "1.1" },
    ...{ client: "127.0.0.1", status: 200, failure: null, responseBytes: 2, requestBytes: 0, retries: 0 },
    connection: {
      localPort: connection.socket.remotePort,
      remotePort: core.port,
      remoteAddress: "127.0.0.1",
    },
  });
  const { startNs = 0, endNs = 0 } = request.window ?? {};
  expect(startNs).toBeGreaterThan(sentNs);
  expect(startNs).toBeLessThan(receivedNs);
  expect(endNs).toBeGreaterThan(receivedNs);
  expect(endNs).toBeLessThan(monotonicNs());
  expect(Math.abs(Date.parse(request.startTime) + request.durationMs - Date.now())).toBeLessThan(5_000);
  expect(JSON.stringify(recorderOf(front).recent({ limit: 9 }))).not.toMatch(/password|abc/);
});

test("what is waited for is told apart: the client that still sends, and the core that does not answer yet", async () => {
  await using core = await startRawCore();
  await using front = await startFront(core.port);
  using client = await connectRaw(front, "POST /x HTTP/1.1\r\nHost: app\r\nContent-Length: 4\r\n\r\nab");
  const connection = await core.connection(0);
  await connection.wait((text) => text.endsWith("ab"));
  const halfNs = monotonicNs();
  await poll("40 ms to pass", () => monotonicNs() - halfNs > 40e6);
  const goOnNs = monotonicNs();
  client.send("cd");
  await connection.wait((text) => text.endsWith("cd"));
  const wholeNs = monotonicNs();
  await poll("60 ms to pass", () => monotonicNs() - wholeNs > 60e6);
  const answerNs = monotonicNs();
  connection.socket.write(OK);
  await client.wait((text) => text.endsWith("ok"));
  const { waitedMs, durationMs, firstByteMs } = await newest(recorderOf(front));
  expect(waitedMs.client).toBeGreaterThanOrEqual((goOnNs - halfNs) / 1e6 - 1);
  expect(waitedMs.core).toBeGreaterThanOrEqual((answerNs - wholeNs) / 1e6 - 1);
  expect(waitedMs.client + waitedMs.core + waitedMs.sidecar).toBeCloseTo(durationMs, 1);
  expect(firstByteMs).toBeLessThanOrEqual(durationMs);
  expect(firstByteMs).toBeGreaterThan(waitedMs.client);
});

test("the oldest makes room, long paths and methods are cut, and one is found by its id", async () => {
  const core = createServer((_request, answer) => answer.end("ok"));
  const port = await listenLocally(core);
  await using front = await startFront(port, { traffic: { recent: 2 } });
  const traffic = recorderOf(front);
  using client = await connectRaw(front);
  const long = `/${"a".repeat(5_000)}`;
  for (const [index, target] of ["/first", "/second", long].entries()) {
    const head = `GET ${target}?q HTTP/1.1\r\nHost: app\r\nX-Request-Id: id-${index}\r\n\r\n`;
    client.send(head);
    await client.wait((text) => text.split("HTTP/1.1 200").length > index + 1);
  }
  const [last, before, ...others] = traffic.recent({ limit: 9 });
  expect(others).toEqual([]);
  expect(before).toMatchObject({ id: "id-1", path: "/second", isPathCut: false });
  expect(last).toMatchObject({ id: "id-2", isPathCut: true });
  expect(last?.path).toBe(long.slice(0, last?.path.length));
  expect(traffic.recent({ id: "id-1", limit: 9 })).toEqual([before]);
  expect(traffic.recent({ id: "id-0", limit: 9 })).toEqual([]);
  core.closeAllConnections();
  core.close();
});

test("those that are wanted are told by status, duration, path and time, the newest first", async () => {
  const core = createServer((request, answer) => {
    answer.statusCode = request.url?.startsWith("/bad") === true ? 500 : 200;
    answer.end("ok");
  });
  const port = await listenLocally(core);
  await using front = await startFront(port);
  const traffic = recorderOf(front);
  using client = await connectRaw(front);
  for (const [index, target] of ["/good/1", "/bad/1", "/good/2"].entries()) {
    client.send(`GET ${target} HTTP/1.1\r\nHost: app\r\n\r\n`);
    await newest(traffic, index + 1);
  }
  const paths = (wish: object) => traffic.recent({ limit: 9, ...wish }).map(({ path }) => path);
  expect(paths({})).toEqual(["/good/2", "/bad/1", "/good/1"]);
  expect(paths({ limit: 1 })).toEqual(["/good/2"]);
  expect(paths({ statusClass: 5 })).toEqual(["/bad/1"]);
  expect(paths({ pathPrefix: "/good" })).toEqual(["/good/2", "/good/1"]);
  expect(paths({ minDurationMs: 60_000 })).toEqual([]);
  expect(paths({ sinceMs: Date.now() + 60_000 })).toEqual([]);
  expect(paths({ sinceMs: Date.now() - 60_000 })).toHaveLength(3);
  core.closeAllConnections();
  core.close();
});

test("the client is the one that a trusted load balancer names", async () => {
  const core = createServer((_request, answer) => answer.end("ok"));
  const port = await listenLocally(core);
  await using front = await startFront(port, { https: { trustedPeers: ["127.0.0.1"] } });
  using client = await connectRaw(
    front,
    "GET / HTTP/1.1\r\nHost: app\r\nX-Forwarded-For: 198.51.100.7\r\n\r\n",
  );
  await client.wait((text) => text.includes("ok"));
  expect((await newest(recorderOf(front))).client).toBe("198.51.100.7");
  core.closeAllConnections();
  core.close();
});
