import { Fields } from "../web/wire/fields.ts";
import { staysBehind } from "./headers.ts";
import { isIdentity } from "./identity.ts";

/** What becomes of trailer fields at a hop. */

/**
 * Say how a message is framed, routed or handled, before its body: too late in a trailer, and dangerous where a program
 * adds trailers to the header (RFC 9110 section 6.5.1).
 */
const NEVER_TRAILERS = new Set([
  ...["content-length", "trailer", "host", "content-encoding", "content-type", "content-range"],
  ...[
    "authorization",
    "cookie",
    "set-cookie",
    "proxy-authorization",
    "proxy-authenticate",
    "www-authenticate",
  ],
  ...["expect", "max-forwards", "range", "http2-settings", "x-request-id"],
]);

const NO_TOKENS: ReadonlySet<string> = new Set();

/** The trailers that travel on, in their order and case. */
export function endToEndTrailers(trailers: Fields): Fields {
  if (trailers.names.length === 0) return trailers;
  const text = trailers.without(
    (lowerName) =>
      NEVER_TRAILERS.has(lowerName) || staysBehind(lowerName, NO_TOKENS) || isIdentity(lowerName),
  );
  return text.length === trailers.text.length ? trailers : (Fields.parse(text) ?? trailers);
}
