import { type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse, STATUS_CODES } from "node:http";
import { clientAddressOf } from "./client-address.ts";
import { toldClientOf } from "./told-client.ts";

/** A request for what is ours, whatever protocol the client speaks: over HTTP/2 it comes by the server within. */
export type ServerRequest = IncomingMessage;
/** The answer to a {@link ServerRequest}. */
export type ServerAnswer = ServerResponse;

/** Sends a small answer whole. */
export function sendWhole(
  answer: ServerAnswer,
  status: number,
  headers: OutgoingHttpHeaders,
  body?: Buffer,
): void {
  // A reason phrase may be left of an answer that could not be written.
  answer.writeHead(status, STATUS_CODES[status] ?? "", headers);
  if (body === undefined) answer.end();
  else answer.end(body);
}

/** The client's address, as {@link clientAddressOf} has it. */
export function clientAddress(request: ServerRequest): string {
  return toldClientOf(request)?.address ?? clientAddressOf(request.socket);
}
