import { createServer } from "node:http";
import { expect } from "vitest";
import { listenLocally } from "./front.ts";
import type { LoadReport } from "./steady-load.ts";

/** A core that counts what it is asked for, to tell after a load whether anything was lost or came twice. */
export interface CountingCore extends AsyncDisposable {
  readonly port: number;
  /** Every path, and how often it came; but "/", which the sidecar asks for itself to look after the core's health. */
  readonly seen: Map<string, number>;
  /**
   * Expects that the load lost nothing: what was not answered was never sent on, so that it may be sent elsewhere (what
   * was on its way before a client could see the GOAWAY), and nothing came twice.
   */
  expectNothingLost(report: LoadReport): void;
}

/**
 * Starts it. It answers each request with its path after up to 10 ms, so that at any moment many are with it; one whose
 * path begins with `/never` gets the beginning of an answer and nothing more.
 */
export async function startCountingCore(): Promise<CountingCore> {
  const seen = new Map<string, number>();
  const server = createServer((request, answer) => {
    const path = request.url ?? "";
    if (path !== "/") seen.set(path, (seen.get(path) ?? 0) + 1);
    request.resume();
    if (path.startsWith("/never")) answer.write("begun");
    else setTimeout(() => answer.end(path), seen.size % 10);
  });
  return {
    port: await listenLocally(server),
    seen,
    expectNothingLost({ lost, unprocessed }) {
      expect(lost).toEqual([]);
      expect(unprocessed.filter((path) => seen.has(path))).toEqual([]);
      expect([...seen].filter(([, times]) => times > 1)).toEqual([]);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
