import { isIPv6 } from "node:net";
import { type Claims, claimsOf, hopAddress, wayOf } from "../web/forwarded.ts";
import type { RawHeaders } from "../web/wire/fields.ts";

/** Who the client is, as the core is told: RFC 7239, its X- forerunners, and Via (RFC 9110 section 7.6.3). */

/** What is known of one request. */
export interface IdentityParts {
  /** The address of the client's end of the connection. */
  readonly peer: string;
  /** Whether the peer may say for whom it speaks. */
  readonly trusted: boolean;
  /** The client that the way of the request leads back to; for a peer that is not trusted, the peer. */
  readonly clientIp: string;
  /** The fields that the peer sent. */
  readonly incoming: RawHeaders;
  /** The Host that goes to the core. */
  readonly host: string;
  readonly version: HttpVersion;
}

/** The protocol that the client speaks, as Via writes it. */
export type HttpVersion = "1.0" | "1.1" | "2.0";

/** The identity fields of one request, names and values in turn. */
export function identityFields(parts: IdentityParts): string[] {
  const { peer, host, version } = parts;
  return parts.trusted ? continuedIdentity(parts) : ownIdentity(peer, host, version);
}

/**
 * The identity fields where the client is nobody's proxy: nothing of what it said of itself.
 * The same for all requests of a connection that have the same Host: made once, it can be sent again and again.
 */
export function ownIdentity(peer: string, host: string, version: HttpVersion): string[] {
  const forwarded = element(nodeOf(peer), host, "https");
  return listed(peer, peer, { proto: "https", host, port: portOf(host, "https") }, forwarded, version);
}

/** How the client reached the first proxy. */
interface Origin {
  readonly proto: string;
  readonly host: string;
  readonly port: string;
}

/** The way of the request with one more hop, and the origin as the peer tells it. */
function continuedIdentity({ peer, clientIp, incoming, host, version }: IdentityParts): string[] {
  const claims = claimsOf(incoming);
  const origin = originOf(claims, host);
  const { by, hops, isWhole } = wayOf(claims);
  if (by === null)
    return listed(peer, clientIp, origin, element(nodeOf(peer), origin.host, origin.proto), version);
  const before = by === "forwardedFor" ? claims.forwardedFor : addressesOf(hops);
  // Beside X-Forwarded-For it may be the client's own, which the peer has let pass; malformed, it would swallow ours:
  // then it is made anew.
  const forwarded = by === "forwarded" && isWhole ? claims.forwarded : elementsOf(hops, origin);
  const nearest = element(nodeOf(peer), host, "https");
  return listed(`${before}, ${peer}`, clientIp, origin, `${forwarded}, ${nearest}`, version);
}

function listed(
  forwardedFor: string,
  realIp: string,
  { proto, host, port }: Origin,
  forwarded: string,
  version: HttpVersion,
): string[] {
  return [
    "X-Forwarded-For",
    forwardedFor,
    "X-Real-IP",
    realIp,
    "X-Forwarded-Proto",
    proto,
    "X-Forwarded-Host",
    host,
    "X-Forwarded-Port",
    port,
    "Forwarded",
    forwarded,
    "Via",
    `${version} tickbird`,
  ];
}

/** Longer than any name of the DNS (RFC 1035 section 2.3.4) with a port. */
const MAX_HOST_CHARACTERS = 261;
const SANE_HOST = /^(?:\[[\da-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i;

/** What the peer says of the origin, where that is sane; what we see ourselves for the rest. */
function originOf(claims: Claims, ownHost: string): Origin {
  const saidProto = lastOf(claims.proto).toLowerCase();
  const saidHost = lastOf(claims.host);
  const saidPort = lastOf(claims.port);
  const proto = saidProto === "http" || saidProto === "https" ? saidProto : "https";
  const host = saidHost.length <= MAX_HOST_CHARACTERS && SANE_HOST.test(saidHost) ? saidHost : ownHost;
  const port = /^\d{1,5}$/.test(saidPort) && Number(saidPort) <= 65_535 ? saidPort : portOf(host, proto);
  return { proto, host, port };
}

/** The last value of a list: the one that the peer itself has added, and not taken over from whoever asked it. */
function lastOf(list: string): string {
  return list.includes(",") ? list.slice(list.lastIndexOf(",") + 1).trim() : list;
}

/** A Host without a port means the port of its scheme (RFC 9110 section 4.2), wherever we really listen. */
function portOf(host: string, proto: string): string {
  return /:(\d+)$/.exec(host)?.[1] ?? (proto === "http" ? "80" : "443");
}

/** The hops of Forwarded as X-Forwarded-For lists them. */
function addressesOf(hops: readonly string[]): string {
  return hops.map((hop) => hopAddress(hop) ?? "unknown").join(", ");
}

/** The hops of X-Forwarded-For as Forwarded lists them: the origin stands with the first, where applications look. */
function elementsOf(hops: readonly string[], origin: Origin): string {
  let list = "";
  for (const hop of hops) {
    if (list === "") list = element(hopNode(hop), origin.host, origin.proto);
    else list += `, for=${hopNode(hop)}`;
  }
  return list;
}

/** One element of Forwarded (RFC 7239 section 4). A Host has neither quotation marks nor backslashes. */
function element(node: string, host: string, proto: string): string {
  const quotable = /["\\]/.test(host) ? host.replace(/["\\]/g, "") : host;
  return `for=${node};host="${quotable}";proto=${proto}`;
}

/** A node as RFC 7239 section 6 writes it: what has colons needs brackets and quotation marks. */
function nodeOf(address: string): string {
  return isIPv6(address) ? `"[${address}]"` : address;
}

/** A node that another proxy named: an address, an obfuscated identifier (RFC 7239 section 6.3), or unknown. */
function hopNode(hop: string): string {
  const address = hopAddress(hop);
  if (address !== undefined) return nodeOf(address);
  return /^_[\w.-]{1,64}$/.test(hop) ? hop : "unknown";
}

/** What we write ourselves, always. */
const OURS = new Set([
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-proto",
  "x-real-ip",
]);

/** Names beside `X-Forwarded-…` that applications and frameworks take the client's address from, when they are there. */
const ADDRESSES = new Set([
  ...OURS,
  // By frameworks and by the many copies of one piece of PHP and one of Java.
  "x-forwarded",
  "forwarded-for",
  "client-ip",
  "x-client-ip",
  "x-cluster-client-ip",
  "x-original-forwarded-for",
  "x-originating-ip",
  "x-remote-ip",
  "x-remote-addr",
  "remote-addr",
  "proxy-client-ip",
  "wl-proxy-client-ip",
  // Written by content delivery networks and clouds for the applications behind them.
  "true-client-ip",
  "cf-connecting-ip",
  "cf-connecting-ipv6",
  "cf-pseudo-ipv4",
  "fastly-client-ip",
  "fly-client-ip",
  "do-connecting-ip",
  "incap-client-ip",
  "ali-cdn-real-ip",
  "cloudfront-viewer-address",
  "x-appengine-user-ip",
  "x-azure-clientip",
  "x-azure-socketip",
  "x-envoy-external-address",
  "x-nf-client-connection-ip",
  "x-sucuri-clientip",
  "x-vercel-forwarded-for",
]);

/**
 * What only the one who terminates TLS can know of a client certificate: RFC 9440 (whose section 4 says to remove
 * them), and the names that nginx, HAProxy, Apache and clouds are commonly set up with.
 */
const CERTIFICATES =
  /^(client-cert(-chain)?|x-client-(cert|dn|verify)|(x-)?ssl-client-.+|x-ssl-cert|x-arr-clientcert|x-amzn-mtls-clientcert.*)$/;

/** Becomes HTTP_PROXY in CGI programs ("httpoxy", CVE-2016-5385). */
const HTTPOXY = "proxy";

/** Who must not say a field: nobody (it travels on), those who are not trusted, or everyone. */
type Refused = "from-nobody" | "from-untrusted" | "from-all";

const MAX_REMEMBERED = 1_024;
/** Names come from a small set, again and again. Bounded, since clients choose them. */
const remembered = new Map<string, Refused>();

/**
 * Tells whether a field of the client (its name in lower case) stays behind, because it says who the client is: all of
 * them from a peer that is not trusted. From a trusted one those which we write ourselves; others, such as
 * X-Forwarded-Prefix, travel on. What looks like one of them only to some servers stays behind always.
 */
export function isIdentity(lowerName: string, trusted = false): boolean {
  let refused = remembered.get(lowerName);
  if (refused === undefined) {
    refused = refusedFrom(lowerName);
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(lowerName, refused);
  }
  return refused === "from-all" || (refused === "from-untrusted" && !trusted);
}

function refusedFrom(lowerName: string): Refused {
  // CGI and WSGI merge `_` with `-`, and some servers every sign: `X_Forwarded_For`, `X.Forwarded.For`. Java programs
  // ask for `HTTP_CLIENT_IP` by that name. No proxy writes such names: they only get past one that looks for the proper ones.
  const folded = lowerName.replace(/[^a-z\d]/g, "-").replace(/^http-(?=.)/, "");
  if (!isClaim(folded)) return "from-nobody";
  return folded !== lowerName || OURS.has(lowerName) || lowerName === HTTPOXY ? "from-all" : "from-untrusted";
}

function isClaim(name: string): boolean {
  return (
    name === HTTPOXY || name.startsWith("x-forwarded-") || ADDRESSES.has(name) || CERTIFICATES.test(name)
  );
}
