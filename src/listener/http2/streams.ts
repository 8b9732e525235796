import type { Stream } from "./stream.ts";

/** What is remembered of those that were closed last: what their client had sent before it could know is no fault. */
const REMEMBERED = 64;

/** The streams of one connection, and what is known of those that are closed (RFC 9113 section 5.1). */
export class Streams {
  readonly #open = new Map<number, Stream>();
  /** The numbers of those closed last, in a ring; negative where it was us who broke them off. */
  readonly #closed: number[] = [];
  #nextClosed = 0;
  /** The highest number that the client has used. */
  lastId = 0;

  get size(): number {
    return this.#open.size;
  }

  get(id: number): Stream | undefined {
    return this.#open.get(id);
  }

  add(stream: Stream): void {
    this.#open.set(stream.id, stream);
  }

  /** All that are open; others may be closed meanwhile. */
  all(): readonly Stream[] {
    return [...this.#open.values()];
  }

  /** It is closed. */
  close(id: number): void {
    this.#open.delete(id);
    this.#remember(id);
  }

  /** It was us who broke it off, and the client may not know. */
  noteBrokenOff(id: number): void {
    this.#remember(-id);
  }

  #remember(entry: number): void {
    this.#closed[this.#nextClosed] = entry;
    this.#nextClosed = (this.#nextClosed + 1) % REMEMBERED;
  }

  /** What became of a stream that is not open. */
  fateOf(id: number): "idle" | "broken-off-by-us" | "closed" | "never-used" {
    if (id > this.lastId) return "idle";
    if (this.#closed.includes(-id)) return "broken-off-by-us";
    return this.#closed.includes(id) ? "closed" : "never-used";
  }
}
