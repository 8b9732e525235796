import {
  ConnectionError,
  ERROR_CODE,
  FLAG,
  FRAME,
  FRAME_BYTES,
  FRAME_HEAD_BYTES,
  MAX_STREAM_ID,
} from "./frames.ts";

/** Takes what a client sends apart into frames, in whatever pieces it comes. What the frames mean it does not know. */

/** A frame that is there whole. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

/** Who takes what the reader finds. */
export interface FrameSink {
  /** Any frame but DATA. The first is given whatever it is. */
  onFrame(frame: Frame): void;
  /** DATA begins: `bytes` of it count for flow control, with the padding that is left out of what follows. */
  onDataBegin(streamId: number, bytes: number): void;
  /** A part of its payload, as soon as it comes; none where it has none. */
  onData(streamId: number, part: Buffer): void;
  onDataEnd(streamId: number, endsStream: boolean): void;
}

/** What every client says first (RFC 9113 section 3.4). */
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const NOTHING = Buffer.alloc(0);

/** DATA whose payload is still coming. */
interface OpenData {
  readonly streamId: number;
  readonly endsStream: boolean;
  left: number;
}

/** The reader of one connection. */
export class FrameReader {
  readonly #sink: FrameSink;
  /** Bytes of the preface that have come. */
  #prefaceBytes = 0;
  #kept: Buffer = NOTHING;
  #data: OpenData | undefined;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Whether what came last was whole: nothing has begun that has not ended. */
  get isBetweenFrames(): boolean {
    return this.#kept.length === 0 && this.#data === undefined && this.#prefaceBytes === PREFACE.length;
  }

  /**
   * Reads what came next.
   * @throws {ConnectionError} for what is no HTTP/2, for a frame that is larger than we have said that we take, and what
   * the sink throws.
   */
  read(piece: Buffer): void {
    let at = this.#prefaceBytes < PREFACE.length ? this.#readPreface(piece) : 0;
    let all = piece;
    if (this.#kept.length > 0) {
      all = Buffer.concat([this.#kept, piece.subarray(at)]);
      at = 0;
      this.#kept = NOTHING;
    }
    while (at < all.length) {
      const next = this.#data === undefined ? this.#readFrame(all, at) : this.#readData(this.#data, all, at);
      if (next === at) {
        // A copy, or the rest of a large piece would be kept with it.
        this.#kept = Buffer.from(all.subarray(at));
        return;
      }
      at = next;
    }
  }

  #readPreface(piece: Buffer): number {
    const bytes = Math.min(piece.length, PREFACE.length - this.#prefaceBytes);
    if (PREFACE.compare(piece, 0, bytes, this.#prefaceBytes, this.#prefaceBytes + bytes) !== 0)
      throw new ConnectionError(ERROR_CODE.protocolError, "the client does not begin as HTTP/2 does");
    this.#prefaceBytes += bytes;
    return bytes;
  }

  /** Gives where the next frame begins; `at` itself where this one is not there yet. */
  #readFrame(all: Buffer, at: number): number {
    const start = at + FRAME_HEAD_BYTES;
    if (start > all.length) return at;
    const length = all.readUIntBE(at, 3);
    const type = all[at + 3] ?? 0;
    const flags = all[at + 4] ?? 0;
    const streamId = all.readUInt32BE(at + 5) & MAX_STREAM_ID;
    if (length > FRAME_BYTES)
      throw new ConnectionError(ERROR_CODE.frameSizeError, `a frame has more than ${FRAME_BYTES} bytes`);
    if (type === FRAME.data && (flags & FLAG.padded) === 0) {
      this.#sink.onDataBegin(streamId, length);
      this.#data = { streamId, endsStream: (flags & FLAG.endStream) !== 0, left: length };
      if (length === 0) this.#endData(this.#data);
      return start;
    }
    const end = start + length;
    if (end > all.length) return at;
    const payload = all.subarray(start, end);
    if (type === FRAME.data) this.#takePadded({ type, flags, streamId, payload });
    else this.#sink.onFrame({ type, flags, streamId, payload });
    return end;
  }

  #readData(data: OpenData, all: Buffer, at: number): number {
    const end = Math.min(all.length, at + data.left);
    data.left -= end - at;
    this.#sink.onData(data.streamId, all.subarray(at, end));
    if (data.left === 0) this.#endData(data);
    return end;
  }

  #endData({ streamId, endsStream }: OpenData): void {
    this.#data = undefined;
    this.#sink.onDataEnd(streamId, endsStream);
  }

  #takePadded(frame: Frame): void {
    const { flags, streamId, payload } = frame;
    const sink = this.#sink;
    sink.onDataBegin(streamId, payload.length);
    const data = withoutPadding(frame);
    if (data.length > 0) sink.onData(streamId, data);
    sink.onDataEnd(streamId, (flags & FLAG.endStream) !== 0);
  }
}

/**
 * The payload of DATA or HEADERS without its padding, where it has any (RFC 9113 sections 6.1 and 6.2).
 * @throws {ConnectionError} where the padding is more than there is.
 */
export function withoutPadding({ flags, payload }: Frame): Buffer {
  if ((flags & FLAG.padded) === 0) return payload;
  const padding = payload[0];
  if (padding === undefined)
    throw new ConnectionError(ERROR_CODE.frameSizeError, "a padded frame does not say by how much");
  if (padding >= payload.length)
    throw new ConnectionError(ERROR_CODE.protocolError, "the padding is longer than its frame");
  return payload.subarray(1, payload.length - padding);
}
