import type { Server, Socket } from "node:net";
import { createServer } from "node:tls";
import type { Settings } from "../settings/schema.ts";
import type { Logger } from "../web/log.ts";
import { limitConnections } from "./connection-limit.ts";
import { createHttp1, type Http1Handlers } from "./http1.ts";
import { createHttp2, type Http2Handlers } from "./http2.ts";
import { createLean } from "./lean/lean.ts";
import type { LeanHandlers } from "./lean/lean-connection.ts";
import { listen } from "./listen.ts";
import { createEntrance } from "./proxy-protocol.ts";
import { type HandshakeMaterial, tlsOptions } from "./tls-options.ts";

/** The HTTPS port: TLS, the choice of protocol (ALPN), and the drain. What the requests mean it does not know. */

/** Who takes the requests. */
export interface ListenerHandlers {
  /** For the requests that our own parser reads; all others, and all where this is missing, are for `http1`. */
  readonly lean?: Omit<LeanHandlers, "handOver" | "limits"> | undefined;
  readonly http1: Http1Handlers;
  readonly http2: Http2Handlers;
}

/** The open HTTPS port. */
export interface Listener extends AsyncDisposable {
  /** The port that was really bound. */
  readonly port: number;
  /**
   * Stops accepting, lets what is under way finish for at most `graceMs`, then cuts the rest.
   * @returns whether everything finished by itself.
   */
  drain(graceMs: number): Promise<boolean>;
}

/** Opens the port. @throws {StartError} when it can't be bound, naming the setting. */
export async function startListener(
  { https, limits }: Pick<Settings, "https" | "limits">,
  { certificates, clientCa }: { certificates: HandshakeMaterial; clientCa: string | undefined },
  handlers: ListenerHandlers,
  log: Logger,
): Promise<Listener> {
  const http1 = createHttp1(handlers.http1, limits);
  const http2 = createHttp2(handlers.http2, { ...limits, webSockets: https.http2WebSockets }, log);
  const lean =
    handlers.lean && createLean({ ...handlers.lean, limits }, (socket) => http1.accept(socket), limits);
  const server = createServer({
    ...tlsOptions(certificates, clientCa),
    ALPNProtocols: ["h2", "http/1.1"],
    handshakeTimeout: limits.handshakeMs,
    // A client without one is served all the same: the app's users have tokens, or nothing to do with us.
    requestCert: clientCa !== undefined,
    rejectUnauthorized: false,
  });
  server.on("secureConnection", (socket) => {
    socket.setNoDelay(true);
    (socket.alpnProtocol === "h2" ? http2 : (lean ?? http1)).accept(socket);
  });
  server.on("tlsClientError", (error, socket) => {
    log.debug({ err: error }, "a TLS handshake failed");
    // Node only reports a handshake that takes too long.
    socket.destroy();
  });
  certificates.onChange(() => server.setSecureContext(tlsOptions(certificates, clientCa)));

  const entrance = createEntrance(server, https, log);
  limitConnections(entrance.server, limits.maxConnections, log);
  const connections = connectionsOf(entrance.server);
  let closed: Promise<void> | undefined;
  const stopAccepting = () => {
    closed ??= new Promise((resolve) => entrance.server.close(() => resolve()));
    return closed;
  };
  const cut = () => {
    lean?.[Symbol.dispose]();
    http1[Symbol.dispose]();
    http2[Symbol.dispose]();
    entrance[Symbol.dispose]();
    for (const socket of connections) socket.destroy();
  };
  const port = await listen(entrance.server, { ...https, name: "https" }).catch((error) => {
    cut();
    throw error;
  });
  return {
    port,
    async drain(graceMs) {
      const all = stopAccepting();
      lean?.drain();
      http1.drain();
      http2.drain();
      const finished = await settledWithin(all, graceMs);
      if (!finished)
        log.warn({ connections: connections.size, graceMs }, "the grace period is over: cutting the rest");
      cut();
      return finished;
    },
    async [Symbol.asyncDispose]() {
      const all = stopAccepting();
      cut();
      await all;
    },
  };
}

/** The open connections of a server, those in the handshake too. */
function connectionsOf(server: Server): ReadonlySet<Socket> {
  const connections = new Set<Socket>();
  server.on("connection", (socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
  });
  return connections;
}

async function settledWithin(work: Promise<void>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
