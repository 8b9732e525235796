import type { ServerRequest } from "../web/http-types.ts";
import { isHttp2 } from "../web/http-types.ts";

/** Longer than a client takes that has no body to send; short for one that waits for us before it sends its body. */
const PATIENCE_MS = 100;

/**
 * Calls `begin` when it is known whether a request has a body, at once where its head says so.
 *
 * An HTTP/2 client may end a request without a body by an empty DATA frame of its own (RFC 9113 section 8.1). Forwarded
 * at once, it would be a request with a chunked body, which apps refuse for GET or COPY. So such a request waits for
 * its first frame; not for long, for a client may also wait for the answer before it sends more.
 */
export function whenBodyKnown(request: ServerRequest, begin: () => void): void {
  if (
    !isHttp2(request) ||
    request.stream.endAfterHeaders ||
    request.headers["content-length"] !== undefined
  ) {
    begin();
    return;
  }
  let isOver = false;
  const settle = () => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    request.off("readable", look);
    request.off("end", settle);
    request.off("close", settle);
    begin();
  };
  // With nothing in it, reading is what makes the end be reported.
  const look = () => (request.readableLength > 0 ? settle() : request.read());
  const timer = setTimeout(settle, PATIENCE_MS);
  request.on("readable", look);
  request.on("end", settle);
  request.on("close", settle);
}
