import { Socket } from "node:net";
import { isErrno } from "../../base/errors.ts";

type Done = (error?: Error | null) => void;

/**
 * What comes from the core is read into this, whatever the connection: each piece is used before the next is read. A
 * buffer for each piece, as Node has it otherwise, would be made large and cut down to what came.
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(65_536);

/**
 * A socket to the core that reads on where it can write no more. A core that answers before it has the whole request,
 * and closes, leaves its answer and behind it a reset (RFC 9112 section 9.6). Node would destroy the socket at the first
 * write that fails, and with it the answer that lies there unread.
 */
export class CoreSocket extends Socket {
  #writeError: Error | undefined;
  #isWriting = false;
  #hasFailedAtOnce = false;

  /** @param onData is given what has come; it may be used until that returns. */
  constructor(onData: (piece: Buffer) => void) {
    super({
      onread: {
        buffer: READ_BUFFER,
        callback(bytes) {
          onData(READ_BUFFER.subarray(0, bytes));
          return true;
        },
      },
    });
  }

  /** Why nothing more can be written. The system says so once: what is then read ends as if in order. */
  get writeError(): Error | undefined {
    return this.#writeError;
  }

  /** Whether it was so when the write began: nothing of that write has gone out. */
  get hasFailedAtOnce(): boolean {
    return this.#hasFailedAtOnce;
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: Done): void {
    this.#isWriting = true;
    super._write(chunk, encoding, (error) => this.#written(error, done));
    this.#isWriting = false;
  }

  override _writev(chunks: { chunk: Buffer | string; encoding: BufferEncoding }[], done: Done): void {
    this.#isWriting = true;
    super._writev?.(chunks, (error) => this.#written(error, done));
    this.#isWriting = false;
  }

  #written(error: Error | null | undefined, done: Done): void {
    // Left undone: nothing more is written, and what has come is read to its end.
    if (error instanceof Error && isErrno(error, "ECONNRESET", "EPIPE")) {
      this.#writeError = error;
      this.#hasFailedAtOnce = this.#isWriting;
    } else done(error);
  }
}
