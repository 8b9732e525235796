import { createHash, X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { generate } from "selfsigned";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeTestCertificate } from "../support/certificate.ts";
import { listenLocally, unusedPort } from "../support/front.ts";
import { poll } from "../support/poll.ts";
import { ask, runProgram, startSidecarProcess } from "../support/sidecar.ts";

const core = createServer((request, answer) => answer.end(`core: ${request.url}`));
let corePort: number;
let dir: string;

beforeAll(async () => {
  corePort = await listenLocally(core);
  dir = await mkdtemp(join(tmpdir(), "tickbird-tls-"));
});
afterAll(async () => {
  core.close();
  await rm(dir, { recursive: true, force: true });
});

/** A handshake that looks at the certificate itself instead of trusting an authority. */
async function handshake(
  port: number,
  options: { session?: Buffer; maxVersion?: "TLSv1.2" | "TLSv1.3" } = {},
): Promise<TLSSocket> {
  const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ...options });
  await new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
  return socket;
}

const fingerprintAt = async (port: number) => {
  const socket = await handshake(port);
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
};

async function writePair(folder: string): Promise<{ pem: string; fingerprint: string }> {
  const { certPem, keyPem } = await makeTestCertificate();
  await writeFile(join(folder, "tls.key"), keyPem);
  await writeFile(join(folder, "tls.crt"), certPem);
  return { pem: certPem, fingerprint: new X509Certificate(certPem).fingerprint256 };
}

describe("a certificate of the user's own", () => {
  test("is replaced live: new handshakes see the new one, an open connection goes on", async () => {
    const folder = await mkdtemp(join(dir, "live-"));
    const first = await writePair(folder);
    await using sidecar = await startSidecarProcess(corePort, {
      SIDECAR_HTTPS_CERT_FOLDER: folder,
      SIDECAR_HTTPS_RELOAD_INTERVAL_MS: "50",
    });
    const open = await handshake(sidecar.port);
    let text = "";
    open.on("data", (chunk) => {
      text += String(chunk);
    });
    const send = (path: string) => open.write(`GET ${path} HTTP/1.1\r\nHost: app\r\n\r\n`);
    send("/before");
    await poll("the first answer", () => text.includes("core: /before"));
    expect(await fingerprintAt(sidecar.port)).toBe(first.fingerprint);
    const second = await writePair(folder);
    await poll("the new certificate", async () => (await fingerprintAt(sidecar.port)) === second.fingerprint);
    send("/after");
    await poll("the second answer", () => text.includes("core: /after"));
    open.destroy();
  });

  test("whose replacement is broken stays in use, and health and log say so; a good one mends it", async () => {
    const folder = await mkdtemp(join(dir, "broken-"));
    const first = await writePair(folder);
    await using sidecar = await startSidecarProcess(corePort, {
      SIDECAR_HTTPS_CERT_FOLDER: folder,
      SIDECAR_HTTPS_RELOAD_INTERVAL_MS: "50",
    });
    await writeFile(
      join(folder, "tls.crt"),
      "-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n",
    );
    await poll("the log to say so", () =>
      sidecar.log().some((line) => line["level"] !== "info" && JSON.stringify(line).includes("tls.crt")),
    );
    const health = async () =>
      JSON.stringify((await ask(sidecar.port, first.pem, "/_sidecar/health")).json());
    await poll("health to say so", async () => /"name":"certificate","status":"warn"/.test(await health()));
    expect(await fingerprintAt(sidecar.port)).toBe(first.fingerprint);
    const mended = await writePair(folder);
    await poll(
      "the good replacement",
      async () => (await fingerprintAt(sidecar.port)) === mended.fingerprint,
    );
  });
});

test.each(["TLSv1.2", "TLSv1.3"] as const)(
  "a session of %s is resumed after a restart",
  async (maxVersion) => {
    const certs = await mkdtemp(join(dir, "restart-"));
    const env = { SIDECAR_CERTS_DIR: certs };
    let session: Buffer | undefined;
    {
      await using sidecar = await startSidecarProcess(corePort, env);
      const socket = await handshake(sidecar.port, { maxVersion });
      socket.on("session", (ticket) => {
        session = ticket;
      });
      socket.write("GET / HTTP/1.1\r\nHost: app\r\n\r\n");
      await poll("a ticket", () => {
        // With TLS 1.2 it comes within the handshake, with TLS 1.3 after it.
        if (maxVersion === "TLSv1.2") session = socket.getSession();
        return session !== undefined;
      });
      expect(socket.isSessionReused()).toBe(false);
      socket.destroy();
    }
    await using again = await startSidecarProcess(corePort, env);
    const socket = await handshake(again.port, { maxVersion, ...(session === undefined ? {} : { session }) });
    expect(socket.isSessionReused()).toBe(true);
    socket.destroy();
  },
);

test("the CA can be downloaded, and with it everything verifies", async () => {
  await using sidecar = await startSidecarProcess(corePort);
  const answer = await sidecar.ask("/_sidecar/certificate/ca");
  expect(answer.status).toBe(200);
  expect(sha(answer.body)).toBe(sha(await sidecar.ca()));
  const socket = connect({ host: "127.0.0.1", port: sidecar.port, ca: answer.body, servername: "localhost" });
  await new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
  expect(socket.authorized).toBe(true);
  socket.destroy();
});

describe("client certificates", () => {
  const issue = async (ca: { certPem: string; keyPem: string }, cn: string) => {
    const issuer = { cert: ca.certPem, key: ca.keyPem };
    return generate([{ name: "commonName", value: cn }], { keyType: "ec", algorithm: "sha256", ca: issuer });
  };

  test("of the named CA are credentials, over HTTP/1.1 and HTTP/2; others are none", async () => {
    const ca = await makeTestCertificate();
    const caFile = join(dir, "client-ca.crt");
    await writeFile(caFile, ca.certPem);
    await using sidecar = await startSidecarProcess(corePort, {
      SIDECAR_AUTH_CLIENT_CA_FILE: caFile,
      SIDECAR_AUTH_CLIENT_OPERATORS: "ops",
    });
    const serverCa = await sidecar.ca();
    const whoami = async (client: { cert: string; private: string } | undefined) => {
      const shown = client === undefined ? {} : { cert: client.cert, key: client.private };
      const session = connectHttp2(`https://localhost:${sidecar.port}`, { ca: serverCa, ...shown });
      const stream = session.request({ ":path": "/_sidecar/session" });
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk);
      session.close();
      return JSON.parse(Buffer.concat(chunks).toString());
    };
    expect(await whoami(await issue(ca, "ops"))).toEqual({
      name: "ops",
      role: "operator",
      via: "certificate",
    });
    expect(await whoami(await issue(ca, "someone"))).toMatchObject({ name: "someone", role: "viewer" });
    expect(await whoami(await issue(await makeTestCertificate("another CA"), "ops"))).toMatchObject({
      status: 401,
    });
    expect(await whoami(undefined)).toMatchObject({ status: 401 });
    const own = await issue(ca, "ops");
    const http1 = await ask(sidecar.port, serverCa, "/_sidecar/session", {
      token: null,
      tls: { cert: own.cert, key: own.private },
    });
    expect(http1.json()).toMatchObject({ name: "ops", via: "certificate" });
    expect((await sidecar.ask("/x", { token: null })).body).toBe("core: /x");
  });

  test("need a CA that is one", async () => {
    await using program = runProgram(["--core", "http://127.0.0.1:1"], {
      SIDECAR_AUTH_CLIENT_CA_FILE: join(dir, "missing"),
      SIDECAR_CERTS_DIR: dir,
    });
    expect(await program.ended()).toBe(1);
    expect(program.stderr()).toContain("SIDECAR_AUTH_CLIENT_CA_FILE");
  });
});

test("with a self-made certificate nothing ever says Strict-Transport-Security", async () => {
  await using sidecar = await startSidecarProcess(corePort);
  for (const path of ["/", "/_sidecar/", "/_sidecar/health", "//_sidecar"]) {
    expect((await sidecar.ask(path)).headers["strict-transport-security"], path).toBeUndefined();
  }
});

test("the second port redirects to the first", async () => {
  const httpPort = await unusedPort();
  await using sidecar = await startSidecarProcess(corePort, {
    SIDECAR_HTTP_ENABLED: "true",
    SIDECAR_HTTP_PORT: String(httpPort),
  });
  const answer = await fetch(`http://localhost:${httpPort}/a?b`, { redirect: "manual" });
  expect(answer.status).toBe(308);
  expect(answer.headers.get("location")).toBe(`https://localhost:${sidecar.port}/a?b`);
});

function sha(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
