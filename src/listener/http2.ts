import {
  createServer,
  Http2ServerRequest,
  Http2ServerResponse,
  type Http2Stream,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { TLSSocket } from "node:tls";
import type { AppError } from "../base/errors.ts";
import { limitLingering } from "../web/lingering-close.ts";
import type { Logger } from "../web/log.ts";
import { createIdleSweep, type Sweepable } from "./idle-sweep.ts";
import {
  faultOfHttp2Header,
  type HeaderLimits,
  NO_TUNNELS,
  UNKNOWN_EXPECTATION,
  UNKNOWN_PROTOCOL,
} from "./request-faults.ts";
import { SessionWatch } from "./session-watch.ts";

/** HTTP/2 on connections whose TLS is done. */

/** What is done with requests. */
export interface Http2Handlers {
  /** Takes a stream that is the core's; false for every other. */
  direct(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: readonly string[]): boolean;
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
  /** Whether an extended CONNECT is taken (RFC 8441). */
  readonly webSockets: boolean;
}

/** The HTTP/2 side of the listener. */
export interface Http2 extends Disposable {
  accept(socket: TLSSocket): void;
  /**
   * Sends GOAWAY everywhere: streams under way are finished, no new ones begin (RFC 9113 section 6.8). A session without
   * any gets it with its next, or after a moment.
   *
   * Streams that a client opened before it could see the GOAWAY are not served, but it learns from the last stream ID
   * that nobody looked at them, and may send any of them elsewhere. A first GOAWAY that names the highest ID, as that
   * section suggests, would serve them; but after `goaway()`, whatever ID it is given, Node drops new streams silently.
   */
  drain(): void;
}

const KEEP_ALIVE_MS = 60_000;
const WATCH_MIN_MS = 1_000;
/** Longer than we linger for a client that does not close. */
const WATCH_MAX_MS = 10_000;

const MIB = 1_048_576;
/** The most of an answer that waits for the client: what the core is held back beyond, and the piece that went beyond. */
const STREAM_BYTES = MIB / 4 + MIB / 16;
const LOST_MIB = 64;

/** What is under way in a session. */
class Use implements Sweepable {
  readonly #session: ServerHttp2Session;
  readonly #watch: SessionWatch;
  #streams = 0;
  #lostBytes = 0;
  idleSinceMs = performance.now();

  constructor(session: ServerHttp2Session, socket: TLSSocket) {
    this.#session = session;
    this.#watch = new SessionWatch(session, socket);
  }

  look(): void {
    this.#watch.look();
  }

  get isIdle(): boolean {
    return this.#streams === 0;
  }

  begin(stream: ServerHttp2Stream, isTunnel: boolean): void {
    this.#streams += 1;
    // Of an answer that was ended nobody says how much of it waited, hence the most that can be. Thousands of WebSockets
    // may be ended by a reset in one session, with nothing that waits.
    let waitingBytes = STREAM_BYTES;
    if (isTunnel) {
      stream.once("aborted", () => {
        waitingBytes = stream.writableLength;
      });
    }
    stream.once("close", () => {
      this.#streams -= 1;
      this.idleSinceMs = performance.now();
      const isReset = stream.rstCode !== 0 || stream.aborted;
      if (isReset && stream.headersSent) this.#lostBytes += waitingBytes;
    });
  }

  /**
   * Whether the client is to open a new session. What a stream that is reset had still to send counts against
   * `maxSessionMemory` for as long as the session lasts (Node 24 and 26 free it, but forget to count it out), and once
   * that is used up every further stream is reset.
   */
  get isWornOut(): boolean {
    return this.#lostBytes >= LOST_MIB * MIB;
  }

  end(): void {
    this.#session.close();
  }
}

/** Makes the HTTP/2 side. */
export function createHttp2(handlers: Http2Handlers, limits: Http2Limits, log: Logger): Http2 {
  const sessions = new Map<ServerHttp2Session, Use>();
  const idleSweep = createIdleSweep(() => sessions.values(), Number.POSITIVE_INFINITY);
  const watch = beginWatch(sessions, limits);
  let draining = false;
  let accepted: TLSSocket | undefined;
  const server = createNodeServer(handlers, limits);
  server.on("session", (session) => {
    if (accepted === undefined) return;
    const use = new Use(session, accepted);
    sessions.set(session, use);
    session.on("stream", (stream, headers) => {
      if (isServerStream(stream)) use.begin(stream, headers[":method"] === "CONNECT");
      // While a stream is under way: a client that asks one thing after the other has then no other on its way.
      if (draining || use.isWornOut) session.close();
    });
    session.setTimeout(limits.keepAliveMs);
    // A callback of `setTimeout` would be called once, though a stream may hold it off for now.
    session.on("timeout", () => {
      if (use.isIdle) session.close();
    });
    session.once("close", () => sessions.delete(session));
  });
  // What a client breaks in its own session ends that session, and is nobody else's concern.
  server.on("sessionError", (error) => log.debug({ err: error }, "an HTTP/2 session failed"));

  return {
    accept(socket) {
      limitLingering(socket);
      // A stream that is a WebSocket may be silent for hours, though nobody is there any more.
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
      // "Event: 'connection'" of node:http2: may be emitted by users to inject a connection.
      // Its session is there before this returns, and has no other way to its socket.
      accepted = socket;
      server.emit("connection", socket);
      accepted = undefined;
    },
    drain() {
      draining = true;
      idleSweep.drain();
      for (const use of sessions.values()) if (!use.isIdle) use.end();
    },
    [Symbol.dispose]() {
      watch[Symbol.dispose]();
      idleSweep[Symbol.dispose]();
      for (const session of sessions.keys()) session.destroy();
    },
  };
}

/** Looks at all sessions every few seconds. */
function beginWatch(sessions: ReadonlyMap<unknown, Use>, { keepAliveMs }: Http2Limits): Disposable {
  const everyMs = Math.max(Math.min(keepAliveMs, WATCH_MAX_MS), WATCH_MIN_MS);
  const timer = setInterval(() => {
    for (const use of sessions.values()) use.look();
  }, everyMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

function createNodeServer(handlers: Http2Handlers, limits: Http2Limits) {
  const server = createServer(nodeOptions(limits));
  server.on("stream", (stream, headers, _flags, rawHeaders) => {
    if (!isServerStream(stream)) return;
    // Whatever a client breaks is its own affair, at any moment: a session that fails makes all its streams fail, and
    // one that nobody listens to would end the process.
    stream.on("error", ignore);
    const fault = faultOf(headers, rawHeaders, limits);
    if (fault === undefined && handlers.direct(stream, headers, rawHeaders)) return;
    // The API that node:http has too: for what is not the core's, and so rarely asked for.
    const request = new Http2ServerRequest(stream, headers, {}, rawHeaders);
    const answer = new Http2ServerResponse(stream);
    if (fault === undefined) handlers.request(request, answer, headers.expect !== undefined);
    else handlers.refuse(request, answer, fault);
  });
  return server;
}

function ignore(): void {}

/** What a server is given are always such; the types know only the common kind. */
function isServerStream(stream: Http2Stream): stream is ServerHttp2Stream {
  return "respond" in stream;
}

function faultOf(
  headers: IncomingHttpHeaders,
  rawHeaders: readonly string[],
  limits: Http2Limits,
): AppError | undefined {
  const protocol = headers[":protocol"];
  if (headers[":method"] === "CONNECT" && protocol !== "websocket")
    return protocol === undefined ? NO_TUNNELS : UNKNOWN_PROTOCOL;
  const { expect } = headers;
  if (expect !== undefined && expect.toLowerCase() !== "100-continue") return UNKNOWN_EXPECTATION;
  return faultOfHttp2Header(rawHeaders, limits);
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
      enableConnectProtocol: limits.webSockets,
      // Beyond this Node resets the stream. Less is accepted than announced (RFC 9113 section 6.5.2 allows it), so that
      // a client that exceeds the limit is told so by a 431.
      maxHeaderListSize: limits.headerBytes * 2,
    },
    // Likewise. Every crumb of a cookie is one.
    maxHeaderListPairs: limits.headerCount * 4,
    // An app may say twice what should be said once: that is passed on, as over HTTP/1.1.
    strictSingleValueFields: false,
    // In MB, and counting answers that wait for the client: Node's 10 and what may wait for each stream, or a client that
    // reads many of them slowly would have its next requests reset.
    maxSessionMemory: 10 + Math.ceil((limits.maxStreams * STREAM_BYTES) / MIB) + LOST_MIB,
    streamResetBurst: limits.streamResetBurst,
    streamResetRate: limits.streamResetsPerSecond,
  };
}
