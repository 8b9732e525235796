import type { Socket } from "node:net";
import { BatchedWriter } from "../../web/wire/batched-writer.ts";
import type { Piece } from "../../web/wire/pieces.ts";
import {
  ConnectionError,
  ERROR_CODE,
  FLAG,
  FRAME,
  FRAME_BYTES,
  FRAME_HEAD_BYTES,
  frameHead,
  headersFrames,
  INITIAL_WINDOW_BYTES,
  MAX_WINDOW_BYTES,
} from "./frames.ts";

/** What goes out on one connection: the frames of all its streams, and the window that they share (RFC 9113 section 5.2). */

/** A stream that has more to send than the connection's window holds. */
export interface WaitingStream {
  /** Sends up to so many bytes. False where it has nothing to send, or its own window is used up. */
  sendSome(maxBytes: number): boolean;
}

/** A place in what was gathered and has not gone out. */
export interface Mark {
  readonly writes: number;
  readonly pieces: number;
}

/**
 * "Dynamic Table Size Update" (RFC 7541 section 6.3) to 0. The first block begins with it, so that no client that makes its
 * table smaller waits for us to say that we know (RFC 9113 section 4.3.1).
 */
const NO_TABLE = "\x20";

/** No more than this waits for the client to read; the rest waits on the streams, for their turns. */
const MOST_WAITING_BYTES = 262_144;

/** What was gathered goes out in batches of this size, so that one chunk of memory holds it. */
const BATCH_BYTES = 65_536;

/** The sender. */
export class Sender {
  readonly #out: BatchedWriter;
  readonly #waiting = new Set<WaitingStream>();
  #window = INITIAL_WINDOW_BYTES;
  /** The largest payload that the client takes. */
  maxFrameBytes = FRAME_BYTES;
  /** The window that new streams begin with. */
  initialWindow = INITIAL_WINDOW_BYTES;

  /** Whether a client knows that its table is not used. */
  #hasToldTableSize = false;

  constructor(socket: Socket) {
    this.#out = new BatchedWriter(socket);
  }

  /** Bytes that the system has not taken yet. */
  get waitingBytes(): number {
    return this.#out.waitingBytes;
  }

  /** Grows while the client takes what was sent. */
  get takenBytes(): number {
    return this.#out.takenBytes;
  }

  /** Whether data can be added, as far as the connection goes. */
  get hasRoom(): boolean {
    return this.#window > 0 && this.#out.waitingBytes < MOST_WAITING_BYTES;
  }

  /** Where what is added next will stand. */
  get mark(): Mark {
    return { writes: this.#out.writes, pieces: this.#out.pieces };
  }

  /**
   * Takes back what was added between two marks, `bytes` of data among it.
   * @returns false where it is too late, or something else was added behind it: nothing was taken back.
   */
  takeBack(from: Mark, to: Mark, bytes: number): boolean {
    if (this.#out.pieces !== to.pieces || !this.#out.takeBack(from.writes, from.pieces)) return false;
    this.#window += bytes;
    return true;
  }

  /** A header block was taken back: it may have been the one that told of the table. */
  forgetTable(): void {
    this.#hasToldTableSize = false;
  }

  /** The frames of a header block on a stream. */
  headers(streamId: number, block: string, endsStream: boolean): string {
    const size = this.#hasToldTableSize ? "" : NO_TABLE;
    this.#hasToldTableSize = true;
    return headersFrames(streamId, size + block, { endsStream, maxBytes: this.maxFrameBytes });
  }

  /** Gathers frames. Nothing goes out before {@link send}. */
  add(frames: string): void {
    this.#out.add(frames);
  }

  /** What was gathered goes out at the end of this turn. */
  send(): void {
    this.#out.send();
  }

  /** What was gathered goes out now. */
  sendNow(): void {
    this.#out.sendNow();
  }

  /**
   * Gathers DATA with as much of `data` from `from` on as there is room for, behind the frames of `before`.
   * @param endsStream whether the stream ends with the end of `data`.
   * @returns how many bytes; 0: nothing was gathered, not even `before`.
   */
  addData(
    data: Buffer,
    from: number,
    stream: { readonly id: number; readonly window: number; readonly before: string },
    endsStream: boolean,
  ): number {
    const bytes = Math.min(data.length - from, this.#window, stream.window, BATCH_BYTES);
    if (bytes <= 0 || !this.hasRoom) return 0;
    this.#window -= bytes;
    const end = from + bytes;
    const flags = endsStream && end === data.length ? FLAG.endStream : 0;
    if (bytes <= this.maxFrameBytes) {
      this.#out.add(stream.before + frameHead(FRAME.data, flags, stream.id, bytes));
      this.#out.addCopy(bytes === data.length ? data : data.subarray(from, end));
    } else {
      this.#addFrames(data.subarray(from, end), stream, flags);
    }
    return bytes;
  }

  #addFrames(
    data: Buffer,
    { id, before }: { readonly id: number; readonly before: string },
    flags: number,
  ): void {
    const pieces: Piece[] = [];
    let bytes = before.length;
    for (let from = 0; from < data.length; from += this.maxFrameBytes) {
      const part = data.subarray(from, from + this.maxFrameBytes);
      const isLast = from + part.length === data.length;
      const head = frameHead(FRAME.data, isLast ? flags : 0, id, part.length);
      pieces.push(from === 0 ? before + head : head, part);
      bytes += FRAME_HEAD_BYTES + part.length;
    }
    this.#out.addCopies(pieces, bytes);
  }

  /** The stream is served when there is room again. */
  wait(stream: WaitingStream): void {
    this.#waiting.add(stream);
  }

  /** It no longer is. */
  forget(stream: WaitingStream): void {
    this.#waiting.delete(stream);
  }

  /**
   * The client takes so many bytes more on the connection.
   * @throws {ConnectionError} where the window would be larger than any may be.
   */
  grow(bytes: number): void {
    this.#window += bytes;
    if (this.#window > MAX_WINDOW_BYTES)
      throw new ConnectionError(ERROR_CODE.flowControlError, "the window of the connection is too large");
    this.serveWaiting();
  }

  /** Serves the streams that wait, in turn, a frame each, for as long as there is room. */
  serveWaiting(): void {
    while (this.#waiting.size > 0 && this.hasRoom) {
      for (const stream of [...this.#waiting]) {
        // To the end: whoever has had a frame waits for all others.
        this.#waiting.delete(stream);
        if (stream.sendSome(FRAME_BYTES)) this.#waiting.add(stream);
        if (!this.hasRoom) break;
      }
    }
    this.send();
  }
}
