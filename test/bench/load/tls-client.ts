import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { BROWSER_HEADERS, CIPHER, GROUP } from "./load.ts";

/** The TLS of the load programs: what h2load does, so that numbers of both compare. */

/** How they connect. Whose certificate it is does not matter here. */
export const CLIENT_TLS = {
  minVersion: "TLSv1.3",
  ciphers: CIPHER,
  ecdhCurve: GROUP,
  servername: "localhost",
  rejectUnauthorized: false,
} as const satisfies ConnectionOptions;

/** A connection of its own, as HTTP/1.1 clients make it; with a session, to resume. */
export function connectTls(port: number, session?: Buffer): TLSSocket {
  return connect({
    ...CLIENT_TLS,
    ...{ host: "127.0.0.1", port, ALPNProtocols: ["http/1.1"] },
    ...(session === undefined ? {} : { session }),
  }).setNoDelay();
}

/** What a connection has agreed on, in h2load's words. */
export function describeTls(socket: TLSSocket): string {
  const key = socket.getEphemeralKeyInfo();
  const group = key !== null && "name" in key ? String(key.name) : "?";
  return `${socket.getProtocol()} ${socket.getCipher().standardName} ${group}`;
}

/** The bytes of a browser's GET. */
export function requestFor(path: string): Buffer {
  return Buffer.from(
    [`GET ${path} HTTP/1.1`, "host: localhost", ...BROWSER_HEADERS, "", ""].join("\r\n"),
    "latin1",
  );
}
