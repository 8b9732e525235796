import { isErrno } from "../base/errors.ts";
import type { Progress } from "./core/connection-user.ts";

/** When a request whose connection was lost is sent once more. */

const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

/** Tells whether a method may be sent again without changing what it does (RFC 9110 section 9.2.2). */
export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method);
}

/**
 * Tells whether a request may be sent again: only what was sent into a connection that had died while it was idle
 * (RFC 9112 section 9.3.1); what was not sent at all may be sent whatever it is.
 */
export function maySendAgain(
  error: unknown,
  { isUnsent, hasBegun }: Progress,
  isRepeatable: boolean,
): boolean {
  const isStale = error === undefined || isErrno(error, "ECONNRESET", "EPIPE");
  return isStale && !hasBegun && (isUnsent || isRepeatable);
}
