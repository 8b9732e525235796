import { chunkStart, lastChunk } from "../web/wire/chunked.ts";
import type { Fields } from "../web/wire/fields.ts";
import type { Piece } from "../web/wire/pieces.ts";
import type { CoreConnection } from "./core/connection.ts";

/** What goes to the core for one request: the head, and the body framed, kept until there is a connection. */
export class OutgoingRequest {
  readonly #isChunked: boolean;
  #pieces: Piece[];
  /** Given to a connection, and not yet sent as far as is known. */
  #given: Piece[] = [];

  constructor(head: string, isChunked: boolean) {
    this.#isChunked = isChunked;
    this.#pieces = [head];
  }

  /** Whether all was given to a connection. */
  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }

  /** Takes back what was given to a connection that is lost, and has sent nothing of it. */
  takeBack(): void {
    this.#pieces = [...this.#given, ...this.#pieces];
    this.#given = [];
  }

  add(data: Buffer): void {
    if (data.length === 0) return;
    if (this.#isChunked) this.#pieces.push(chunkStart(data.length), data, "\r\n");
    else this.#pieces.push(data);
  }

  end(trailers: Fields): void {
    if (this.#isChunked) this.#pieces.push(lastChunk(trailers));
  }

  /** Sends everything there is. False: the connection asks to hold back. */
  sendOn(connection: CoreConnection): boolean {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#given = connection.hasSent ? [] : [...this.#given, ...pieces];
    for (const piece of pieces) connection.add(piece);
    return connection.send();
  }
}
