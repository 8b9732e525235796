import { isIPv6 } from "node:net";
import { AppError } from "../base/errors.ts";
import { clientAddress, isHttp2, type ServerRequest } from "../web/http-types.ts";
import { requestInfo } from "../web/request-info.ts";
import { connectionTokens, fieldsOf, type RawHeaders, staysBehind, valuesOf } from "./headers.ts";

/** How the body of a request is delimited on its way to the core (RFC 9112 section 6). */
export type Framing = "none" | "length" | "chunked";

/** The head of a request as it goes to the core. */
export interface OutgoingHead {
  readonly headers: RawHeaders;
  readonly framing: Framing;
}

/** What a client must not be able to say of itself: with `-` or, as CGI and WSGI merge the two, with `_`. */
const IDENTITY = /^(x[-_]forwarded[-_].*|forwarded|x[-_]real[-_]ip)$/;
/** Becomes HTTP_PROXY in CGI programs ("httpoxy", CVE-2016-5385). */
const HTTPOXY = "proxy";

/**
 * Makes the head that goes to the core: the client's own fields in their order and case, less what belongs to the
 * client's connection and what only we may say, plus who the client is (RFC 7239, RFC 9110 section 7.6.3).
 * @param authority of an absolute-form target, which replaces the Host (RFC 9112 section 3.2.2).
 * @throws {AppError} `bad-request` when there is more than one Host (RFC 9112 section 3.2), which Node merges silently.
 */
export function outgoingHead(
  request: ServerRequest,
  authority: string | undefined,
  fallbackHost: string,
): OutgoingHead {
  const raw = request.rawHeaders;
  const host = hostOf(request, authority) ?? fallbackHost;
  const framing = framingOf(request);
  const headers = ["Host", host, ...clientFields(request, framing)];
  headers.push(...identity(request, host), "X-Request-Id", requestInfo(request).id);
  if (acceptsTrailers(raw)) headers.push("TE", "trailers", "Connection", "TE, keep-alive");
  // Said outright, always: Node would write a body without any framing for GET, HEAD, DELETE and OPTIONS.
  if (framing === "chunked") headers.push("Transfer-Encoding", "chunked");
  if (framing === "none" && needsLength(request.method ?? "")) headers.push("Content-Length", "0");
  return { headers, framing };
}

/** The client's own fields that travel on. */
function clientFields(request: ServerRequest, framing: Framing): string[] {
  const tokens = connectionTokens(request.rawHeaders);
  const fields: string[] = [];
  const cookies: string[] = [];
  for (const [name, lowerName, value] of fieldsOf(request.rawHeaders)) {
    if (isOurs(lowerName) || staysBehind(lowerName, tokens)) continue;
    // HTTP/2 clients may send cookies in crumbs (RFC 9113 section 8.2.3).
    if (lowerName === "cookie" && isHttp2(request)) cookies.push(value);
    // A Trailer announces fields that only a chunked message can carry.
    else if (lowerName !== "trailer" || framing === "chunked") fields.push(name, value);
  }
  if (cookies.length > 0) fields.push("cookie", cookies.join("; "));
  return fields;
}

/** Fields that we write ourselves, or that no client may send. */
function isOurs(lowerName: string): boolean {
  return (
    lowerName === "host" ||
    lowerName === "x-request-id" ||
    lowerName === HTTPOXY ||
    lowerName.startsWith(":") ||
    IDENTITY.test(lowerName)
  );
}

function hostOf(request: ServerRequest, authority: string | undefined): string | undefined {
  const hosts = valuesOf(request.rawHeaders, "host");
  if (hosts.length > 1) throw new AppError("bad-request", "The request has more than one Host.");
  if (authority !== undefined && authority !== "") return authority.slice(authority.lastIndexOf("@") + 1);
  return (isHttp2(request) ? request.authority : undefined) || hosts[0];
}

function framingOf(request: ServerRequest): Framing {
  if (valuesOf(request.rawHeaders, "transfer-encoding").length > 0) return "chunked";
  if (valuesOf(request.rawHeaders, "content-length").length > 0) return "length";
  if (isHttp2(request) && !request.stream.endAfterHeaders && !request.readableEnded) return "chunked";
  return "none";
}

/**
 * Without a Content-Length Node would announce chunks for every method but these. For POST, PUT and PATCH it is due
 * anyway (RFC 9110 section 8.6); for COPY or PROPFIND it does no harm, where a chunked body would be refused.
 */
const NEVER_CHUNKED = new Set(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE"]);

function needsLength(method: string): boolean {
  return !NEVER_CHUNKED.has(method);
}

function acceptsTrailers(raw: RawHeaders): boolean {
  return valuesOf(raw, "te").some((value) => /(^|,)\s*trailers\s*(,|$)/i.test(value));
}

function identity(request: ServerRequest, host: string): string[] {
  const client = clientAddress(request) ?? "unknown";
  // A Host without a port means the port of https (RFC 9110 section 4.2.2), wherever we really listen.
  const port = /:(\d+)$/.exec(host)?.[1] ?? "443";
  const node = isIPv6(client) ? `"[${client}]"` : client;
  return [
    ...["X-Forwarded-For", client, "X-Real-IP", client, "X-Forwarded-Proto", "https"],
    ...["X-Forwarded-Host", host, "X-Forwarded-Port", port],
    ...["Forwarded", `for=${node};host="${host.replace(/["\\]/g, "")}";proto=https`],
    ...["Via", `${isHttp2(request) ? "2.0" : request.httpVersion} tickbird`],
  ];
}
