import { createServer, type Server, type Socket } from "node:net";
import type { Server as TlsServer } from "node:tls";
import type { Settings } from "../settings/schema.ts";
import { tellClientAddress } from "../web/client-address.ts";
import type { Logger } from "../web/log.ts";
import { createTrustedPeers } from "../web/trusted-peers.ts";
import { type ProxyHeader, parseProxyHeader } from "./proxy-header.ts";

/** The step before TLS: reads what a load balancer says of a connection (PROXY protocol), and hands the rest to TLS. */

/** What owns the port. Disposed of, it cuts the connections whose header is not complete. */
export interface Entrance extends Disposable {
  readonly server: Server;
}

/** How long a header may take: it comes with the first packet. */
const DEADLINE_MS = 5_000;

/**
 * Makes the server that takes connections for `tls`: that one itself, unless `https.proxyProtocol` is on.
 * Then connections from trusted peers must begin with a header, and are closed where they do not; all others go
 * straight to TLS, where a header is nothing but a broken handshake.
 */
export function createEntrance(
  tls: TlsServer,
  { proxyProtocol, trustedPeers }: Pick<Settings["https"], "proxyProtocol" | "trustedPeers">,
  log: Logger,
  deadlineMs = DEADLINE_MS,
): Entrance {
  if (!proxyProtocol) return { server: tls, [Symbol.dispose]: () => undefined };
  const peers = createTrustedPeers(trustedPeers);
  const waiting = new Set<Socket>();
  // "Event: 'connection'" of node:tls: may be emitted by users to inject a connection.
  const handOver = (socket: Socket) => tls.emit("connection", socket);

  const takeHeader = async (socket: Socket) => {
    waiting.add(socket);
    const header = await readHeader(socket, deadlineMs);
    waiting.delete(socket);
    if (header.kind === "refused") {
      log.debug(
        { peer: socket.remoteAddress, reason: header.reason },
        "a connection without its PROXY header",
      );
      socket.destroy();
      return;
    }
    if (header.source !== null) tellClientAddress(socket, header.source);
    handOver(socket);
  };
  const server = createServer((socket) => {
    if (peers.isTrusted(socket.remoteAddress ?? "")) void takeHeader(socket);
    else handOver(socket);
  });
  return {
    server,
    [Symbol.dispose]() {
      for (const socket of waiting) socket.destroy();
    },
  };
}

/** What is known in the end. */
type Outcome = Exclude<ProxyHeader, { kind: "incomplete" }>;

/** Takes the header off a connection, and not a byte more: what came behind it is put back. */
function readHeader(socket: Socket, deadlineMs: number): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  let bytes = Buffer.alloc(0);
  const settle = (header: Outcome) => {
    clearTimeout(timer);
    socket.off("readable", onReadable).off("end", onEnd).off("close", onEnd);
    resolve(header);
  };
  const refuse = (reason: string) => settle({ kind: "refused", reason });
  const onReadable = () => {
    for (let chunk: unknown = socket.read(); chunk instanceof Buffer; chunk = socket.read())
      bytes = Buffer.concat([bytes, chunk]);
    const header = parseProxyHeader(bytes);
    if (header.kind === "incomplete") return;
    settle(header);
    // After the listener for it is gone, or it would be called again.
    if (header.kind === "complete" && bytes.length > header.length)
      socket.unshift(bytes.subarray(header.length));
  };
  const onEnd = () => refuse("the connection ended");
  const timer = setTimeout(() => refuse("the header took too long"), deadlineMs);
  // Stays for good; an error is followed by "close".
  socket.on("error", ignore);
  socket.on("readable", onReadable).on("end", onEnd).on("close", onEnd);
  return promise;
}

/** Out here, or it would hold on to the bytes that were read for as long as the connection lasts. */
function ignore(): void {}
