import { connect as connectHttp2 } from "node:http2";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { describe, expect, test } from "vitest";
import { connectRaw, type Front, startFront, startRawCore } from "../support/front.ts";
import { poll } from "../support/poll.ts";

const GET = "GET / HTTP/1.1\r\nHost: app\r\n\r\n";
const hasHead = (text: string) => text.includes("\r\n\r\n");

function handshake(front: Front, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({ host: "127.0.0.1", port: front.port, ca: front.ca, ...options });
  return new Promise((resolve, reject) => {
    socket.once("secureConnect", () => resolve(socket));
    socket.once("error", reject);
  });
}

describe("TLS", () => {
  test.each([
    ["TLSv1.3", undefined, "TLS_AES_128_GCM_SHA256"],
    ["TLSv1.2", undefined, "ECDHE-ECDSA-AES128-GCM-SHA256"],
    ["TLSv1.2", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-ECDSA-CHACHA20-POLY1305"],
  ] as const)("%s with %s is spoken, by AEAD suites", async (version, ciphers, suite) => {
    await using core = await startRawCore();
    await using front = await startFront(core.port);
    const socket = await handshake(front, {
      minVersion: version,
      maxVersion: version,
      ...(ciphers === undefined ? {} : { ciphers }),
    });
    expect(socket.getCipher().standardName.replaceAll("_", "-")).toContain(
      suite.replaceAll("_", "-").split("-").at(-1),
    );
    expect(socket.getProtocol()).toBe(version);
    socket.destroy();
  });

  test.each([
    ["TLS 1.1", { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" }],
    ["CBC suites", { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA" }],
    ["CCM suites", { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-CCM" }],
  ] as const)("%s are refused", async (_what, options) => {
    await using core = await startRawCore();
    await using front = await startFront(core.port);
    await expect(handshake(front, options)).rejects.toThrow(/alert|handshake|protocol|reset/i);
  });

  test.each([
    [["h2", "http/1.1"], "h2"],
    [["http/1.1", "h2"], "h2"],
    [["http/1.1"], "http/1.1"],
    [["acme-tls/1", "http/1.1"], "http/1.1"],
  ])("ALPN %j gives %s", async (offered, chosen) => {
    await using core = await startRawCore();
    await using front = await startFront(core.port);
    const socket = await handshake(front, { ALPNProtocols: offered });
    expect(socket.alpnProtocol).toBe(chosen);
    socket.destroy();
  });

  test("a client that speaks neither by its ALPN is refused with the alert for that (RFC 7301 section 3.2)", async () => {
    await using core = await startRawCore();
    await using front = await startFront(core.port);
    const refused = handshake(front, { ALPNProtocols: ["acme-tls/1"] });
    await expect(refused).rejects.toMatchObject({ code: "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL" });
  });

  test("an HTTP/1.1 client without ALPN is served", async () => {
    await using core = await startRawCore((connection) => {
      connection.socket.once("data", () =>
        connection.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
      );
    });
    await using front = await startFront(core.port);
    const socket = await handshake(front, {});
    let text = "";
    socket.on("data", (chunk) => {
      text += String(chunk);
    });
    socket.write(GET);
    await poll("the answer", () => text.endsWith("ok"));
    socket.destroy();
  });

  test("what is not TLS is no answer's worth, and harms nobody", async () => {
    await using core = await startRawCore();
    await using front = await startFront(core.port);
    await expect(fetch(`http://127.0.0.1:${front.port}/`)).rejects.toThrow();
    const socket = await handshake(front, {});
    socket.destroy();
  });
});

describe("the drain", () => {
  test("lets a request under way finish, tells the client to go elsewhere, and accepts no more", async () => {
    await using core = await startRawCore();
    await using front = await startFront(core.port);
    using idle = await connectRaw(front);
    using client = await connectRaw(front, GET);
    const connection = await core.connection(0);
    await connection.wait(hasHead);
    front.close();
    const drained = front.listener.drain(10_000);
    await idle.closed();
    await expect(handshake(front, {})).rejects.toThrow();
    connection.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    const seen = await client.closed();
    expect(seen).toMatch(/^Connection: close\r$/m);
    expect(seen.endsWith("ok")).toBe(true);
    expect(await drained).toBe(true);
  });

  test("sends GOAWAY over HTTP/2 and lets the stream finish", async () => {
    await using core = await startRawCore();
    await using front = await startFront(core.port);
    const session = connectHttp2(`https://127.0.0.1:${front.port}`, { ca: front.ca });
    session.on("error", () => undefined);
    let goaway = false;
    session.on("goaway", () => {
      goaway = true;
    });
    const stream = session.request({ ":path": "/" });
    let body = "";
    stream.on("data", (chunk) => {
      body += String(chunk);
    });
    const connection = await core.connection(0);
    await connection.wait(hasHead);
    const drained = front.listener.drain(10_000);
    await poll("GOAWAY", () => goaway);
    connection.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    await poll("the body", () => body === "ok");
    expect(await drained).toBe(true);
  });

  test("cuts what is still there after the grace, and says so", async () => {
    await using core = await startRawCore();
    await using front = await startFront(core.port);
    using client = await connectRaw(front, GET);
    await (await core.connection(0)).wait(hasHead);
    expect(await front.listener.drain(100)).toBe(false);
    await client.closed();
  });

  test("closes a connection whose answer was under way when it is complete", async () => {
    await using core = await startRawCore();
    await using front = await startFront(core.port);
    using client = await connectRaw(front, GET);
    const connection = await core.connection(0);
    await connection.wait(hasHead);
    connection.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha");
    await client.wait((text) => text.endsWith("ha"));
    const drained = front.listener.drain(10_000);
    connection.socket.write("lf");
    expect((await client.closed()).endsWith("half")).toBe(true);
    expect(await drained).toBe(true);
  });
});
