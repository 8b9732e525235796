// The global of this name is looked up by a getter each time.
import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { borrowChunk, CHUNK_BYTES, giveChunkBack } from "./chunk-pool.ts";
import { joinInto, type Piece } from "./pieces.ts";

/**
 * Writes what was gathered for a socket at the end of the present turn of the event loop, together with what was
 * gathered for all others. The readers of those sockets are then woken once for many messages, and whatever came in
 * the same turn has been read before: an answer that a core sent before it closed, or the end of an idle connection.
 */
export class BatchedWriter {
  readonly #socket: Socket;
  /** The piece that was added last, and those before it: mostly there are none. */
  #last: Piece | undefined;
  #earlier: Piece[] | undefined;
  #bytes = 0;
  #isDue = false;
  #writes = 0;
  #handedBytes = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Bytes that the system has not taken yet. */
  get waitingBytes(): number {
    return this.#bytes + this.#socket.writableLength;
  }

  /** Bytes that the system has taken. */
  get takenBytes(): number {
    return this.#handedBytes - this.#socket.writableLength;
  }

  /** How often something was handed to the socket. */
  get writes(): number {
    return this.#writes;
  }

  /** How many pieces wait to be handed to the socket. */
  get pieces(): number {
    return this.#last === undefined ? 0 : (this.#earlier?.length ?? 0) + 1;
  }

  /**
   * Takes back the pieces that were added when there were `writes` and `pieces` of them.
   * @returns false where it is too late, and nothing was taken back.
   */
  takeBack(writes: number, pieces: number): boolean {
    if (writes !== this.#writes) return false;
    const kept = this.#take().slice(0, pieces);
    for (const piece of kept) this.add(piece);
    return true;
  }

  /** Gathers; strings are latin1. Nothing goes out before {@link send}. */
  add(piece: Piece): void {
    if (this.#last !== undefined) {
      this.#earlier ??= [];
      this.#earlier.push(this.#last);
    }
    this.#last = piece;
    this.#bytes += piece.length;
  }

  /**
   * Gathers a copy of the bytes, joined with the text before and after them: that costs no more than to keep them. What
   * is large goes out at once, while it is at hand for the processor.
   */
  addCopy(data: Buffer, after = ""): void {
    const before = this.#takeText();
    const bytes = before.length + data.length + after.length;
    const isLarge = this.#deservesChunk(bytes);
    const chunk = isLarge ? borrowChunk() : Buffer.allocUnsafe(bytes);
    if (before !== "") chunk.write(before, 0, "latin1");
    data.copy(chunk, before.length);
    if (after !== "") chunk.write(after, before.length + data.length, "latin1");
    if (isLarge) this.#sendChunk(chunk, bytes);
    else this.add(chunk);
  }

  /** As {@link addCopy}, of several pieces that come to so many bytes. */
  addCopies(pieces: readonly Piece[], bytes: number): void {
    const isLarge = this.#deservesChunk(bytes);
    const chunk = isLarge ? borrowChunk() : Buffer.allocUnsafe(bytes);
    joinInto(chunk, pieces);
    if (isLarge) this.#sendChunk(chunk, bytes);
    else this.add(chunk);
  }

  /** Sends a chunk that is filled, behind what was gathered. */
  #sendChunk(chunk: Buffer, bytes: number): void {
    this.sendNow();
    if (!this.#socket.writable) {
      giveChunkBack(chunk);
      return;
    }
    this.#writes += 1;
    this.#handedBytes += bytes;
    this.#writeChunk(chunk, bytes);
  }

  /** Takes away the piece that was added last, where it is text. */
  #takeText(): string {
    const last = this.#last;
    if (typeof last !== "string") return "";
    this.#last = this.#earlier?.pop();
    this.#bytes -= last.length;
    return last;
  }

  /** What was gathered goes out at the end of this turn. */
  send(): void {
    if (this.#isDue || this.#last === undefined) return;
    this.#isDue = true;
    due.push(this);
    if (due.length === 1) setImmediate(sendAll);
  }

  /** What was gathered goes out now. */
  sendNow(): void {
    this.#isDue = false;
    const bytes = this.#bytes;
    const last = this.#last;
    if (last === undefined) return;
    const isOne = this.#earlier === undefined || this.#earlier.length === 0;
    const pieces = isOne ? NONE : this.#take();
    this.#last = undefined;
    this.#bytes = 0;
    if (!this.#socket.writable) return;
    this.#writes += 1;
    this.#handedBytes += bytes;
    if (isOne) this.#write(last);
    else if (bytes <= COPY_BYTES) this.#writeJoined(pieces, bytes);
    else {
      this.#socket.cork();
      for (const piece of pieces) this.#write(piece);
      this.#socket.uncork();
    }
  }

  #take(): readonly Piece[] {
    const pieces = this.#last === undefined ? NONE : [...(this.#earlier ?? []), this.#last];
    this.#last = undefined;
    this.#earlier = undefined;
    this.#bytes = 0;
    return pieces;
  }

  /** What waits behind much else would hold on to a chunk that it does not fill, for as long as the reader is slow. */
  #deservesChunk(bytes: number): boolean {
    if (bytes < LARGE_BYTES || bytes > CHUNK_BYTES) return false;
    return bytes >= CHUNK_BYTES / 2 || this.#socket.writableLength === 0;
  }

  #writeJoined(pieces: readonly Piece[], bytes: number): void {
    const isLarge = this.#deservesChunk(bytes);
    const chunk = isLarge ? borrowChunk() : Buffer.allocUnsafe(bytes);
    joinInto(chunk, pieces);
    if (isLarge) this.#writeChunk(chunk, bytes);
    else this.#socket.write(chunk);
  }

  #writeChunk(chunk: Buffer, bytes: number): void {
    this.#socket.write(chunk.subarray(0, bytes), () => giveChunkBack(chunk));
  }

  #write(piece: Piece): void {
    if (typeof piece === "string") this.#socket.write(piece, "latin1");
    else this.#socket.write(piece);
  }
}

/** From this size on, memory that is used again and again costs less than memory of its own. */
const LARGE_BYTES = 16_384;

const NONE: readonly Piece[] = [];

/** Up to this size, copying pieces together costs less than writing each. */
const COPY_BYTES = 32_768;

let due: BatchedWriter[] = [];

function sendAll(): void {
  const writers = due;
  due = [];
  for (const writer of writers) writer.sendNow();
}
