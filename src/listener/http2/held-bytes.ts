const LEAST_BYTES = 1_024;

/** Bytes that wait, in one piece of memory: as many small ones would cost many times what they are. */
export class HeldBytes {
  #buffer: Buffer | undefined;
  #length = 0;

  /** How many there are. */
  get length(): number {
    return this.#length;
  }

  /** Adds a copy. */
  add(data: Buffer): void {
    const length = this.#length + data.length;
    if (this.#buffer === undefined || this.#buffer.length < length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(LEAST_BYTES, 2 * length));
      this.#buffer?.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    data.copy(this.#buffer, this.#length);
    this.#length = length;
  }

  /** Gives all of them away. */
  takeAll(): Buffer {
    const all = this.#buffer?.subarray(0, this.#length) ?? Buffer.alloc(0);
    this.#buffer = undefined;
    this.#length = 0;
    return all;
  }
}
