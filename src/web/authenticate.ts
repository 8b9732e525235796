import type { Middleware } from "koa";
import { AppError } from "../base/errors.ts";
import { clientCertificateName } from "./client-certificate.ts";
import type { Principal, RequestState, WebContext } from "./context.ts";
import { readAuthorization, type TokenCheck, type TokenVerdict } from "./credentials.ts";
import { requestInfo } from "./request-info.ts";
import { SESSION_COOKIE, type Sessions } from "./sessions.ts";

/** What the authentication needs. `checkToken` is asked anew each time, so that tokens can be replaced live. */
export interface AuthenticationOptions {
  readonly enabled: boolean;
  readonly checkToken: TokenCheck;
  readonly sessions: Sessions;
  /** The common names of client certificates that are operators. */
  readonly clientOperators: readonly string[];
}

const OPEN_DOOR: Principal = { name: "anyone", role: "operator", via: "none" };
const ASK =
  'Bearer realm="tickbird", Basic realm="Tickbird: any user name, the token as the password", charset="UTF-8"';

/** Finds out who asks. Whether a credential is needed, and which role, is the route's to say. */
export function authenticate(options: AuthenticationOptions): Middleware<RequestState> {
  return async (ctx, next) => {
    ctx.state.principal = options.enabled ? identifyOrRefuse(ctx, options) : OPEN_DOOR;
    if (ctx.state.principal !== null) requestInfo(ctx.req).user = ctx.state.principal.name;
    // Only a Bearer header is never sent by a browser on its own; with authentication off nothing needs to be sent.
    if (ctx.state.principal !== null && ctx.state.principal.via !== "bearer") refuseOtherSites(ctx);
    await next();
  };
}

/** The challenge of a 401 (RFC 9110 section 11.6.1). A browser asks for Basic; a page of ours must not make it ask. */
export function challenge(askInBrowser: boolean): string {
  return askInBrowser ? ASK : 'Bearer realm="tickbird"';
}

function identifyOrRefuse(ctx: WebContext, options: AuthenticationOptions): Principal | null {
  try {
    return identify(ctx, options);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    ctx.state.refusal = error;
    return null;
  }
}

/** A header is asked first, then the session, then the client certificate. */
function identify(ctx: WebContext, options: AuthenticationOptions): Principal | null {
  const header = ctx.get("Authorization");
  if (header !== "") {
    const sent = readAuthorization(header);
    if (sent === undefined) {
      throw new AppError("unauthenticated", "The Authorization header is neither Bearer nor Basic.", {
        remedy: "Authorization: Bearer <token>",
      });
    }
    const verdict = options.checkToken(sent.token);
    // An app with Basic authentication of its own makes the browser send that here too: the session still counts.
    const isAppsOwn = verdict.kind === "unknown" && sent.via === "basic";
    return (isAppsOwn ? identifyWithoutHeader(ctx, options) : null) ?? principalOf(verdict, sent.via);
  }
  return identifyWithoutHeader(ctx, options);
}

function identifyWithoutHeader(ctx: WebContext, options: AuthenticationOptions): Principal | null {
  const { checkToken, sessions, clientOperators } = options;
  const cookie = ctx.cookies.get(SESSION_COOKIE);
  const token = cookie === undefined ? undefined : sessions.tokenOf(cookie);
  if (cookie !== undefined && token !== undefined) {
    const verdict = checkToken(token);
    if (verdict.kind !== "accepted") sessions.end(cookie);
    return principalOf(verdict, "session");
  }
  const name = clientCertificateName(ctx.req);
  if (name === undefined) return null;
  return { name, role: clientOperators.includes(name) ? "operator" : "viewer", via: "certificate" };
}

function principalOf(verdict: TokenVerdict, via: Principal["via"]): Principal {
  switch (verdict.kind) {
    case "accepted":
      return { name: verdict.name, role: verdict.role, via };
    case "expired":
      throw new AppError("token-expired", `The token ${verdict.name} expired at ${verdict.expires}.`, {
        remedy: "Set a later `expires` for it in `auth.tokens`, or use another token.",
      });
    case "unknown":
      throw new AppError("unauthenticated", "The token is not one of ours.", {
        remedy: "Set SIDECAR_AUTH_TOKEN, or read the generated one: <certs.dir>/auth-token",
      });
  }
}

/**
 * A browser sends cookies and Basic credentials by itself, also when another site makes it ask. So what changes
 * something must come from our own pages (Fetch Metadata; Origin where a browser has no Fetch Metadata), and what reads
 * must not be embedded elsewhere: a trace that an `<img>` of another site begins still slows the core. Links from
 * other sites work. Programs send neither header.
 */
function refuseOtherSites(ctx: WebContext): void {
  const site = ctx.get("Sec-Fetch-Site");
  if (site === "same-origin" || site === "none") return;
  const isReading = ctx.method === "GET" || ctx.method === "HEAD" || ctx.method === "OPTIONS";
  const origin = ctx.get("Origin");
  const isOwn =
    site === ""
      ? isReading || origin === "" || origin === `https://${ctx.host}`
      : isReading && ctx.get("Sec-Fetch-Mode") === "navigate" && ctx.get("Sec-Fetch-Dest") === "document";
  if (!isOwn) {
    throw new AppError("origin-refused", "This was asked for by a page of another site.", {
      remedy: "Use Authorization: Bearer <token>",
    });
  }
}
