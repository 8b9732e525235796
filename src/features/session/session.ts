import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import { readAuthorization } from "../../web/credentials.ts";
import type { RouteTable } from "../../web/routes.ts";
import { SESSION_COOKIE, type Sessions, sessionCookie } from "../../web/sessions.ts";
import type { Feature } from "../feature.ts";

/** What the feature `session` works with. */
export interface SessionDeps {
  readonly sessions: Sessions;
  readonly prefix: string;
}

const role = z.enum(["viewer", "operator"]);
const identity = z.object({ name: z.string(), role });

/** Makes the feature `session`: a token becomes a cookie, so that a browser need not keep the token itself. */
export function createSession({ sessions, prefix }: SessionDeps): Feature {
  return {
    name: "session",
    async capability() {
      return { works: "yes", parts: [{ name: "sign-in", works: true }] };
    },
    routes(table) {
      addBegin(table, sessions, prefix);
      addShow(table);
      addEnd(table, sessions, prefix);
    },
  };
}

function addBegin(table: RouteTable, sessions: Sessions, prefix: string): void {
  table.add(
    "POST",
    "/session",
    {
      summary: "Sign a browser in: the Bearer token becomes a cookie",
      description: "The session has the token's name and role, and ends with it, or after 12 hours.",
      role: "viewer",
      responses: {
        201: { description: "Signed in; the cookie comes along.", content: { "application/json": identity } },
      },
    },
    ({ ctx, principal }) => {
      if (principal.via === "none") {
        throw new AppError("conflict", "Authentication is switched off, so there is nothing to sign in to.", {
          remedy: "SIDECAR_AUTH_ENABLED=true",
        });
      }
      const sent = readAuthorization(ctx.get("Authorization"));
      if (sent?.via !== "bearer") {
        throw new AppError("unauthenticated", "A session begins with a Bearer token.", {
          remedy: "Authorization: Bearer <token>",
        });
      }
      ctx.append("Set-Cookie", sessionCookie(prefix, sessions.begin(sent.token)));
      ctx.set("Location", `${prefix}/session`);
      ctx.status = 201;
      ctx.body = { name: principal.name, role: principal.role };
    },
  );
}

function addShow(table: RouteTable): void {
  const via = z.enum(["bearer", "basic", "session", "certificate", "none"]);
  table.add(
    "GET",
    "/session",
    {
      summary: "Who you are, your role, and by which kind of credential",
      role: "viewer",
      responses: { 200: { description: "", content: { "application/json": identity.extend({ via }) } } },
    },
    ({ ctx, principal }) => {
      ctx.body = { name: principal.name, role: principal.role, via: principal.via };
    },
  );
}

function addEnd(table: RouteTable, sessions: Sessions, prefix: string): void {
  table.add(
    "DELETE",
    "/session",
    {
      summary: "Sign a browser out: its session ends and the cookie is cleared",
      role: "viewer",
      responses: { 204: { description: "Signed out, or there was no session." } },
    },
    ({ ctx }) => {
      const cookie = ctx.cookies.get(SESSION_COOKIE);
      if (cookie !== undefined) sessions.end(cookie);
      ctx.append("Set-Cookie", sessionCookie(prefix));
      ctx.status = 204;
    },
  );
}
