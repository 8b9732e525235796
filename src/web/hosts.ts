import { isIP } from "node:net";
import type { Middleware } from "koa";
import { AppError } from "../base/errors.ts";
import type { RequestState } from "./context.ts";

/**
 * Refuses a Host that is not ours. A page of another site can make its own name point at this address (DNS
 * rebinding) and would then be same-origin with us; it can't do that with an IP address or with our names.
 * @param names gives the accepted names at each request; `*.example.com` stands for one label.
 * @param exemptPaths answer to any Host: load balancers probe with names of their own.
 */
export function checkHost(
  names: () => Iterable<string>,
  exemptPaths: readonly string[] = [],
): Middleware<RequestState> {
  return async (ctx, next) => {
    if (exemptPaths.includes(ctx.path)) return next();
    const host = hostName(ctx.host);
    if (host === undefined || !(isIP(host) !== 0 || isNamed(host, names()))) {
      throw new AppError("host-refused", `${JSON.stringify(ctx.host)} is not a name of this sidecar.`, {
        remedy: `SIDECAR_HTTPS_NAMES=${host ?? "app.example.com"}`,
      });
    }
    return next();
  };
}

/** The host of a Host header or authority, in lower case, without port, brackets and final dot. */
export function hostName(authority: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\]|([^:/?#@\s]+))(?::\d*)?$/.exec(authority) ?? [];
  return (bracketed ?? plain)?.toLowerCase().replace(/\.$/, "");
}

function isNamed(host: string, names: Iterable<string>): boolean {
  for (const name of names) {
    const lower = name.toLowerCase();
    if (lower === host) return true;
    if (lower.startsWith("*.") && host.slice(host.indexOf(".")) === lower.slice(1)) return true;
  }
  return false;
}
