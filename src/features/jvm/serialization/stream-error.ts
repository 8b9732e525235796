/** What a stream of the Java object serialization protocol may be refused for. */

/** The bytes are not what the protocol says, or more than is allowed. */
export class JavaStreamError extends Error {
  override readonly name = "JavaStreamError";
  /** Where it was noticed: bytes from the beginning of what was read. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(`${message} (at byte ${offset})`);
    this.offset = offset;
  }
}
