import type { TLSSocket } from "node:tls";
import { clientAddressOf } from "../web/client-address.ts";
import { certificateNameOf } from "../web/client-certificate.ts";
import type { Logger } from "../web/log.ts";
import { type ConnectionLimits, Http2Connection } from "./http2/connection.ts";
import { type Http2Handlers, Requests } from "./http2/requests.ts";
import { createIdleSweep } from "./idle-sweep.ts";

/** HTTP/2 on connections whose TLS is done. */

/** What a client may take. */
export interface Http2Limits extends ConnectionLimits {
  /** A connection without streams is closed after this. */
  readonly keepAliveMs: number;
}

/** The HTTP/2 side of the listener. */
export interface Http2 extends Disposable {
  accept(socket: TLSSocket): void;
  /**
   * Asks all clients to open no more streams here. What they opened before they could know is served; after a moment
   * they are told which stream was the last (RFC 9113 section 6.8).
   */
  drain(): void;
}

const KEEP_ALIVE_MS = 60_000;
const LOOK_MS = 5_000;
/** Longer than a client takes to learn that it is to open no more streams. */
const LAST_CALL_MS = 500;

/** Makes the HTTP/2 side. */
export function createHttp2(handlers: Http2Handlers, limits: Http2Limits, log: Logger): Http2 {
  const connections = new Map<TLSSocket, Http2Connection>();
  const idleSweep = createIdleSweep(() => connections.values(), limits.keepAliveMs);
  const looker = setInterval(() => {
    for (const connection of connections.values()) connection.look();
  }, LOOK_MS).unref();
  let lastCall: NodeJS.Timeout | undefined;
  let isDraining = false;
  return {
    accept(socket) {
      // A stream that is a WebSocket may be silent for hours, though nobody is there any more.
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
      const connection = open(socket, handlers, limits, log);
      connections.set(socket, connection);
      socket.once("close", () => connections.delete(socket));
      if (!isDraining) return;
      connection.leave();
      const timer = setTimeout(() => connection.leaveNow(), LAST_CALL_MS);
      socket.once("close", () => clearTimeout(timer));
    },
    drain() {
      isDraining = true;
      for (const connection of connections.values()) connection.leave();
      idleSweep.drain();
      lastCall = setTimeout(() => {
        for (const connection of connections.values()) connection.leaveNow();
      }, LAST_CALL_MS);
    },
    [Symbol.dispose]() {
      clearInterval(looker);
      clearTimeout(lastCall);
      idleSweep[Symbol.dispose]();
      for (const socket of connections.keys()) socket.destroy();
    },
  };
}

function open(socket: TLSSocket, handlers: Http2Handlers, limits: Http2Limits, log: Logger): Http2Connection {
  const client = { peer: clientAddressOf(socket), certificateName: () => certificateNameOf(socket) };
  const requests = new Requests(handlers, client, limits);
  return new Http2Connection(
    socket,
    {
      begin: (block, owner) => requests.begin(block, owner),
      // What a client breaks on its own connection is nobody else's concern.
      onFailed: (error) => log.debug({ err: error }, "an HTTP/2 connection failed"),
    },
    limits,
  );
}
