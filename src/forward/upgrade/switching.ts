import { createHash, randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { CoreRequest } from "../../web/exchange.ts";
import { Fields } from "../../web/wire/fields.ts";
import type { ResponseHead } from "../core/response-head.ts";
import { connectionTokens } from "../headers.ts";
import { type HeadOptions, requestHead } from "../request-head.ts";

/** Switching a connection to another protocol (RFC 9110 section 7.8): who may ask, how the core is asked, what it answers. */

/** A protocol, perhaps with its version. */
const PROTOCOL = /^[\w!#$%&'*+\-.^`|~]+(\/[\w!#$%&'*+\-.^`|~]+)?$/;
/**
 * HTTP itself over a connection that nobody would read any more (h2c smuggling: past the gate and the forwarded
 * fields), and TLS inside of TLS.
 */
const NEVER = /^(h2c?|http|tls)(\/|$)/;

/** Tells whether a request asks for a WebSocket (RFC 6455 section 4.1). */
export function isWebSocketUpgrade({ method, headers }: IncomingMessage): boolean {
  return method === "GET" && headers.upgrade?.trim().toLowerCase() === "websocket";
}

/**
 * Tells whether a request is an upgrade that is carried: to a WebSocket or any other protocol but HTTP and TLS, without
 * a body. All others are forwarded without their Upgrade, as RFC 9110 section 7.8 allows.
 */
export function isCarriedUpgrade(request: IncomingMessage): boolean {
  const { headers, httpVersionMinor } = request;
  const hasBody = headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
  // HTTP/1.0 knows no Upgrade.
  if (hasBody || httpVersionMinor === 0) return false;
  const names = namesOf(headers.upgrade ?? "");
  return isWebSocketUpgrade(request) || names.every((name) => PROTOCOL.test(name) && !isNotCarried(name));
}

/** A WebSocket is asked for by GET, and alone. */
function isNotCarried(name: string): boolean {
  return NEVER.test(name) || name === "websocket";
}

/**
 * The head of a request that asks the core to switch, as text (latin1).
 * @param lines further field lines.
 * @throws {AppError} as {@link requestHead}.
 */
export function switchingHead(
  request: CoreRequest,
  { protocols, lines = "" }: { protocols: string; lines?: string },
  options: HeadOptions,
): string {
  const head = requestHead(withoutTransfer(request), options);
  return `${head.slice(0, -2)}${lines}Connection: Upgrade\r\nUpgrade: ${protocols}\r\n\r\n`;
}

/** TE has no use here, and would bring a second Connection field. */
export function withoutTransfer(request: CoreRequest): CoreRequest {
  return withoutFields(request, TRANSFER);
}

const TRANSFER = new Set(["te"]);
/** Ours to say: what a tunnel carries has no length (RFC 9113 section 8.5), and the key is the one that we can check. */
const OF_TUNNELS = new Set([...TRANSFER, "content-length", "sec-websocket-key", "sec-websocket-accept"]);

/** The request over HTTP/1.1 that an extended CONNECT stands for (RFC 8441 section 5). */
export function upgradeOf(connect: CoreRequest): CoreRequest {
  return { ...withoutFields(connect, OF_TUNNELS), method: "GET", framing: "none" };
}

function withoutFields(request: CoreRequest, names: ReadonlySet<string>): CoreRequest {
  const fields = Fields.parse(request.fields.without((lowerName) => names.has(lowerName)));
  return { ...request, fields: fields ?? request.fields };
}

/**
 * Checks that the core has switched to what it was asked for.
 * @throws {SyntaxError} where it has not.
 */
export function checkSwitched(head: ResponseHead, protocols: string): void {
  const asked = namesOf(protocols);
  const taken = namesOf(head.fields.first("upgrade") ?? "");
  if (!connectionTokens(head.fields).has("upgrade") || !taken.every((name) => asked.includes(name))) {
    throw new SyntaxError("the protocol was switched to another one than was asked for");
  }
}

/**
 * Checks that the core has switched to a WebSocket, and that it was this handshake that it answered.
 * @throws {SyntaxError} where it has not.
 */
export function checkWebSocket(head: ResponseHead, accept: string): void {
  checkSwitched(head, "websocket");
  if (head.fields.first("sec-websocket-accept") !== accept)
    throw new SyntaxError("the answer to the key of the WebSocket is not the right one");
}

function namesOf(protocols: string): string[] {
  return protocols.split(",").map((name) => name.trim().toLowerCase());
}

/** The question of one WebSocket handshake, and the answer that proves it was understood (RFC 6455 section 4.2.2). */
export interface WebSocketKey {
  readonly key: string;
  readonly accept: string;
}

/** Appended to every key (RFC 6455 section 1.3). */
const KEY_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Makes the key of a handshake. */
export function newWebSocketKey(): WebSocketKey {
  const key = randomBytes(16).toString("base64");
  return {
    key,
    accept: createHash("sha1")
      .update(key + KEY_SUFFIX)
      .digest("base64"),
  };
}
