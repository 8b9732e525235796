import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { CoreRequest } from "../web/exchange.ts";

/** Longer than a client takes that has no body to send; short for one that waits for us before it sends its body. */
const PATIENCE_MS = 100;

/** How the head of a stream says that its body is delimited; undefined where that is to be seen. */
export function framingOf(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): CoreRequest["framing"] | undefined {
  if (stream.endAfterHeaders) return "none";
  return headers["content-length"] === undefined ? undefined : "length";
}

/**
 * Calls `begin` when it is known whether a stream whose head does not say so has a body.
 *
 * An HTTP/2 client may end a request without a body by an empty DATA frame of its own (RFC 9113 section 8.1). Forwarded
 * at once, it would be a request with a chunked body, which apps refuse for GET or COPY. So such a request waits for
 * its first frame; not for long, for a client may also wait for the answer before it sends more.
 */
export function whenBodyKnown(stream: ServerHttp2Stream, begin: (hasBody: boolean) => void): void {
  let isOver = false;
  const settle = () => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    stream.off("readable", look);
    stream.off("end", settle);
    stream.off("close", settle);
    begin(!stream.readableEnded);
  };
  // With nothing in it, reading is what makes the end be reported.
  const look = () => (stream.readableLength > 0 ? settle() : stream.read());
  const timer = setTimeout(settle, PATIENCE_MS);
  stream.on("readable", look);
  stream.on("end", settle);
  stream.on("close", settle);
}
