import { type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse, STATUS_CODES } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { clientAddressOf } from "./client-address.ts";
import { relayedClientOf } from "./relayed-client.ts";

/** A request as the listener hands it on: HTTP/1.1, or HTTP/2 through Node's compatibility API. */
export type ServerRequest = IncomingMessage | Http2ServerRequest;
/** The answer to a {@link ServerRequest}. */
export type ServerAnswer = ServerResponse | Http2ServerResponse;

/** Tells whether a request came over HTTP/2. */
export function isHttp2(request: ServerRequest): request is Http2ServerRequest {
  return request.httpVersionMajor === 2;
}

/** Tells whether an answer goes out over HTTP/2. */
export function isHttp2Answer(answer: ServerAnswer): answer is Http2ServerResponse {
  return "stream" in answer;
}

/** Sends a small answer whole. */
export function sendWhole(
  answer: ServerAnswer,
  status: number,
  headers: OutgoingHttpHeaders,
  body?: Buffer,
): void {
  if (isHttp2Answer(answer)) answer.writeHead(status, headers);
  // A reason phrase may be left of an answer that could not be written.
  else answer.writeHead(status, STATUS_CODES[status] ?? "", headers);
  if (body === undefined) answer.end();
  else answer.end(body);
}

/** The client's address, as {@link clientAddressOf} has it. */
export function clientAddress(request: ServerRequest): string {
  return relayedClientOf(request)?.address ?? clientAddressOf(request.socket);
}
