import { createServer, type Server, type Socket } from "node:net";
import { listen } from "../listener/listen.ts";
import type { Settings } from "../settings/schema.ts";
import type { Logger } from "../web/log.ts";

/**
 * The port of the cluster: takes the connections, and gives each to the next worker that is free for one.
 *
 * node:cluster would do that as well, but forgets what it has given to a worker that dies before it has taken it: such
 * a connection would never be served and never be closed.
 */

/** Who carries connections. */
export interface Carrier {
  /** Gives it a connection, which is its own from now on, unless it refuses it. */
  give(socket: Socket): void;
}

/** The port. Disposed of, it is closed, with what nobody has taken yet. */
export class Acceptor implements Disposable {
  readonly #server: Server;
  readonly #maxWaiting: number;
  readonly #carriers = new Set<Carrier>();
  /** Who is free for a connection, since when it has been first. */
  readonly #free = new Set<Carrier>();
  readonly #waiting: Socket[] = [];

  /** @param maxWaiting how many connections may wait for a carrier. */
  constructor(maxWaiting: number, log: Logger) {
    this.#maxWaiting = maxWaiting;
    // Paused: whatever comes is for the worker to read.
    this.#server = createServer({ pauseOnConnect: true }, (socket) => this.#take(socket));
    this.#server.on("error", (error) => log.warn({ err: error }, "a connection could not be accepted"));
  }

  /** Opens the port, and gives its number. @throws {StartError} when it can't be bound. */
  open({ port, host }: Pick<Settings["https"], "port" | "host">): Promise<number> {
    return listen(this.#server, { name: "https", port, host });
  }

  /** One that was not there before, or that has taken what it was given, is free for a connection. */
  isFree(carrier: Carrier): void {
    this.#carriers.add(carrier);
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.add(carrier);
    else carrier.give(next);
  }

  /** One is gone. Without any, nobody waits for what may never come. */
  isGone(carrier: Carrier): void {
    this.#carriers.delete(carrier);
    this.#free.delete(carrier);
    if (this.#carriers.size === 0) this.#destroyWaiting();
  }

  /** A connection that a carrier did not get is for another one. */
  giveAgain(socket: Socket): void {
    this.#take(socket);
  }

  /** Takes no new connections, and gives away those that wait, who carries them free or not. */
  close(): void {
    this.#server.close();
    const carriers = [...this.#carriers];
    for (const [index, socket] of this.#waiting.splice(0).entries())
      carriers[index % carriers.length]?.give(socket);
  }

  [Symbol.dispose](): void {
    this.#server.close();
    this.#destroyWaiting();
  }

  #take(socket: Socket): void {
    const [next] = this.#free;
    if (next !== undefined) {
      this.#free.delete(next);
      next.give(socket);
    } else if (this.#carriers.size > 0 && this.#waiting.length < this.#maxWaiting) {
      this.#waiting.push(socket);
    } else {
      socket.destroy();
    }
  }

  #destroyWaiting(): void {
    for (const socket of this.#waiting.splice(0)) socket.destroy();
  }
}
