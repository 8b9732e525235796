import { execFile, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer, type SecureVersion, type TLSSocket } from "node:tls";
import { promisify } from "node:util";
import { generate } from "selfsigned";
import {
  type CertificateOptions,
  type CertificateStore,
  openCertificates,
} from "../../src/listener/certificates.ts";
import { tlsOptions } from "../../src/listener/tls-options.ts";
import { loadSettings } from "../../src/settings/load.ts";
import type { Settings } from "../../src/settings/schema.ts";
import { createLog, type Logger } from "../../src/web/log.ts";

export const DAY_MS = 86_400_000;

/** Runs a program and gives what it prints; rejects with its output where it fails. */
export const run = promisify(execFile);

/** Whether a program is on this machine. */
export function has(program: string): boolean {
  return spawnSync(program, ["version"]).error === undefined;
}

/** A folder that is removed at the end of its block. */
export async function temporaryFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "tickbird-certs-"));
  return {
    path,
    async [Symbol.asyncDispose]() {
      // A test may have closed it.
      await chmod(path, 0o700);
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** A log that keeps its lines. */
export function keptLog(): { log: Logger; lines: { level: string; msg: string; [key: string]: unknown }[] } {
  const lines: { level: string; msg: string }[] = [];
  const log = createLog(
    { level: "debug", access: false },
    { write: (text) => void lines.push(JSON.parse(text)) },
  );
  return { log, lines };
}

/** The `https` settings, as the loader would give them. */
export function httpsSettings(overrides: Partial<Settings["https"]> = {}): Settings["https"] {
  return { ...loadSettings({ flags: { core: "http://127.0.0.1:9" } }).settings.https, ...overrides };
}

/** Opens a store with quiet defaults. */
export function openStore(
  dir: string,
  {
    https = {},
    ...options
  }: { https?: Partial<Settings["https"]> } & Partial<Omit<CertificateOptions, "https" | "dir">> = {},
): Promise<CertificateStore> {
  return openCertificates({
    https: httpsSettings(https),
    dir,
    log: keptLog().log,
    signal: new AbortController().signal,
    // Those of a machine where containers come and go may change between two starts.
    machineNames: () => ["fixture"],
    ...options,
  });
}

/** A certificate and key of a CA of the test's own, or of `ca`. */
export async function issue(
  options: {
    name?: string;
    from?: Date;
    to?: Date;
    ca?: { cert: string; private: string };
    isCa?: boolean;
  } = {},
): Promise<{ cert: string; private: string }> {
  const { name = "app.example.com", from = new Date(Date.now() - DAY_MS), ca, isCa = false } = options;
  return await generate([{ name: "commonName", value: name }], {
    keyType: "ec",
    algorithm: "sha256",
    notBeforeDate: from,
    notAfterDate: options.to ?? new Date(from.getTime() + 90 * DAY_MS),
    extensions: [
      { name: "basicConstraints", cA: isCa, critical: true },
      { name: "subjectAltName", altNames: [{ type: 2, value: name }] },
    ],
    ...(ca === undefined ? {} : { ca: { cert: ca.cert, key: ca.private } }),
  });
}

/** Puts a pair in its place, one file after the other, and gives the settings that name it. */
export async function writePair(folder: string, pair: { cert: string; private: string }) {
  const certFile = join(folder, "chain.pem");
  const keyFile = join(folder, "key.pem");
  for (const [path, text] of [
    [keyFile, pair.private],
    [certFile, pair.cert],
  ] as const) {
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
  }
  return { certFile, keyFile, reloadIntervalMs: 50 };
}

/** A TLS server as the listener sets it up, which greets each client. */
export async function serveTls(store: CertificateStore): Promise<AsyncDisposable & { port: number }> {
  const sockets = new Set<TLSSocket>();
  const server = createServer(tlsOptions(store), (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    // An answer to HTTP too, so that curl is content.
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
    socket.on("data", (data) => socket.write(data));
  });
  store.onChange(() => server.setSecureContext(tlsOptions(store)));
  server.listen(0, "::");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One handshake that verifies the server, and what came of it. */
export async function handshake(
  port: number,
  options: {
    ca: string | null;
    host?: string;
    servername?: string;
    version?: SecureVersion;
    session?: Buffer | undefined;
  },
): Promise<{ fingerprint: string; reused: boolean; session: Buffer }> {
  const { ca, host = "127.0.0.1", servername = "", version = "TLSv1.3", session } = options;
  const socket = connect({
    port,
    host,
    servername,
    ...(ca === null ? { rejectUnauthorized: false } : { ca }),
    minVersion: version,
    maxVersion: version,
    ...(session === undefined ? {} : { session }),
  });
  try {
    // In TLS 1.3 the ticket comes after the handshake: the greeting behind it says that it must have come.
    let ticket: Buffer | undefined;
    socket.on("session", (given: Buffer) => {
      ticket = given;
    });
    await once(socket, "data");
    const fingerprint = socket.getPeerX509Certificate()?.fingerprint256 ?? "none";
    return {
      fingerprint,
      reused: socket.isSessionReused(),
      session: ticket ?? socket.getSession() ?? Buffer.alloc(0),
    };
  } finally {
    socket.destroy();
  }
}

/** The text of a state file. */
export const read = (dir: string, name: string): Promise<string> => readFile(join(dir, name), "utf8");
