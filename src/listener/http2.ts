import {
  createServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from "node:http2";
import type { TLSSocket } from "node:tls";
import type { Logger } from "../web/log.ts";

/** HTTP/2 on connections whose TLS is done. */

/** What is done with requests; as {@link Http1Handlers.request}. */
export type Http2Handler = (
  request: Http2ServerRequest,
  answer: Http2ServerResponse,
  expectsContinue: boolean,
) => void;

/** The HTTP/2 side of the listener. */
export interface Http2 extends Disposable {
  accept(socket: TLSSocket): void;
  /** Sends GOAWAY everywhere: streams under way are finished, no new ones begin (RFC 9113 section 6.8). */
  drain(): void;
}

/** As Envoy's guide for servers at the edge has it. Node's default is no limit at all. */
const MAX_CONCURRENT_STREAMS = 100;

/** Makes the HTTP/2 side. A session without streams is closed after `idleMs`. */
export function createHttp2(
  handler: Http2Handler,
  limits: { idleMs: number; maxHeaderBytes: number },
  log: Logger,
): Http2 {
  const sessions = new Set<ServerHttp2Session>();
  let draining = false;
  const server = createServer({
    settings: { maxConcurrentStreams: MAX_CONCURRENT_STREAMS, maxHeaderListSize: limits.maxHeaderBytes },
  });
  server.on("request", (request, answer) => handler(request, answer, false));
  server.on("checkContinue", (request, answer) => handler(request, answer, true));
  server.on("session", (session) => {
    sessions.add(session);
    let streams = 0;
    session.on("stream", (stream) => {
      streams += 1;
      stream.once("close", () => {
        streams -= 1;
      });
    });
    session.setTimeout(limits.idleMs, () => {
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
