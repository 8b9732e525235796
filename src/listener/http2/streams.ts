import type { Stream } from "./stream.ts";

/** How many of those that were closed last are remembered: what their client had sent before it could know is no fault. */
const REMEMBERED = { closed: 64, brokenOff: 512 } as const;

/** The streams of one connection, and what is known of those that are closed (RFC 9113 section 5.1). */
export class Streams {
  readonly #open = new Map<number, Stream>();
  /** Those that both sides have ended, or the client has broken off. */
  readonly #closed = new LastNumbers(REMEMBERED.closed);
  readonly #brokenOff = new LastNumbers(REMEMBERED.brokenOff);
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
    if (this.#open.delete(id)) this.#closed.add(id);
  }

  /** It is closed, or never was opened, by us: its client may not know, and send on. */
  breakOff(id: number): void {
    this.#open.delete(id);
    this.#brokenOff.add(id);
  }

  /** What became of a stream that is not open. `forgotten`: closed long ago, or never used. */
  fateOf(id: number): "idle" | "broken-off" | "closed" | "forgotten" {
    if (id > this.lastId) return "idle";
    if (this.#brokenOff.has(id)) return "broken-off";
    return this.#closed.has(id) ? "closed" : "forgotten";
  }
}

/** The numbers that were added last. */
class LastNumbers {
  readonly #ring: number[] = [];
  readonly #most: number;
  #next = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(number: number): void {
    this.#ring[this.#next] = number;
    this.#next = (this.#next + 1) % this.#most;
  }

  has(number: number): boolean {
    return this.#ring.includes(number);
  }
}
