import { createHash, randomBytes } from "node:crypto";

const MAX_SESSIONS = 1_000;
const LIFETIME_MS = 12 * 3_600_000;

/**
 * The browser sessions: a cookie that stands for a token, so that a page need not keep the token itself.
 * Kept in memory only, oldest out first; a session dies with its token (each use asks the token check again).
 */
export interface Sessions {
  /** Begins a session for a token that was just accepted; gives the cookie's value. */
  begin(token: string): string;
  /** The token that a cookie stands for, or undefined when it is unknown or too old. */
  tokenOf(id: string): string | undefined;
  end(id: string): void;
}

/** Makes an empty set of sessions. */
export function createSessions(now: () => number = Date.now): Sessions {
  // Keyed by digest: the time a look-up takes then says nothing about the ids that exist.
  const sessions = new Map<string, { token: string; endsAt: number }>();
  const key = (id: string) => createHash("sha256").update(id).digest("base64");
  return {
    begin(token) {
      const id = randomBytes(32).toString("base64url");
      const oldest = sessions.keys().next();
      if (sessions.size >= MAX_SESSIONS && !oldest.done) sessions.delete(oldest.value);
      sessions.set(key(id), { token, endsAt: now() + LIFETIME_MS });
      return id;
    },
    tokenOf(id) {
      const session = sessions.get(key(id));
      if (session === undefined || session.endsAt > now()) return session?.token;
      sessions.delete(key(id));
      return undefined;
    },
    end(id) {
      sessions.delete(key(id));
    },
  };
}

/** The name of the session cookie; browsers take it over HTTPS only (RFC 6265bis section 4.1.3.1). */
export const SESSION_COOKIE = "__Secure-tickbird";

/** The Set-Cookie header that begins (or, with no id, ends) a session. Its path keeps it away from the core. */
export function sessionCookie(prefix: string, id?: string): string {
  const maxAgeSeconds = id === undefined ? 0 : LIFETIME_MS / 1_000;
  return `${SESSION_COOKIE}=${id ?? ""}; Path=${prefix}; Max-Age=${maxAgeSeconds}; Secure; HttpOnly; SameSite=Strict`;
}
