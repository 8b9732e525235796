import type { Socket } from "node:net";
import { createServer } from "node:tls";
import type { Settings } from "../settings/schema.ts";
import type { Logger } from "../web/log.ts";
import { createHttp1, type Http1Handlers } from "./http1.ts";
import type { Http2Handlers } from "./http2/requests.ts";
import { createHttp2 } from "./http2.ts";
import { createLean } from "./lean/lean.ts";
import type { LeanHandlers } from "./lean/lean-connection.ts";
import { listen } from "./listen.ts";
import { OpenConnections } from "./open-connections.ts";
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
  /** Takes a connection that somebody else has accepted. */
  take(socket: Socket): void;
  /**
   * Stops accepting, lets what is under way finish for at most `graceMs`, then cuts the rest.
   * @returns whether everything finished by itself.
   */
  drain(graceMs: number): Promise<boolean>;
}

/** What a listener is made from. */
export interface ListenerParts {
  readonly certificates: HandshakeMaterial;
  readonly clientCa: string | undefined;
  /** False where all its connections come by {@link Listener.take}. Unset: true. */
  readonly opensPort?: boolean;
}

/** Opens the port. @throws {StartError} when it can't be bound, naming the setting. */
export async function startListener(
  { https, limits }: Pick<Settings, "https" | "limits">,
  { certificates, clientCa, opensPort = true }: ListenerParts,
  handlers: ListenerHandlers,
  log: Logger,
): Promise<Listener> {
  const http1 = createHttp1(handlers.http1, limits);
  const http2 = createHttp2(handlers.http2, { ...limits, webSockets: https.http2WebSockets }, log);
  const lean =
    handlers.lean && createLean({ ...handlers.lean, limits }, (socket) => http1.accept(socket), limits);
  const server = createTlsServer(certificates, clientCa, limits.handshakeMs);
  server.on("secureConnection", (socket) => {
    socket.setNoDelay(true);
    (socket.alpnProtocol === "h2" ? http2 : (lean ?? http1)).accept(socket);
  });
  server.on("tlsClientError", (error, socket) => {
    log.debug({ err: error }, "a TLS handshake failed");
    // Node only reports a handshake that takes too long.
    socket.destroy();
  });

  const entrance = createEntrance(server, https, log);
  const connections = new OpenConnections(entrance.server, limits.maxConnections, log);
  const cut = () => {
    lean?.[Symbol.dispose]();
    http1[Symbol.dispose]();
    http2[Symbol.dispose]();
    entrance[Symbol.dispose]();
    connections.cut();
  };
  let { port } = https;
  if (opensPort) {
    port = await listen(entrance.server, { ...https, name: "https" }).catch((error) => {
      cut();
      throw error;
    });
  }
  return {
    port,
    take: (socket) => connections.add(socket),
    async drain(graceMs) {
      const all = connections.allClosed();
      lean?.drain();
      http1.drain();
      http2.drain();
      const finished = await settledWithin(all, graceMs);
      if (!finished)
        log.warn({ connections: connections.count, graceMs }, "the grace period is over: cutting the rest");
      cut();
      return finished;
    },
    async [Symbol.asyncDispose]() {
      const all = connections.allClosed();
      cut();
      await all;
    },
  };
}

/**
 * By ALPN, the best first. Chosen by a callback: of a list, Node keeps a copy for each connection, cut from the buffer
 * that all small ones are cut from, so that each connection would hold 64 KiB.
 */
const PROTOCOLS = ["h2", "http/1.1"];

/** The server of TLS. Its certificate and ticket keys are always the newest. */
function createTlsServer(certificates: HandshakeMaterial, clientCa: string | undefined, handshakeMs: number) {
  const server = createServer({
    ...tlsOptions(certificates, clientCa),
    ALPNCallback: ({ protocols }) => PROTOCOLS.find((protocol) => protocols.includes(protocol)),
    handshakeTimeout: handshakeMs,
    // A client without one is served all the same: the app's users have tokens, or nothing to do with us.
    requestCert: clientCa !== undefined,
    rejectUnauthorized: false,
  });
  certificates.onChange(() => server.setSecureContext(tlsOptions(certificates, clientCa)));
  return server;
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
