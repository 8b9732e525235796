import { once } from "node:events";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { describe, expect, test } from "vitest";
import { startRedirect } from "../../../src/listener/redirect.ts";
import { loadSettings } from "../../../src/settings/load.ts";
import { temporaryFolder, writePair } from "../../listener/certificate-support.ts";
import { makeTestCertificate } from "../../support/certificate.ts";
import { type Front, startFront, startRawCore, unusedPort } from "../../support/front.ts";
import { poll } from "../../support/poll.ts";
import { send } from "../../support/send.ts";
import { HTTP2, namesOf, OK, ROUTES, startScene } from "./scene.ts";

/** A handshake, and nothing more. */
async function handshake(
  front: Pick<Front, "port" | "ca">,
  options: ConnectionOptions = {},
): Promise<TLSSocket> {
  const socket = connect({ host: "127.0.0.1", port: front.port, ca: front.ca, ...options });
  socket.on("error", () => undefined);
  await once(socket, "secureConnect");
  return socket;
}

describe("28. TLS 1.2 and 1.3 with forward secrecy and authenticated encryption, and nothing else (RFC 8996, RFC 9325)", () => {
  test.each([
    ["TLS 1.1", { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" }],
    ["CBC suites", { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA" }],
    ["CCM suites", { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-CCM" }],
    ["suites without forward secrecy", { maxVersion: "TLSv1.2", ciphers: "AES128-GCM-SHA256" }],
  ] as const)("%s are refused", async (_what, options) => {
    await using scene = await startScene(HTTP2);
    await expect(handshake(scene.front, options)).rejects.toThrow();
  });

  describe.each(["TLSv1.2", "TLSv1.3"] as const)("%s", (version) => {
    test.each(["h2", "http/1.1"])("is spoken with %s", async (protocol) => {
      await using scene = await startScene(HTTP2);
      const socket = await handshake(scene.front, {
        ...{ minVersion: version, maxVersion: version, ALPNProtocols: [protocol] },
      });
      expect(socket.getProtocol()).toBe(version);
      expect(socket.alpnProtocol).toBe(protocol);
      expect(socket.getCipher().name).toMatch(/GCM|CHACHA20/);
      socket.destroy();
    });
  });
});

describe("29. a session is resumed (RFC 8446 section 4.6.1, RFC 5077)", () => {
  /** What a client keeps of a connection for the next one. */
  async function sessionOf(socket: TLSSocket, version: string): Promise<Buffer> {
    if (version === "TLSv1.2") return socket.getSession() ?? Buffer.alloc(0);
    const [session] = await once(socket, "session");
    return session;
  }

  describe.each(["TLSv1.2", "TLSv1.3"] as const)("%s", (version) => {
    const only = { minVersion: version, maxVersion: version };

    test("after a restart", async () => {
      await using folder = await temporaryFolder();
      await using core = await startRawCore();
      const first = await startFront(core.port, {}, { dir: folder.path });
      const socket = await handshake(first, only);
      const session = await sessionOf(socket, version);
      socket.destroy();
      await first[Symbol.asyncDispose]();
      await using again = await startFront(core.port, {}, { dir: folder.path });
      const resumed = await handshake(again, { ...only, session });
      expect(resumed.isSessionReused()).toBe(true);
      resumed.destroy();
    });

    test.each(ROUTES)(
      "after the certificate was replaced, and who is connected stays so, $name",
      async (route) => {
        await using folder = await temporaryFolder();
        const [before, after] = [await makeTestCertificate(), await makeTestCertificate()];
        const https = await writePair(folder.path, { cert: before.certPem, private: before.keyPem });
        await using scene = await startScene(route, { answers: [OK], file: { https } });
        const front = { port: scene.front.port, ca: before.certPem };
        const client = await route.open({ ...scene.front, ca: before.certPem });
        const socket = await handshake(front, only);
        const session = await sessionOf(socket, version);
        const { fingerprint256 } = socket.getPeerCertificate();
        socket.destroy();

        await writePair(folder.path, { cert: after.certPem, private: after.keyPem });
        await poll(
          "the new certificate",
          () => scene.front.certificates.current().fingerprint256 !== fingerprint256,
        );
        expect((await client.ask().reply()).status).toBe(200);
        const resumed = await handshake(front, { ...only, session });
        expect(resumed.isSessionReused()).toBe(true);
        resumed.destroy();
        const fresh = await handshake({ ...front, ca: after.certPem }, only);
        expect(fresh.getPeerCertificate().fingerprint256).toBe(
          scene.front.certificates.current().fingerprint256,
        );
        fresh.destroy();
        client[Symbol.dispose]();
      },
    );
  });
});

describe("30. the certificate that we made ourselves", () => {
  test("is the same after a restart", async () => {
    await using folder = await temporaryFolder();
    await using core = await startRawCore();
    const seen: string[] = [];
    for (let start = 0; start < 2; start += 1) {
      await using front = await startFront(core.port, {}, { dir: folder.path });
      const socket = await handshake(front);
      seen.push(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    }
    expect(seen[1]).toBe(seen[0]);
  });

  test("is shown whatever name a client asks for (CVE-2026-21637, CVE-2026-48928)", async () => {
    await using scene = await startScene(HTTP2);
    const names = ["localhost", "LOCALHOST", "unknown.example", "a".repeat(255), "-_-", "xn--", "__proto__"];
    for (const servername of names) {
      const socket = await handshake(scene.front, { servername, checkServerIdentity: () => undefined });
      expect(socket.getPeerCertificate().fingerprint256, servername).toBe(
        scene.front.certificates.current().fingerprint256,
      );
      socket.destroy();
    }
  });
});

describe("31. what only we can know of a client certificate, no client can say (RFC 9440 section 4)", () => {
  test.each(ROUTES)("$name", async (route) => {
    await using scene = await startScene(route, { answers: [OK] });
    const names = [
      "Client-Cert",
      "Client-Cert-Chain",
      "X-Client-Cert",
      "X-SSL-Client-Verify",
      "SSL_CLIENT_S_DN",
      "X-Client-DN",
    ];
    const fields = [...names.map((name) => [name, "CN=admin"] as const), ["X-Kept", "1"] as const];
    await (await scene.ask({ fields })).reply();
    const sent = (await scene.arrived()).message.fields;
    expect(namesOf(sent)).toContain("x-kept");
    expect(sent.filter(([, value]) => value === "CN=admin")).toEqual([]);
  });
});

describe("32. nobody is locked out by us, and nobody's request is changed on the way to HTTPS (RFC 6797 sections 7.2 and 8.4)", () => {
  test.each(ROUTES)(
    "$name: we never say Strict-Transport-Security with a certificate of our own",
    async (route) => {
      await using scene = await startScene(route, { answers: [OK] });
      for (const target of ["/", "/_sidecar", "//_sidecar"])
        expect(namesOf((await (await scene.ask({ target })).reply()).fields)).not.toContain(
          "strict-transport-security",
        );
      await using lonely = await route.start(await unusedPort());
      using client = await route.open(lonely);
      const refused = await client.ask().reply();
      expect(refused.status).toBe(503);
      expect(namesOf(refused.fields)).not.toContain("strict-transport-security");
    },
  );

  test.each(["GET", "POST", "DELETE"])(
    "over plain HTTP a %s is sent on by 308, which keeps it as it is",
    async (method) => {
      const { settings } = loadSettings({ flags: { core: "http://127.0.0.1:1", "http-port": "0" } });
      await using redirect = await startRedirect(settings, () => 8443);
      const answer = await send(`http://localhost:${redirect.port}/a//b?c`, { method });
      expect(answer.status).toBe(308);
      expect(answer.headers["location"]).toBe("https://localhost:8443/a//b?c");
      expect(answer.headers["strict-transport-security"]).toBeUndefined();
    },
  );
});
