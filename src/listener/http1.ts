import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { isErrno } from "../base/errors.ts";
import type { Refusal } from "../web/raw-refusal.ts";
import { Http1Connection } from "./http1-connection.ts";
import { createIdleSweep } from "./idle-sweep.ts";
import { refusalOf, requestIn } from "./parse-errors.ts";
import {
  faultOfHead,
  type HeaderLimits,
  NO_TUNNELS,
  TOO_MANY_AHEAD,
  UNKNOWN_EXPECTATION,
} from "./request-faults.ts";

/** HTTP/1.1 on connections whose TLS is done: Node's own parser, with the limits, the refusals and the drain around it. */

/** What is done with requests. */
export interface Http1Handlers {
  /** `expectsContinue`: the client waits for a 100 before it sends the body (RFC 9110 section 10.1.1). */
  request(request: IncomingMessage, answer: ServerResponse, expectsContinue: boolean): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Tells whether a request with an Upgrade header is to be upgraded; else it is a plain request. */
  upgrades(request: IncomingMessage): boolean;
  /** A request was refused here, and has its answer. */
  refused(refusal: Refusal): void;
}

/** What a client may take. */
export interface Http1Limits extends HeaderLimits {
  /** For the head of a request, from its first byte (from the handshake for the first). */
  readonly headMs: number;
  /** Between requests. */
  readonly keepAliveMs: number;
}

/** The HTTP/1.1 side of the listener. */
export interface Http1 extends Disposable {
  /** Takes a connection over. */
  accept(socket: TLSSocket): void;
  /** Ends idle connections after a moment, and the others after the answer that is under way or the next. */
  drain(): void;
}

const SWEEP_MS = 1_000;

/** Makes the HTTP/1.1 side. */
export function createHttp1(handlers: Http1Handlers, limits: Http1Limits): Http1 {
  const connections = new Map<Socket, Http1Connection>();
  const server = createNodeServer(handlers, limits, connections);
  // Before the drain Node ends what is idle.
  const idleSweep = createIdleSweep(() => connections.values(), Number.POSITIVE_INFINITY);
  const sweeper = setInterval(() => {
    const nowMs = performance.now();
    for (const connection of connections.values()) connection.sweep(nowMs, limits.headMs);
  }, SWEEP_MS);
  return {
    accept(socket) {
      connections.set(socket, new Http1Connection(socket, (refusal) => handlers.refused(refusal)));
      socket.once("close", () => connections.delete(socket));
      // "Event: 'connection'" of node:http: may be emitted by users to inject a connection.
      server.emit("connection", socket);
    },
    drain: () => idleSweep.drain(),
    [Symbol.dispose]() {
      idleSweep[Symbol.dispose]();
      clearInterval(sweeper);
      for (const socket of connections.keys()) socket.destroy();
    },
  };
}

function createNodeServer(
  handlers: Http1Handlers,
  limits: Http1Limits,
  connections: Map<Socket, Http1Connection>,
) {
  const server = createServer({
    keepAliveTimeout: limits.keepAliveMs,
    maxHeaderSize: limits.headerBytes,
    // The server listens nowhere itself, so Node's own clocks for heads and requests never run: `sweep` does that.
    headersTimeout: 0,
    requestTimeout: 0,
    // Node's own answer would have no body and no line in the log: `faultOfHead` looks at it.
    requireHostHeader: false,
    // With an answer under way there is no connection to give away: the request is then a plain one (RFC 9110 section 7.8).
    shouldUpgradeCallback: (request) =>
      connections.get(request.socket)?.isFree === true &&
      faultOf(request) === undefined &&
      handlers.upgrades(request),
  });
  // Above this Node drops fields silently; one more than allowed is kept, so that it is seen.
  server.maxHeadersCount = limits.headerCount + 1;
  const faultOf = ({ httpVersion, rawHeaders }: IncomingMessage) =>
    faultOfHead(httpVersion, rawHeaders, limits);

  const begin = (request: IncomingMessage, answer: ServerResponse, expectsContinue: boolean) => {
    const { socket } = request;
    const connection = connections.get(socket);
    if (connection === undefined) return;
    const fault = faultOf(request) ?? (connection.isFull ? TOO_MANY_AHEAD : undefined);
    if (fault !== undefined) connection.refuse(request, fault);
    if (!connection.isOpen) {
      // A body that nobody reads would hold the connection up.
      request.resume();
      return;
    }
    connection.begin({ request, answer }, () => handlers.request(request, answer, expectsContinue));
  };
  server.on("request", (request, answer) => begin(request, answer, false));
  server.on("checkContinue", (request, answer) => begin(request, answer, true));
  server.on("checkExpectation", (request) =>
    connections.get(request.socket)?.refuse(request, faultOf(request) ?? UNKNOWN_EXPECTATION),
  );
  server.on("upgrade", (request, socket, head) => {
    connections.delete(request.socket);
    handlers.upgrade(request, socket, head);
  });
  server.on("connect", (request) =>
    connections.get(request.socket)?.refuse(request, faultOf(request) ?? NO_TUNNELS),
  );
  server.on("clientError", (error, socket) => failed(error, socket, connections));
  return server;
}

/** Node's parser gave up on what came, or the connection broke ("Event: 'clientError'"). */
function failed(error: Error, socket: Duplex, connections: ReadonlyMap<Duplex, Http1Connection>): void {
  // What follows a request with `Connection: close` is not looked at (RFC 9112 section 9.6).
  if (isErrno(error, "HPE_CLOSED_CONNECTION")) return;
  const connection = connections.get(socket);
  const refusal = refusalOf(error);
  if (connection === undefined || refusal === undefined) socket.destroy();
  else if (isErrno(error, "HPE_INVALID_EOF_STATE")) connection.cut(refusal, requestIn(error));
  else connection.break(refusal, requestIn(error));
}
