import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";

/** HTTP/1.1 on connections whose TLS is done: Node's own parser, with the time limits and the drain around it. */

/** What is done with requests. */
export interface Http1Handlers {
  /** `expectsContinue`: the client waits for a 100 before it sends the body (RFC 9110 section 10.1.1). */
  request(request: IncomingMessage, answer: ServerResponse, expectsContinue: boolean): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Tells whether a request with an Upgrade header is to be upgraded; else it is a plain request. */
  upgrades(request: IncomingMessage): boolean;
}

/** How long a client may take. */
export interface Http1Limits {
  /** For the head of a request, from its first byte (from the handshake for the first). */
  readonly headMs: number;
  /** Between requests. */
  readonly keepAliveMs: number;
  readonly maxHeaderBytes: number;
}

/** The HTTP/1.1 side of the listener. */
export interface Http1 extends Disposable {
  /** Takes a connection over. */
  accept(socket: TLSSocket): void;
  /** Ends what is idle now, and everything else when its answer is complete. */
  drain(): void;
}

/** What is known of one connection. */
interface Connection {
  /** Requests begun and not yet answered. */
  active: number;
  /** `socket.bytesRead` when it fell idle: more than that means that a head is on its way. */
  bytesWhenIdle: number;
  /** When the current head was first seen under way, by `performance.now()`; undefined while none is. */
  headSince: number | undefined;
}

const SWEEP_MS = 1_000;

/** Makes the HTTP/1.1 side. */
export function createHttp1(handlers: Http1Handlers, limits: Http1Limits): Http1 {
  const connections = new Map<Socket, Connection>();
  let draining = false;
  const server = createServer({
    keepAliveTimeout: limits.keepAliveMs,
    maxHeaderSize: limits.maxHeaderBytes,
    // The server listens nowhere itself, so Node's own clocks for heads and requests never run: `sweep` does that.
    headersTimeout: 0,
    requestTimeout: 0,
    shouldUpgradeCallback: (request) => handlers.upgrades(request),
  });
  // Above a count Node drops header fields silently; the size is bounded already.
  server.maxHeadersCount = 0;

  const begin = (request: IncomingMessage, answer: ServerResponse, expectsContinue: boolean) => {
    const { socket } = request;
    const connection = connections.get(socket);
    if (connection !== undefined) {
      connection.active += 1;
      connection.headSince = undefined;
      answer.once("close", () => {
        connection.active -= 1;
        connection.bytesWhenIdle = socket.bytesRead;
        if (draining && connection.active === 0) socket.end();
      });
    }
    handlers.request(request, answer, expectsContinue);
  };
  server.on("request", (request, answer) => begin(request, answer, false));
  server.on("checkContinue", (request, answer) => begin(request, answer, true));
  server.on("upgrade", (request, socket, head) => {
    connections.delete(request.socket);
    handlers.upgrade(request, socket, head);
  });
  refuseTunnels(server);

  const sweeper = setInterval(() => sweep(connections, limits.headMs), SWEEP_MS);
  return {
    accept(socket) {
      connections.set(socket, { active: 0, bytesWhenIdle: socket.bytesRead, headSince: performance.now() });
      socket.once("close", () => connections.delete(socket));
      // "Event: 'connection'" of node:http: may be emitted by users to inject a connection.
      server.emit("connection", socket);
    },
    drain() {
      draining = true;
      for (const [socket, { active }] of connections) if (active === 0) socket.end();
    },
    [Symbol.dispose]() {
      clearInterval(sweeper);
      for (const socket of connections.keys()) socket.destroy();
    },
  };
}

const REQUEST_TIMEOUT = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
const METHOD_NOT_ALLOWED =
  "HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\nContent-Length: 0\r\nAllow: GET\r\n\r\n";

/** Ends connections whose request head takes too long ("slowloris"). */
function sweep(connections: Map<Socket, Connection>, headMs: number): void {
  const now = performance.now();
  for (const [socket, connection] of connections) {
    if (connection.active > 0) continue;
    if (connection.headSince === undefined && socket.bytesRead > connection.bytesWhenIdle)
      connection.headSince = now;
    if (connection.headSince !== undefined && now - connection.headSince > headMs)
      socket.end(REQUEST_TIMEOUT);
  }
}

/** CONNECT asks for a tunnel to anywhere (RFC 9110 section 9.3.6): a gateway has none to give. */
function refuseTunnels(server: Server): void {
  server.on("connect", (_request, socket) => socket.end(METHOD_NOT_ALLOWED));
}
