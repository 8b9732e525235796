/** How much the client may send (RFC 9113 section 5.2): what was taken is given back, not for every few bytes. */
export class ReceiveWindow {
  /** What the client may still send, as far as it knows. */
  #left: number;
  /** What was taken, and the client was not told. */
  #taken = 0;
  /** The client is told of no less than this. */
  readonly #leastBytes: number;

  constructor(bytes: number, leastBytes = bytes / 2) {
    this.#left = bytes;
    this.#leastBytes = leastBytes;
  }

  /** So many bytes came. False: they are more than were allowed. */
  receive(bytes: number): boolean {
    this.#left -= bytes;
    return this.#left >= 0;
  }

  /** So many bytes need no memory any more. Gives by how much the client is to be told to go on; 0: not now. */
  take(bytes: number): number {
    this.#taken += bytes;
    if (this.#taken < this.#leastBytes) return 0;
    const more = this.#taken;
    this.#taken = 0;
    this.#left += more;
    return more;
  }
}
