import {
  createServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from "node:http2";
import type { TLSSocket } from "node:tls";
import type { AppError } from "../base/errors.ts";
import type { Logger } from "../web/log.ts";
import { faultOfHttp2Header, type HeaderLimits, NO_TUNNELS, UNKNOWN_EXPECTATION } from "./request-faults.ts";

/** HTTP/2 on connections whose TLS is done. */

/** What is done with requests. */
export interface Http2Handlers {
  /** As `Http1Handlers.request`. */
  request(request: Http2ServerRequest, answer: Http2ServerResponse, expectsContinue: boolean): void;
  /** The request is not to be handled, but answered with this. */
  refuse(request: Http2ServerRequest, answer: Http2ServerResponse, error: AppError): void;
}

/** What a client may take. */
export interface Http2Limits extends HeaderLimits {
  /** A session without streams is closed after this. */
  readonly keepAliveMs: number;
  readonly maxStreams: number;
  /** Streams that a client may reset at once, and how many of those it regains each second. */
  readonly streamResetBurst: number;
  readonly streamResetsPerSecond: number;
}

/** The HTTP/2 side of the listener. */
export interface Http2 extends Disposable {
  accept(socket: TLSSocket): void;
  /** Sends GOAWAY everywhere: streams under way are finished, no new ones begin (RFC 9113 section 6.8). */
  drain(): void;
}

/** Makes the HTTP/2 side. */
export function createHttp2(handlers: Http2Handlers, limits: Http2Limits, log: Logger): Http2 {
  const sessions = new Set<ServerHttp2Session>();
  let draining = false;
  const server = createNodeServer(handlers, limits);
  server.on("session", (session) => {
    sessions.add(session);
    let streams = 0;
    session.on("stream", (stream) => {
      streams += 1;
      stream.once("close", () => {
        streams -= 1;
      });
    });
    session.setTimeout(limits.keepAliveMs, () => {
      if (streams === 0) session.close();
    });
    session.once("close", () => sessions.delete(session));
    if (draining) session.close();
  });
  // What a client breaks in its own session ends that session, and is nobody else's concern.
  server.on("sessionError", (error) => log.debug({ err: error }, "an HTTP/2 session failed"));

  return {
    accept(socket) {
      // "Event: 'connection'" of node:http2: may be emitted by users to inject a connection.
      server.emit("connection", socket);
    },
    drain() {
      draining = true;
      for (const session of sessions) session.close();
    },
    [Symbol.dispose]() {
      for (const session of sessions) session.destroy();
    },
  };
}

function createNodeServer(handlers: Http2Handlers, limits: Http2Limits) {
  const server = createServer(nodeOptions(limits));
  const begin = (request: Http2ServerRequest, answer: Http2ServerResponse, expectsContinue: boolean) => {
    const fault = faultOfHttp2Header(request.rawHeaders, limits);
    if (fault === undefined) handlers.request(request, answer, expectsContinue);
    else handlers.refuse(request, answer, fault);
  };
  server.on("request", (request, answer) => begin(request, answer, false));
  server.on("checkContinue", (request, answer) => begin(request, answer, true));
  server.on("checkExpectation", (request, answer) => {
    // Node compares with regard to case.
    if (request.headers.expect?.toLowerCase() === "100-continue") begin(request, answer, true);
    else handlers.refuse(request, answer, UNKNOWN_EXPECTATION);
  });
  server.on("connect", (request, answer) => handlers.refuse(request, answer, NO_TUNNELS));
  return server;
}

/**
 * The limits that Node keeps by itself, all of them before a request is made of what came: concurrent streams
 * (REFUSED_STREAM), resets of streams (GOAWAY). Floods of pings, settings, empty or CONTINUATION frames end the
 * session by its defaults.
 */
function nodeOptions(limits: Http2Limits) {
  return {
    settings: {
      maxConcurrentStreams: limits.maxStreams,
      // Beyond this Node resets the stream. Less is accepted than announced (RFC 9113 section 6.5.2 allows it), so that
      // a client that exceeds the limit is told so by a 431.
      maxHeaderListSize: limits.headerBytes * 2,
    },
    // Likewise. Every crumb of a cookie is one.
    maxHeaderListPairs: limits.headerCount * 4,
    // In MB, and counting answers that wait for the client: Node's 10 and a quarter for each stream, or a client that
    // reads many of them slowly would have its next requests reset.
    maxSessionMemory: 10 + Math.ceil(limits.maxStreams / 4),
    streamResetBurst: limits.streamResetBurst,
    streamResetRate: limits.streamResetsPerSecond,
  };
}
