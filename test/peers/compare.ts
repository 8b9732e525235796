import { expect } from "vitest";
import { type Ask, direct, overHttp1, overHttp2, type Reply, type Route } from "./exchange.ts";

/** Asks the core directly and through the sidecar, and wants the same answer. */

/** The two protocols that clients speak with the sidecar. */
export const PROTOCOLS = ["HTTP/1.1", "HTTP/2"] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** A core and the sidecar before it, with a client for each. */
export interface Pair extends Disposable {
  readonly direct: Route;
  readonly through: Readonly<Record<Protocol, Route>>;
  /**
   * Sends the same request both ways, expects status, body, trailers and end-to-end fields to be equal, and gives the
   * answer that came through the sidecar for further assertions.
   */
  same(protocol: Protocol, ask: Ask): Promise<Reply>;
}

/** Makes the clients for a core and the sidecar before it. */
export function pair(corePort: number, edge: { port: number; ca: string }): Pair {
  const straight = direct(corePort);
  const through = { "HTTP/1.1": overHttp1(edge), "HTTP/2": overHttp2(edge) };
  return {
    direct: straight,
    through,
    async same(protocol, ask) {
      const wanted = await straight.send(ask);
      const got = await through[protocol].send(ask);
      expect(comparable(got, protocol)).toEqual(comparable(wanted, protocol));
      // Not through `toEqual`: a difference of ten megabytes would be printed.
      expect(got.body.equals(wanted.body), `${got.body.length} and ${wanted.body.length} bytes`).toBe(true);
      return got;
    },
    [Symbol.dispose]() {
      for (const route of [straight, ...Object.values(through)]) route[Symbol.dispose]();
    },
  };
}

/** Belong to one connection (RFC 9110 section 7.6.1), and so may differ. */
const HOP_BY_HOP = new Set(["connection", "keep-alive", "transfer-encoding"]);

function comparable({ status, headers, trailers }: Reply, protocol: Protocol) {
  const fields = headers
    .map(([name, value]) => [protocol === "HTTP/2" ? name.toLowerCase() : name, masked(name, value)] as const)
    .filter(([name]) => !HOP_BY_HOP.has(name.toLowerCase()))
    .map(([name, value]) => `${name}: ${value}`);
  // HTTP/2 has the values of one name together; the order of different names means nothing (RFC 9110 section 5.3).
  return { status, trailers, fields: protocol === "HTTP/2" ? fields.sort() : fields };
}

/** What differs from one answer to the next, also without a sidecar. */
function masked(name: string, value: string): string {
  if (name.toLowerCase() === "date") return "<date>";
  return value.replace(/JSESSIONID=[0-9A-F]+/, "JSESSIONID=<id>");
}
