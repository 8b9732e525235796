import type { Socket } from "node:net";
import { join, type Piece } from "./pieces.ts";

/**
 * Writes what was gathered for a socket at the end of the present turn of the event loop, together with what was
 * gathered for all others. The readers of those sockets are then woken once for many messages, and whatever came in
 * the same turn has been read before: an answer that a core sent before it closed, or the end of an idle connection.
 */
export class BatchedWriter {
  readonly #socket: Socket;
  #pieces: Piece[] = [];
  #bytes = 0;
  #isDue = false;
  #writes = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Bytes that the system has not taken yet. */
  get waitingBytes(): number {
    return this.#bytes + this.#socket.writableLength;
  }

  /** How often something was handed to the socket. */
  get writes(): number {
    return this.#writes;
  }

  /** How many pieces wait to be handed to the socket. */
  get pieces(): number {
    return this.#pieces.length;
  }

  /**
   * Takes back the pieces that were added when there were `writes` and `pieces` of them.
   * @returns false where it is too late, and nothing was taken back.
   */
  takeBack(writes: number, pieces: number): boolean {
    if (writes !== this.#writes) return false;
    for (const piece of this.#pieces.splice(pieces)) this.#bytes -= piece.length;
    return true;
  }

  /** Gathers; strings are latin1. Nothing goes out before {@link send}. */
  add(piece: Piece): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
  }

  /** Gathers a copy of the bytes, joined with the text before and after them: that costs no more than to keep them. */
  addCopy(data: Buffer, after = ""): void {
    const last = this.#pieces.at(-1);
    const before = typeof last === "string" ? last : "";
    const copy = Buffer.allocUnsafe(before.length + data.length + after.length);
    if (before !== "") {
      this.#pieces.pop();
      copy.write(before, 0, "latin1");
    }
    data.copy(copy, before.length);
    if (after !== "") copy.write(after, before.length + data.length, "latin1");
    this.#pieces.push(copy);
    this.#bytes += data.length + after.length;
  }

  /** What was gathered goes out at the end of this turn. */
  send(): void {
    if (this.#isDue || this.#pieces.length === 0) return;
    this.#isDue = true;
    due.push(this);
    if (due.length === 1) setImmediate(sendAll);
  }

  /** What was gathered goes out now. */
  sendNow(): void {
    this.#isDue = false;
    const pieces = this.#pieces;
    const bytes = this.#bytes;
    if (pieces.length === 0) return;
    this.#pieces = [];
    this.#bytes = 0;
    const [first] = pieces;
    if (!this.#socket.writable || first === undefined) return;
    this.#writes += 1;
    if (pieces.length === 1) this.#write(first);
    else if (bytes <= COPY_BYTES) this.#socket.write(join(pieces, bytes));
    else {
      this.#socket.cork();
      for (const piece of pieces) this.#write(piece);
      this.#socket.uncork();
    }
  }

  #write(piece: Piece): void {
    if (typeof piece === "string") this.#socket.write(piece, "latin1");
    else this.#socket.write(piece);
  }
}

/** Up to this size, copying pieces together costs less than writing each. */
const COPY_BYTES = 32_768;

let due: BatchedWriter[] = [];

function sendAll(): void {
  const writers = due;
  due = [];
  for (const writer of writers) writer.sendNow();
}
