import type { IncomingMessage, ServerResponse } from "node:http";
import { isHttp2, isHttp2Answer, type ServerAnswer, type ServerRequest } from "../web/http-types.ts";
import { breakOff } from "./failure.ts";
import { type RawHeaders, toHeaderObject, toPairs } from "./headers.ts";
import type { PhaseTimer } from "./phase-timer.ts";
import { answerHeaders } from "./response-headers.ts";

/** The answer of the core on its way to the client. */

/** What {@link relayAnswer} joins. */
export interface RelayOptions {
  readonly request: ServerRequest;
  readonly answer: ServerAnswer;
  readonly response: IncomingMessage;
  readonly timer: PhaseTimer;
  readonly closing: boolean;
}

/**
 * Streams an answer to the client with back-pressure; what the core cuts short, the client sees cut short.
 * @throws {AppError} before anything is sent, when the answer can't be passed on.
 */
export function relayAnswer({ request, answer, response, timer, closing }: RelayOptions): void {
  const http2 = isHttp2(request);
  const chunks = !http2 && request.httpVersionMajor === 1 && request.httpVersionMinor >= 1;
  const headers = answerHeaders(response, { http2, chunks, closing });
  writeHead(answer, response, headers);
  timer.begin("idle");
  let begun = false;
  response.on("data", () => {
    begun = true;
    timer.progress();
  });
  answer.on("drain", () => timer.progress());
  // Head and first bytes go out together where both are here; an answer that says nothing yet (SSE) is not held back.
  setImmediate(() => {
    if (!begun && !answer.writableEnded && !answer.destroyed) flushHead(answer);
  });
  response.on("end", () => {
    if (response.rawTrailers.length > 0 && (http2 || chunks)) addTrailers(answer, response.rawTrailers);
  });
  // "close" without "complete": the core went away in the middle. An error event says the same and is followed by it.
  response.on("error", () => undefined);
  response.on("close", () => {
    timer.stop();
    if (!response.complete) breakOff(request, answer);
  });
  response.pipe(answer as ServerResponse);
}

/** Passes an interim answer (1xx) on, but to HTTP/1.0, which knows none (RFC 9110 section 15.2). */
export function relayInterim(
  request: ServerRequest,
  answer: ServerAnswer,
  status: number,
  raw: RawHeaders,
): void {
  if (answer.headersSent || answer.destroyed) return;
  if (isHttp2(request)) {
    request.stream.additionalHeaders({ ...toHeaderObject(raw), ":status": status });
    return;
  }
  if (request.httpVersionMinor === 0) return;
  const http1 = answer as ServerResponse;
  if (status === 100) http1.writeContinue();
  else if ("writeInformation" in http1) http1.writeInformation(status, raw);
}

function writeHead(answer: ServerAnswer, response: IncomingMessage, headers: RawHeaders): void {
  const status = response.statusCode ?? 502;
  if (isHttp2Answer(answer)) answer.writeHead(status, toHeaderObject(headers));
  else answer.writeHead(status, response.statusMessage ?? "", [...headers]);
}

function flushHead(answer: ServerAnswer): void {
  if (isHttp2Answer(answer)) answer.write("");
  else answer.flushHeaders();
}

function addTrailers(answer: ServerAnswer, raw: RawHeaders): void {
  if (isHttp2Answer(answer)) answer.addTrailers(toHeaderObject(raw));
  else answer.addTrailers(toPairs(raw));
}
