import { AppError } from "../base/errors.ts";

/** What is wrong with requests that a parser has understood: the rules of HTTP that a grammar doesn't hold. */

/** Tells what is wrong with the authority of a request, or its Host; undefined: nothing, or there is none. */
export function faultOfHost(host: string | undefined): AppError | undefined {
  return host === undefined || HOST.test(host) ? undefined : MALFORMED_HOST;
}

/** How large the header of a request may be. */
export interface HeaderLimits {
  /** Of the target and of all names and values. */
  readonly headerBytes: number;
  readonly headerCount: number;
}

const MALFORMED_HOST = new AppError("bad-request", "The Host is malformed.");

/** `uri-host [ ":" port ]` (RFC 9110 section 7.2), where a registered name may be empty and have an underscore. */
const HOST = /^(\[[\da-f:.v%-]+\]|[\w.~!$&'()*+,;=%-]*)(:\d*)?$/i;

/**
 * Tells what is wrong with the head of an HTTP/1 request: another version (RFC 9110 section 2.5), more fields than are
 * allowed, none or more than one or a malformed Host (RFC 9112 section 3.2), a transfer coding beside chunked. Undefined: nothing.
 * @param rawHeaders names and values in turn.
 */
export function faultOfHead(
  httpVersion: string,
  rawHeaders: readonly string[],
  { headerCount }: Pick<HeaderLimits, "headerCount">,
): AppError | undefined {
  if (httpVersion !== "1.1" && httpVersion !== "1.0") {
    return new AppError("version-not-supported", "Only HTTP/1.0, HTTP/1.1 and HTTP/2 are spoken here.");
  }
  if (rawHeaders.length > headerCount * 2) return tooManyFields(headerCount);
  const hosts = valuesOf(rawHeaders, "host");
  if (hosts.some((host) => !HOST.test(host))) return MALFORMED_HOST;
  if (hosts.length > 1) return new AppError("bad-request", "The request has more than one Host.");
  if (hosts.length === 0 && httpVersion === "1.1") {
    return new AppError("bad-request", "The request has no Host.");
  }
  // Node takes others before it, and the app would get what they have coded as if it were plain (RFC 9112 section 6.1).
  const codings = valuesOf(rawHeaders, "transfer-encoding");
  if (codings.length > 0 && codings.join().trim().toLowerCase() !== "chunked") {
    return new AppError("bad-request", "The only transfer coding known here is chunked.");
  }
  return undefined;
}

function valuesOf(rawHeaders: readonly string[], lowerName: string): string[] {
  const values: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    if (name.length === lowerName.length && name.toLowerCase() === lowerName) {
      values.push(rawHeaders[index + 1] ?? "");
    }
  }
  return values;
}

/**
 * Tells whether the header of an HTTP/2 request is too large. Crumbs of a cookie count as one field
 * (RFC 9113 section 8.2.3), pseudo-headers as none. Undefined: it is not.
 * @param rawHeaders names and values in turn; `isCutOff`: and more, far beyond the limits.
 */
export function faultOfHttp2Header(
  rawHeaders: readonly string[],
  { headerBytes, headerCount }: HeaderLimits,
  isCutOff = false,
): AppError | undefined {
  let bytes = 0;
  let fields = 0;
  let hasCookie = false;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const isCookie = name === "cookie";
    bytes += name.length + (rawHeaders[index + 1] ?? "").length;
    if (!name.startsWith(":") && !(isCookie && hasCookie)) fields += 1;
    hasCookie ||= isCookie;
  }
  if (fields > headerCount) return tooManyFields(headerCount);
  return bytes > headerBytes || isCutOff ? tooLarge(headerBytes) : undefined;
}

/** An Expect other than 100-continue (RFC 9110 section 10.1.1). */
export const UNKNOWN_EXPECTATION = new AppError(
  "expectation-failed",
  "The only expectation known here is 100-continue.",
);

/** CONNECT asks for a tunnel to anywhere (RFC 9110 section 9.3.6): a gateway has none to give. */
export const NO_TUNNELS = new AppError("method-not-allowed", "There are no tunnels here.", {
  headers: { Allow: "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS" },
});

/** An extended CONNECT for something else (RFC 8441 section 4; the status is that of RFC 9220 section 3). */
export const UNKNOWN_PROTOCOL = new AppError(
  "protocol-unknown",
  "The only protocol known here for an extended CONNECT is websocket.",
);

/** More requests were sent ahead of their answers than are kept (RFC 9112 section 9.3.2). */
export const TOO_MANY_AHEAD = new AppError("limit-reached", "Too many requests wait on this connection.");

/** The head has more fields than are allowed (RFC 6585 section 5). */
function tooManyFields(headerCount: number): AppError {
  return new AppError("header-too-large", `The request has more than ${headerCount} header fields.`, {
    remedy: "SIDECAR_LIMITS_HEADER_COUNT",
  });
}

function tooLarge(headerBytes: number): AppError {
  const detail = `The request's target and header fields have more than ${headerBytes} bytes.`;
  return new AppError("header-too-large", detail, { remedy: "SIDECAR_LIMITS_HEADER_BYTES" });
}
