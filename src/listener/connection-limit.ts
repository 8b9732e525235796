import type { Server } from "node:net";
import type { Logger } from "../web/log.ts";

/** No more than one line in this time: who is over the limit tries again and again. */
const QUIET_MS = 10_000;

/**
 * Keeps a server at `max` connections: the system has accepted what is beyond, so it is closed at once. Who holds a
 * connection keeps it. The log tells how many were closed, now and then.
 */
export function limitConnections(server: Server, max: number, log: Logger): void {
  let closed = 0;
  let lastLineMs = Number.NEGATIVE_INFINITY;
  server.maxConnections = max;
  // "server.dropMaxConnection" of node:net: otherwise processes that share a port would pass it on to each other for ever.
  Object.assign(server, { dropMaxConnection: true });
  server.on("drop", () => {
    closed += 1;
    const nowMs = performance.now();
    if (nowMs - lastLineMs < QUIET_MS) return;
    log.warn(
      { max, closed, remedy: "SIDECAR_LIMITS_MAX_CONNECTIONS" },
      "too many connections: closing new ones",
    );
    closed = 0;
    lastLineMs = nowMs;
  });
}
