import type { IncomingMessage } from "node:http";
import { AppError } from "../base/errors.ts";
import { connectionTokens, fieldsOf, type RawHeaders, staysBehind, valuesOf } from "./headers.ts";

/** What the client's side of the answer must observe. */
export interface ClientSide {
  readonly http2: boolean;
  /** HTTP/1.0 knows no chunks (RFC 9112 section 7.1): its bodies end with a length or with the connection. */
  readonly chunks: boolean;
  /** Ask the client to open another connection next time: we are going away. */
  readonly closing: boolean;
}

/**
 * Makes the head of the answer as it goes to the client: the core's own fields in their order and case, less what
 * belongs to the core's connection.
 * @throws {AppError} `core-protocol-error` for a transfer coding that we can't pass on.
 */
export function answerHeaders(response: IncomingMessage, client: ClientSide): RawHeaders {
  const raw = response.rawHeaders;
  const tokens = connectionTokens(raw);
  const coding = valuesOf(raw, "transfer-encoding").join(", ").trim();
  if (coding !== "" && coding.toLowerCase() !== "chunked") {
    throw new AppError("core-protocol-error", `The app used the transfer coding ${coding.slice(0, 40)}.`);
  }
  const chunked = coding !== "" && client.chunks;
  const headers: string[] = [];
  for (const [name, lowerName, value] of fieldsOf(raw)) {
    if (staysBehind(lowerName, tokens)) continue;
    if (lowerName === "trailer" && !chunked && !client.http2) continue;
    headers.push(name, value);
  }
  if (chunked) headers.push("Transfer-Encoding", "chunked");
  if (client.closing && !client.http2) headers.push("Connection", "close");
  return headers;
}
