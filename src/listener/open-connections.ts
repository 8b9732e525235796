import type { Server, Socket } from "node:net";
import type { Logger } from "../web/log.ts";

/** No more than one line in this time: who is over the limit tries again and again. */
const QUIET_MS = 10_000;

/**
 * The open connections of a server, those in the handshake too: no more than `max`. The system has accepted what is
 * beyond, so it is closed at once; who holds a connection keeps it. The log tells how many were closed, now and then.
 */
export class OpenConnections {
  readonly #server: Server;
  readonly #max: number;
  readonly #log: Logger;
  readonly #open = new Set<Socket>();
  #emptied: PromiseWithResolvers<void> | undefined;
  #refused = 0;
  #lastLineMs = Number.NEGATIVE_INFINITY;

  constructor(server: Server, max: number, log: Logger) {
    this.#server = server;
    this.#max = max;
    this.#log = log;
    server.maxConnections = max;
    server.on("drop", () => this.#refusedOne());
    server.on("connection", (socket) => {
      this.#open.add(socket);
      socket.once("close", () => {
        this.#open.delete(socket);
        if (this.#open.size === 0) this.#emptied?.resolve();
      });
    });
  }

  /** How many there are. */
  get count(): number {
    return this.#open.size;
  }

  /** One more, which somebody else has accepted. */
  add(socket: Socket): void {
    if (this.#open.size < this.#max) {
      // "Event: 'connection'" of node:tls: may be emitted by users to inject a connection.
      this.#server.emit("connection", socket);
      return;
    }
    socket.destroy();
    this.#refusedOne();
  }

  /** Has the server accept no more. Resolves when there are no connections any more. */
  allClosed(): Promise<void> {
    if (this.#server.listening) this.#server.close();
    this.#emptied ??= Promise.withResolvers<void>();
    if (this.#open.size === 0) this.#emptied.resolve();
    return this.#emptied.promise;
  }

  /** Closes all of them at once. */
  cut(): void {
    for (const socket of this.#open) socket.destroy();
  }

  #refusedOne(): void {
    this.#refused += 1;
    const nowMs = performance.now();
    if (nowMs - this.#lastLineMs < QUIET_MS) return;
    this.#log.warn(
      { max: this.#max, closed: this.#refused, remedy: "SIDECAR_LIMITS_MAX_CONNECTIONS" },
      "too many connections: closing new ones",
    );
    this.#refused = 0;
    this.#lastLineMs = nowMs;
  }
}
