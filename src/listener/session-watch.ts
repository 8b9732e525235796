import type { ServerHttp2Session } from "node:http2";
import type { TLSSocket } from "node:tls";

/** In looks: what is sent waits behind all that a slow client has still to read. */
const PATIENCE = 5;

/**
 * Ends the sessions that Node 26 forgets, each of which would keep its connection for good though its client has gone:
 *
 * - One that is destroyed in the moment in which its client resets the connection: Node waits for the end of a write.
 * - One that fails by what the client sends, after a GOAWAY of the client's or ours: Node does not destroy it, it
 *   neither reads nor writes any more, and its streams never end. Only that nobody says any more to have got our
 *   settings, which every client must at once (RFC 9113 section 6.5.3), tells. Pings would, but Node sends none then.
 */
export class SessionWatch {
  readonly #session: ServerHttp2Session;
  readonly #socket: TLSSocket;
  #looksDestroyed = 0;
  #looksAwaited = 0;

  constructor(session: ServerHttp2Session, socket: TLSSocket) {
    this.#session = session;
    this.#socket = socket;
  }

  /** To be called every few seconds until the session is closed. */
  look(): void {
    if (this.#session.destroyed) {
      this.#looksDestroyed += 1;
      if (this.#looksDestroyed > 1) this.#socket.destroy();
    } else if (this.#session.closed) {
      this.#lookAtClosing();
    }
  }

  #lookAtClosing(): void {
    if (this.#looksAwaited > 0) {
      this.#looksAwaited += 1;
      if (this.#looksAwaited > PATIENCE) this.#session.destroy();
      return;
    }
    this.#looksAwaited = 1;
    // With nothing in it: nothing changes.
    this.#session.settings({}, (error) => {
      if (error === null) this.#looksAwaited = 0;
    });
  }
}
