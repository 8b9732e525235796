import { chunkStart, lastChunk } from "../web/wire/chunked.ts";
import type { Fields } from "../web/wire/fields.ts";
import type { Piece } from "../web/wire/pieces.ts";
import type { CoreConnection } from "./core/connection.ts";

/** What goes to the core for one request: the head, and the body framed, kept until there is a connection. */
export class OutgoingRequest {
  readonly #head: string;
  readonly #isChunked: boolean;
  #isHeadGiven = false;
  /** Of the body. Most requests have none. */
  #pieces: Piece[] | undefined;
  /** Of the body, given to a connection, and not yet sent as far as is known. */
  #given: Piece[] | undefined;

  constructor(head: string, isChunked: boolean) {
    this.#head = head;
    this.#isChunked = isChunked;
  }

  /** Whether all was given to a connection. */
  get isEmpty(): boolean {
    return this.#isHeadGiven && this.#pieces === undefined;
  }

  /** Takes back what was given to a connection that is lost, and has sent nothing of it. */
  takeBack(): void {
    this.#isHeadGiven = false;
    if (this.#given !== undefined) this.#pieces = [...this.#given, ...(this.#pieces ?? [])];
    this.#given = undefined;
  }

  add(data: Buffer): void {
    if (data.length === 0) return;
    if (this.#isChunked) this.#push(chunkStart(data.length), data, "\r\n");
    else this.#push(data);
  }

  end(trailers: Fields): void {
    if (this.#isChunked) this.#push(lastChunk(trailers));
  }

  /** Sends everything there is. False: the connection asks to hold back. */
  sendOn(connection: CoreConnection): boolean {
    if (!this.#isHeadGiven) connection.add(this.#head);
    this.#isHeadGiven = true;
    const pieces = this.#pieces;
    if (pieces !== undefined) {
      this.#given = connection.hasSent ? undefined : [...(this.#given ?? []), ...pieces];
      for (const piece of pieces) connection.add(piece);
      this.#pieces = undefined;
    }
    return connection.send();
  }

  #push(...pieces: readonly Piece[]): void {
    this.#pieces ??= [];
    this.#pieces.push(...pieces);
  }
}
