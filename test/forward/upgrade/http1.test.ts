import { once } from "node:events";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { describe, expect, test } from "vitest";
import { connectRaw, startFront, startRawCore } from "../../support/front.ts";
import { poll } from "../../support/poll.ts";
import { always, connectStreams, consentTo, frameOf, OPCODE, startEchoCore, upgradeRaw } from "./support.ts";

const hasHead = (text: string) => text.includes("\r\n\r\n");
const asks = (protocol: string, more = "", method = "GET") =>
  `${method} /x HTTP/1.1\r\nHost: app\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n${more}\r\n`;
const consents = (protocol: string, behind = "") =>
  `HTTP/1.1 101 UPGRADED\r\nX-Odd: 1\r\nConnection: Upgrade\r\nKeep-Alive: 5\r\nUpgrade: ${protocol}\r\n\r\n${behind}`;

describe("the end of a WebSocket over HTTP/1.1", () => {
  test("by a reset of the client resets the core's connection", async () => {
    await using core = await startRawCore(always(consentTo));
    await using front = await startFront(core.port);
    const below = connect({ host: "127.0.0.1", port: front.port });
    const socket = connectTls({ socket: below, ca: front.ca, host: "127.0.0.1" });
    socket.on("error", () => undefined);
    socket.write(asks("websocket"));
    await once(socket, "data");
    const { socket: ofCore } = await core.connection(0);
    const errors: unknown[] = [];
    ofCore.on("error", (error) => errors.push("code" in error && error.code));
    below.resetAndDestroy();
    await poll("the reset", () => errors.length > 0);
    expect(errors).toEqual(["ECONNRESET"]);
    await poll("nothing in flight", () => front.forwarder.inFlight === 0);
  });

  test("by a Close frame with a reset behind it brings the Close frame to the core whole", async () => {
    await using core = await startEchoCore();
    await using front = await startFront(core.port);
    const client = await upgradeRaw(front, "/");
    client.socket.write(frameOf(OPCODE.CLOSE, Buffer.of(0x03, 0xe9)), () => client.socket.destroy());
    await poll("the close", () => core.codes.length === 1);
    expect(core.codes).toEqual([1_001]);
    await poll("nothing in flight", () => front.forwarder.inFlight === 0);
  });
});

test("an upgrade has one line in the access log, with its status, when it is over", async () => {
  const lines: Record<string, unknown>[] = [];
  const log = { write: (line: string) => void lines.push(JSON.parse(line)) };
  await using core = await startRawCore(
    always((request) =>
      request.includes("/no") ? "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n" : consentTo(request),
    ),
  );
  await using front = await startFront(core.port, {}, { log });
  (await upgradeRaw(front, "/yes?secret")).socket.destroy();
  await expect(upgradeRaw(front, "/no")).rejects.toThrow("403");
  await poll("the lines", () => lines.filter(({ msg }) => msg === "upgrade").length === 2);
  expect(lines.filter(({ msg }) => msg === "upgrade" || msg === "request")).toMatchObject([
    { method: "GET", path: "/yes", http: "1.1", route: "core", status: 101, upgrade: "websocket" },
    { path: "/no", status: 403, upgrade: "websocket" },
  ]);
});

test("beyond the most upgrades there may be, over whatever version of HTTP, there is a 503", async () => {
  await using core = await startEchoCore();
  await using front = await startFront(core.port, { core: { maxUpgrades: 2 } });
  const first = await upgradeRaw(front, "/");
  using streams = await connectStreams(front);
  await streams.dial("/").answered;
  using third = await connectRaw(front, asks("tcp"));
  expect(await third.closed()).toMatch(/^HTTP\/1\.1 503 [\s\S]*core-busy[\s\S]*SIDECAR_CORE_MAX_UPGRADES/);
  first.socket.destroy();
  await poll("room", () => front.forwarder.inFlight === 1);
  (await upgradeRaw(front, "/")).socket.destroy();
});

describe("an upgrade to another protocol", () => {
  test("is carried, with what was sent ahead, both ways", async () => {
    await using core = await startRawCore();
    await using front = await startFront(core.port);
    using client = await connectRaw(
      front,
      `${asks("tcp", "Content-Type: text/plain\r\nX-Forwarded-For: 6.6.6.6\r\nTE: trailers\r\nContent-Length: 0\r\n", "POST")}ahead`,
    );
    const connection = await core.connection(0);
    const seen = await connection.wait(hasHead);
    expect(seen).toMatch(/^POST \/x HTTP\/1\.1\r\nHost: app\r\nContent-Type: text\/plain\r\n/);
    expect(seen).toMatch(/^X-Forwarded-For: 127\.0\.0\.1\r$/m);
    expect(seen).toMatch(/\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n$/);
    expect(seen).not.toMatch(/6\.6\.6\.6|^te:|ahead/im);
    connection.socket.write(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${consents("tcp", "early")}`);
    expect(await client.wait((text) => text.endsWith("early"))).toBe(
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" +
        "HTTP/1.1 101 UPGRADED\r\nX-Odd: 1\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nearly",
    );
    await connection.wait((text) => text.endsWith("\r\n\r\nahead"));
    expect(front.forwarder.inFlight).toBe(1);
    client.send("late");
    await connection.wait((text) => text.endsWith("aheadlate"));
    connection.socket.end("bye");
    expect(await client.closed()).toMatch(/earlybye$/);
    await poll("nothing in flight", () => front.forwarder.inFlight === 0);
  });

  test("that the core refuses is refused the same, and the connection is closed", async () => {
    await using core = await startRawCore(
      always("HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\nX-End: 1\r\n\r\n"),
    );
    await using front = await startFront(core.port);
    using client = await connectRaw(front, asks("tcp"));
    expect(await client.closed()).toBe(
      "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\nno\r\n0\r\nX-End: 1\r\n\r\n",
    );
  });

  test("asked for by HEAD has the head of the refusal alone", async () => {
    await using core = await startRawCore(always("HTTP/1.1 400 No\r\nContent-Length: 5\r\n\r\n"));
    await using front = await startFront(core.port);
    using client = await connectRaw(front, asks("tcp", "", "HEAD"));
    expect(await client.closed()).toBe("HTTP/1.1 400 No\r\nContent-Length: 5\r\nConnection: close\r\n\r\n");
  });

  test.each([
    ["one that was not asked for", consents("h2c")],
    ["none", "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\n\r\n"],
    ["several, one of which was not asked for", consents("foo/2, bar")],
  ])("to which the core answers with %s is a 502", async (_what, answer) => {
    await using core = await startRawCore(always(answer));
    await using front = await startFront(core.port);
    using client = await connectRaw(front, asks("foo/2, other"));
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 502 [\s\S]*core-protocol-error/);
    await poll("nothing in flight", () => front.forwarder.inFlight === 0);
  });

  test("may be one of several", async () => {
    await using core = await startRawCore(always(consents("FOO/2")));
    await using front = await startFront(core.port);
    using client = await connectRaw(front, asks("foo/2, other"));
    await client.wait((text) => /^HTTP\/1\.1 101 [\s\S]*\r\nUpgrade: FOO\/2\r\n\r\n$/.test(text));
  });

  test("whose core is silent, or gone, is a 504 or a 502", async () => {
    await using silent = await startRawCore();
    await using slow = await startFront(silent.port, { core: { responseTimeoutMs: 100 } });
    using waiting = await connectRaw(slow, asks("tcp"));
    expect(await waiting.closed()).toMatch(/^HTTP\/1\.1 504 /);
    await using dying = await startRawCore(({ socket }) =>
      socket.once("data", () => socket.resetAndDestroy()),
    );
    await using front = await startFront(dying.port);
    using client = await connectRaw(front, asks("tcp"));
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 502 [\s\S]*core-reset/);
  });

  test.each([
    ["HTTP/2 in the clear", asks("h2c")],
    ["HTTP/2 in the clear among others", asks("foo, H2C")],
    ["HTTP/2", asks("HTTP/2.0")],
    ["h2", asks("h2")],
    ["TLS", asks("TLS/1.3", "", "OPTIONS")],
    ["a WebSocket among others", asks("websocket, foo")],
    ["a WebSocket, by POST", asks("websocket", "Content-Length: 0\r\n", "POST")],
    ["what is no protocol", asks("a b")],
    ["what comes with a body", `${asks("tcp", "Content-Length: 2\r\n", "POST")}hi`],
    ["what comes with a body in chunks", `${asks("tcp", "Transfer-Encoding: chunked\r\n", "POST")}0\r\n\r\n`],
    ["anything by HTTP/1.0", asks("tcp").replace("HTTP/1.1", "HTTP/1.0")],
  ])("to %s is a plain request", async (_what, request) => {
    await using core = await startRawCore(always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    await using front = await startFront(core.port);
    using client = await connectRaw(front, request);
    await client.wait((text) => text.startsWith("HTTP/1.1 200 ") && text.endsWith("\r\n\r\nok"));
    expect(core.connections[0]?.received()).not.toMatch(/^(upgrade:|connection: *upgrade)/im);
  });
});
