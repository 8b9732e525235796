import { METHODS } from "node:http";
import { AppError } from "../../base/errors.ts";
import type { CoreRequest } from "../../web/exchange.ts";
import { type Fields, parseLength } from "../../web/wire/fields.ts";
import { staysBehind } from "../headers.ts";

/** The head of a request as the server within this process reads it. */

/** Those that Node's parser knows. What a CONNECT asks for is not a resource, and no server has it. */
const METHOD_NAMES: ReadonlySet<string> = new Set(METHODS.filter((method) => method !== "CONNECT"));
const TARGET = /^[\x21-\x7e\x80-\xff]+$/;
/** A line end in it would begin another field: what is beyond latin1 is refused because it may become one. */
const HOST = /^[\x21-\x7e\x80-\xff]*$/;

/**
 * The head as text (latin1): the client's own fields in their order and case, less what belongs to its connection.
 * @throws {AppError} `method-unknown` for a method that Node's parser does not know, `bad-request` for a target or a
 * Host that has no form in HTTP/1.1.
 */
export function innerHead({ method, target, authority, fields, framing }: CoreRequest): string {
  if (!METHOD_NAMES.has(method)) {
    throw new AppError("method-unknown", "The request's method is none that is known here.");
  }
  if (!TARGET.test(target)) {
    throw new AppError("bad-request", "The request target has a blank or a control character in it.");
  }
  const host = authority ?? fields.first("host");
  if (host !== undefined && !HOST.test(host)) throw new AppError("bad-request", "The Host is malformed.");
  const keepsLength = framing === "length" || (framing === "none" && saysNothing(fields));
  const lines = fields.without(
    (lowerName) =>
      lowerName === "host" ||
      staysBehind(lowerName, NO_TOKENS) ||
      (lowerName === "content-length" && !keepsLength),
  );
  return (
    `${method} ${target} HTTP/1.1\r\n` +
    (host === undefined ? "" : `Host: ${host}\r\n`) +
    lines +
    (framing === "chunked" ? "Transfer-Encoding: chunked\r\n" : "") +
    "Connection: close\r\n\r\n"
  );
}

const NO_TOKENS: ReadonlySet<string> = new Set();

/** Tells whether the length of the body is given, as 0: any other would be waited for. */
function saysNothing(fields: Fields): boolean {
  const length = fields.first("content-length");
  return length !== undefined && parseLength(length) === 0;
}
