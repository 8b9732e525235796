import { AppError, type AppErrorOptions, type ErrorCode } from "../base/errors.ts";
import type { RefusedRequest } from "../web/raw-refusal.ts";

/** What Node's HTTP/1.1 parser complains of, and what a client is told of it. */

/** Codes of llhttp, as `error.code`; every other is a plain 400. */
const KNOWN: Readonly<Record<string, readonly [ErrorCode, string, AppErrorOptions?]>> = {
  HPE_HEADER_OVERFLOW: [
    "header-too-large",
    "The request's target and header fields, or its trailer fields, are too large.",
    { remedy: "SIDECAR_LIMITS_HEADER_BYTES" },
  ],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ["body-too-large", "The extensions of the body's chunks are too large."],
  HPE_INVALID_METHOD: ["method-unknown", "The request's method is none that is known here."],
  HPE_INVALID_VERSION: ["version-not-supported", "Only HTTP/1.0, HTTP/1.1 and HTTP/2 are spoken here."],
  HPE_PAUSED_H2_UPGRADE: [
    "version-not-supported",
    "HTTP/2 is spoken where TLS has chosen it (ALPN h2) only.",
  ],
};

/** The first words of a request: what has none is not HTTP, whatever the parser stumbled over. */
const METHOD = /^[\w!#$%&'*+\-.^`|~]+ \S/;
const VERSION = /^\S+ \S+ HTTP\/\d\.\d\r\n/;
const REQUEST_LINE = /^([A-Z][A-Z-]*) (\S+) HTTP\/(\d\.\d)\r?\n/;
const MAX_TARGET = 8_192;

/**
 * Tells what is wrong with a request that Node's parser gave up on; undefined where it is not the request but the
 * connection that failed.
 */
export function refusalOf(error: Error): AppError | undefined {
  const code = "code" in error ? String(error.code) : "";
  if (!code.startsWith("HPE_")) return undefined;
  const [known, detail, options] = KNOWN[code] ?? [];
  if (known === undefined || detail === undefined || !isReally(known, textOf(error))) {
    return new AppError("bad-request", `The request is malformed: ${reasonOf(error)}.`, { cause: error });
  }
  return new AppError(known, detail, { ...options, cause: error });
}

function isReally(code: ErrorCode, packet: string): boolean {
  if (code === "method-unknown") return METHOD.test(packet);
  return code !== "version-not-supported" || VERSION.test(packet);
}

/** What the first line of the packet says where it is a request line: only for a request that began in that packet. */
export function requestIn(error: Error): RefusedRequest {
  const [, method, target, http] = REQUEST_LINE.exec(textOf(error)) ?? [];
  return { method, target: target?.slice(0, MAX_TARGET), http };
}

/** "Event: 'clientError'" of node:http: the error has the packet. */
function textOf(error: Error): string {
  return "rawPacket" in error && Buffer.isBuffer(error.rawPacket) ? error.rawPacket.toString("latin1") : "";
}

/** Of llhttp's own words: they speak of the grammar, never of what was sent. */
function reasonOf(error: Error): string {
  const reason = "reason" in error && typeof error.reason === "string" ? error.reason : "";
  return reason === "" ? "it is not HTTP/1.1" : reason;
}
