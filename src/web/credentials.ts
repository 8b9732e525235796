import { createHash, timingSafeEqual } from "node:crypto";
import type { Role } from "./context.ts";

/** A token that may be used, as the settings (or the generated file) give it. */
export interface TokenEntry {
  readonly name: string;
  readonly token: string;
  readonly role: Role;
  /** ISO 8601; the token is refused from then on. */
  readonly expires?: string | undefined;
}

/** What is said of a token that was sent. */
export type TokenVerdict =
  | { readonly kind: "accepted"; readonly name: string; readonly role: Role }
  | { readonly kind: "expired"; readonly name: string; readonly expires: string }
  | { readonly kind: "unknown" };

/** Says whether a token is one of ours. */
export type TokenCheck = (token: string) => TokenVerdict;

/**
 * Makes the check of tokens. It takes the same time whatever is sent: every entry is compared, by digests of one
 * length, without an early end.
 */
export function createTokenCheck(entries: readonly TokenEntry[], now: () => number = Date.now): TokenCheck {
  const known = entries.map((entry) => ({ entry, digest: digest(entry.token) }));
  return (token) => {
    const sent = digest(token);
    let found: TokenEntry | undefined;
    for (const { entry, digest: own } of known) {
      if (timingSafeEqual(sent, own)) found = entry;
    }
    if (found === undefined) return { kind: "unknown" };
    const { name, role, expires } = found;
    if (expires !== undefined && Date.parse(expires) <= now()) return { kind: "expired", name, expires };
    return { kind: "accepted", name, role };
  };
}

/** A credential as it stands in an Authorization header. */
export interface SentCredential {
  readonly via: "bearer" | "basic";
  readonly token: string;
}

/**
 * Reads an Authorization header: `Bearer <token>` (RFC 6750) or Basic with the token as the password (RFC 7617; the
 * user name is ignored, so that a browser can ask). Undefined where it is neither.
 */
export function readAuthorization(header: string): SentCredential | undefined {
  const [, scheme = "", value = ""] = /^(\S+) +(\S+) *$/.exec(header) ?? [];
  if (/^bearer$/i.test(scheme)) return { via: "bearer", token: value };
  if (!/^basic$/i.test(scheme)) return undefined;
  const decoded = Buffer.from(value, "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  return colon === -1 ? undefined : { via: "basic", token: decoded.slice(colon + 1) };
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
