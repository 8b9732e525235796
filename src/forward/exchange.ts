import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { isErrno } from "../base/errors.ts";
import type { ServerRequest } from "../web/http-types.ts";
import { toPairs } from "./headers.ts";
import { createPhaseTimer, type Phase, type PhaseTimer } from "./phase-timer.ts";
import type { OutgoingHead } from "./request-headers.ts";

/** One request on its way to the core: sent once, or twice where the first went into a connection that had died. */

/** How the core is reached. */
export interface CoreAddress {
  readonly hostname: string;
  readonly port: number;
  readonly timeoutsMs: Readonly<Record<Phase, number>>;
}

/** What is sent, and who is told what comes of it. */
export interface ExchangeOptions {
  readonly core: CoreAddress;
  readonly agent: Agent;
  readonly request: ServerRequest;
  readonly target: string;
  readonly head: OutgoingHead;
  /** A final answer; the timer is then the answer's to drive. */
  onResponse(response: IncomingMessage, timer: PhaseTimer): void;
  /** An interim answer (1xx but 101). */
  onInterim(status: number, rawHeaders: readonly string[]): void;
  /** The exchange failed before a final answer; called at most once, and never after `onResponse`. */
  onFailure(error: unknown): void;
}

/** Ends the exchange from the client's side: the core sees its connection close. */
export interface Exchange {
  abort(): void;
}

/** May be sent again without changing what it does (RFC 9110 section 9.2.2). */
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);
const MAX_HEADER_BYTES = 65_536;

/** Sends a request to the core. */
export function startExchange(options: ExchangeOptions): Exchange {
  let current = attempt(options, options.agent, retryOnce);
  let aborted = false;

  function retryOnce(error: unknown): void {
    if (aborted) return;
    if (!mayRetry(options, current.sent, error)) {
      options.onFailure(error);
      return;
    }
    // A connection of its own: another idle one may be just as dead.
    current = attempt(options, new Agent({ keepAlive: false }), (second) => {
      if (!aborted) options.onFailure(second);
    });
  }

  return {
    abort() {
      aborted = true;
      current.timer.stop();
      current.sent.destroy();
    },
  };
}

interface Attempt {
  readonly sent: ClientRequest;
  readonly timer: PhaseTimer;
}

function attempt(options: ExchangeOptions, agent: Agent, onFailure: (error: unknown) => void): Attempt {
  const { core, request, head } = options;
  const sent = httpRequest({
    agent,
    host: core.hostname,
    port: core.port,
    method: request.method,
    path: options.target,
    headers: head.headers,
    setHost: false,
    maxHeaderSize: MAX_HEADER_BYTES,
  });
  // Node drops what is above the count silently, framing headers too; the size is bounded already.
  sent.maxHeadersCount = 0;

  let settled = false;
  const fail = (error: unknown) => {
    timer.stop();
    if (settled) return;
    settled = true;
    sent.destroy();
    onFailure(error);
  };
  const timer = createPhaseTimer(core.timeoutsMs, (error) => {
    fail(error);
    // Where the answer has begun, this is what cuts it.
    sent.destroy();
  });
  timer.begin("response");
  sent.on("socket", (socket) => {
    if (!socket.connecting) return;
    timer.begin("connect");
    socket.once("connect", () => {
      if (!settled) timer.begin("response");
    });
  });
  sent.on("information", (info) => {
    // The core said "go on": Node reports a 100 here and through "continue", one of them is enough.
    if (!settled && info.statusCode !== 101) options.onInterim(info.statusCode, info.rawHeaders);
  });
  sent.on("response", (response) => {
    if (settled) return;
    settled = true;
    options.onResponse(response, timer);
  });
  // Errors after the answer began (a core that answers early and closes) are the answer's to judge.
  sent.on("error", fail);
  sent.on("close", () => {
    if (!settled) fail(Object.assign(new Error("closed without an answer"), { code: "ECONNRESET" }));
  });
  sendBody(sent, options, timer);
  return { sent, timer };
}

function sendBody(sent: ClientRequest, { request, head }: ExchangeOptions, timer: PhaseTimer): void {
  if (head.framing === "none") {
    // An HTTP/2 stream that is never read does not report that it was reset.
    request.resume();
    sent.end();
    return;
  }
  // The core must see the head of an "Expect: 100-continue" before there is a body.
  sent.flushHeaders();
  // While the client still sends, it is the client that may be slow; the answer is due from the end of the request.
  timer.begin("idle");
  request.on("data", () => timer.progress());
  request.on("end", () => {
    timer.begin("response");
    if (head.framing === "chunked" && request.rawTrailers.length > 0)
      sent.addTrailers(toPairs(request.rawTrailers));
  });
  request.pipe(sent);
  // A core that answers early and closes: the rest of the request is thrown away, or the client would wait for ever.
  sent.once("close", () => {
    const rest: Readable = request;
    rest.unpipe(sent);
    rest.resume();
  });
}

function mayRetry({ request, head }: ExchangeOptions, sent: ClientRequest, error: unknown): boolean {
  const isStale = sent.reusedSocket && isErrno(error, "ECONNRESET", "EPIPE");
  return isStale && head.framing === "none" && IDEMPOTENT.has(request.method ?? "");
}
