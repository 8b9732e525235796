import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";

/** A request as the listener hands it on: HTTP/1.1, or HTTP/2 through Node's compatibility API. */
export type ServerRequest = IncomingMessage | Http2ServerRequest;
/** The answer to a {@link ServerRequest}. */
export type ServerAnswer = ServerResponse | Http2ServerResponse;

/** Tells whether a request came over HTTP/2. */
export function isHttp2(request: ServerRequest): request is Http2ServerRequest {
  return request.httpVersionMajor === 2;
}
