import { AppError } from "../base/errors.ts";
import type { CoreRequest } from "../web/exchange.ts";
import type { TrustedPeers } from "../web/trusted-peers.ts";
import { Fields, type RawHeaders } from "../web/wire/fields.ts";
import { connectionTokens, staysBehind } from "./headers.ts";
import { identityFields, isIdentity, ownIdentity } from "./identity.ts";

/** The head of a request as it goes to the core. */

/** What of the client's fields must be known before the first of them can be passed on. */
interface Survey {
  host: string | undefined;
  hasLength: boolean;
  acceptsTrailers: boolean;
  tokens: ReadonlySet<string>;
}

/** What the head depends on beside the request. */
export interface HeadOptions {
  /** For a client that names none (HTTP/1.0). */
  readonly fallbackHost: string;
  readonly trustedPeers: TrustedPeers;
}

/**
 * The head that goes to the core, as text (latin1): the client's own fields in their order and case, less what belongs
 * to the client's connection and what only we may say, plus who the client is (RFC 7239, RFC 9110 section 7.6.3).
 * @throws {AppError} `bad-request` for what has no form in HTTP/1.1, and where there is more than one Host (RFC 9112
 * section 3.2), which Node merges silently.
 */
export function requestHead(request: CoreRequest, options: HeadOptions): string {
  const { framing, method, target } = request;
  if (!TARGET.test(target)) {
    throw new AppError("bad-request", "The request target has a blank or a control character in it.");
  }
  // RFC 9112 section 3.2.4.
  if (target === "*" && method !== "OPTIONS") {
    throw new AppError("bad-request", "The request target * is for OPTIONS only.");
  }
  const { lines, hasLength } = request.repeats ? remembered(request, options) : madeOf(request, options);
  let text = `${method} ${target} HTTP/1.1\r\n${lines}X-Request-Id: ${request.info.id}\r\n`;
  if (framing === "none" && !hasLength && announcesLength(method)) text += "Content-Length: 0\r\n";
  return `${text}\r\n`;
}

/** What of a head follows from its fields and their connection, whatever is asked. */
interface HeadLines {
  /** All lines but the first, the request's id and a length of 0. */
  readonly lines: string;
  readonly hasLength: boolean;
}

/** What was made of fields, and of what else it depends on. */
interface Remembered extends HeadLines {
  readonly authority: string | undefined;
  readonly peer: string;
  readonly version: CoreRequest["version"];
  readonly isChunked: boolean;
}

/** Of fields that came again: clients send the same, again and again. */
const repeated = new WeakMap<Fields, Remembered>();

function remembered(request: CoreRequest, options: HeadOptions): HeadLines {
  const { fields, authority, peer, version } = request;
  const isChunked = request.framing === "chunked";
  const before = repeated.get(fields);
  if (
    before?.authority === authority &&
    before?.peer === peer &&
    before.version === version &&
    before.isChunked === isChunked
  ) {
    return before;
  }
  const { lines, hasLength } = madeOf(request, options);
  const made = { lines: inOnePiece(lines), hasLength, authority, peer, version, isChunked };
  repeated.set(fields, made);
  return made;
}

/** A copy of a text (latin1) that was put together: its parts would be walked through each time that it is sent. */
function inOnePiece(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

function madeOf(request: CoreRequest, options: HeadOptions): HeadLines {
  const { framing, authority, fields, peer, version } = request;
  const survey = surveyOf(fields);
  const host = hostWithoutUser(authority) ?? survey.host ?? options.fallbackHost;
  const trusted = options.trustedPeers.isTrusted(peer);
  const client = clientLines(request, survey.tokens, trusted);
  const identity = trusted
    ? toldIdentity(request, host, options.trustedPeers)
    : ownIdentityText(peer, host, version);
  let lines = `Host: ${host}\r\n${client}${identity}`;
  if (survey.acceptsTrailers) lines += "TE: trailers\r\nConnection: TE, keep-alive\r\n";
  if (framing === "chunked") lines += "Transfer-Encoding: chunked\r\n";
  return { lines, hasLength: survey.hasLength };
}

/** The fields of {@link requestHead} as a list, for a client of HTTP that writes heads itself. */
export function requestFields(request: CoreRequest, options: HeadOptions): RawHeaders {
  const text = requestHead(request, options);
  return Fields.parse(text.slice(text.indexOf("\r\n") + 2, -2))?.raw() ?? [];
}

function surveyOf(fields: Fields): Survey {
  const survey: Survey = { host: undefined, hasLength: false, acceptsTrailers: false, tokens: NO_TOKENS };
  for (let index = 0; index < fields.names.length; index += 1) {
    switch (fields.names[index]) {
      case "host":
        if (survey.host !== undefined)
          throw new AppError("bad-request", "The request has more than one Host.");
        survey.host = fields.value(index);
        break;
      case "content-length":
        survey.hasLength = true;
        break;
      case "connection":
        survey.tokens = connectionTokens(fields);
        break;
      case "te":
        survey.acceptsTrailers ||= /(^|,)\s*trailers\s*(,|$)/i.test(fields.value(index));
        break;
    }
  }
  return survey;
}

const TARGET = /^[\x21-\x7e\x80-\xff]+$/;
const NO_TOKENS: ReadonlySet<string> = new Set();

/** The client's own lines that travel on. */
function clientLines(
  { fields, framing }: CoreRequest,
  tokens: ReadonlySet<string>,
  trusted: boolean,
): string {
  return fields.without(
    (lowerName) =>
      isOurs(lowerName, trusted) ||
      staysBehind(lowerName, tokens) ||
      // Announces fields that only a chunked message can carry.
      (lowerName === "trailer" && framing !== "chunked"),
  );
}

/** Fields that we write ourselves, or that no client may send. */
function isOurs(lowerName: string, trusted: boolean): boolean {
  return lowerName === "host" || lowerName === "x-request-id" || isIdentity(lowerName, trusted);
}

const MAX_REMEMBERED = 1_024;
/** Clients send many requests: the same few lines, again and again. */
const identities = new Map<string, string>();

function ownIdentityText(peer: string, host: string, version: CoreRequest["version"]): string {
  const key = `${version} ${peer} ${host}`;
  let text = identities.get(key);
  if (text === undefined) {
    text = inOnePiece(Fields.of(ownIdentity(peer, host, version)).text);
    if (identities.size >= MAX_REMEMBERED) identities.clear();
    identities.set(key, text);
  }
  return text;
}

function toldIdentity(request: CoreRequest, host: string, trustedPeers: TrustedPeers): string {
  const { peer, version } = request;
  const incoming = request.fields.raw();
  const clientIp = trustedPeers.clientOf(peer, incoming);
  return Fields.of(identityFields({ peer, trusted: true, clientIp, incoming, host, version })).text;
}

function hostWithoutUser(authority: string | undefined): string | undefined {
  return authority === undefined || authority === ""
    ? undefined
    : authority.slice(authority.lastIndexOf("@") + 1);
}

/** Methods whose empty body is said outright (RFC 9110 section 8.6); for others a length would only puzzle the core. */
function announcesLength(method: string): boolean {
  return method === "POST" || method === "PUT" || method === "PATCH";
}
