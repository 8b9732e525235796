/** How much the client may send (RFC 9113 section 5.2): what was taken is given back, a half of the window at a time. */
export class ReceiveWindow {
  readonly #bytes: number;
  /** What the client may still send, as far as it knows. */
  #left: number;
  /** What was taken, and the client was not told. */
  #taken = 0;

  constructor(bytes: number, left = bytes) {
    this.#bytes = bytes;
    this.#left = left;
  }

  /** So many bytes came. False: they are more than were allowed. */
  receive(bytes: number): boolean {
    this.#left -= bytes;
    return this.#left >= 0;
  }

  /** So many bytes need no memory any more. Gives by how much the client is to be told to go on; 0: not now. */
  take(bytes: number): number {
    this.#taken += bytes;
    return this.#taken * 2 >= this.#bytes ? this.giveBack() : 0;
  }

  /** All that is to be told to the client, now. */
  giveBack(): number {
    const bytes = this.#taken;
    this.#taken = 0;
    this.#left += bytes;
    return bytes;
  }
}
