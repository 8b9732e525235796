import { NO_FIELDS } from "../../web/wire/fields.ts";
import { type ChangedSettings, readSettings } from "./client-settings.ts";
import type { Frame, FrameSink } from "./frame-reader.ts";
import { ConnectionError, ERROR_CODE, type ErrorCode, FLAG, FRAME, MAX_STREAM_ID } from "./frames.ts";
import { type BlockLimits, type HeaderBlock, HeaderBlocks } from "./header-blocks.ts";
import type { ReceiveWindow } from "./receive-window.ts";
import { readTrailers } from "./request-head.ts";
import type { Streams } from "./streams.ts";

/** What the frames of a client mean, and which may come when (RFC 9113 sections 5 and 6). */

/** Who acts on it. */
export interface FrameOwner {
  readonly streams: Streams;
  readonly window: ReceiveWindow;
  /** A stream begins, with the block of its request. */
  onRequest(block: HeaderBlock): void;
  onSettings(changed: ChangedSettings): void;
  onPing(payload: Buffer): void;
  /** The client opens no more streams. */
  onGoaway(): void;
  /** The client takes so many bytes more, on all streams together. */
  onWindow(bytes: number): void;
  /** So many bytes need no memory any more that belong to no stream. */
  take(bytes: number): void;
  sendReset(streamId: number, code: ErrorCode): void;
  /** The client has broken a stream off, or made us do it. @throws {ConnectionError} where it does so too often. */
  onBroken(): void;
  /** A frame came that does nothing for the client. @throws {ConnectionError} where it is one too many. */
  onUseless(): void;
}

/** Takes the frames of one connection. */
export class IncomingFrames implements FrameSink {
  readonly #owner: FrameOwner;
  readonly #streams: Streams;
  readonly #blocks: HeaderBlocks;
  #hasBegun = false;
  /** Of the DATA that is coming: what counts for flow control, and is no data. */
  #paddingBytes = 0;
  #hasData = false;

  constructor(owner: FrameOwner, limits: BlockLimits) {
    this.#owner = owner;
    this.#streams = owner.streams;
    this.#blocks = new HeaderBlocks(limits);
  }

  onFrame(frame: Frame): void {
    this.#check(frame.type);
    switch (frame.type) {
      case FRAME.headers:
      case FRAME.continuation:
        this.#onHeaders(frame);
        break;
      case FRAME.priority:
        this.#onPriority(frame);
        break;
      case FRAME.rstStream:
        this.#onReset(frame);
        break;
      case FRAME.settings:
        this.#onSettings(frame);
        break;
      case FRAME.pushPromise:
        throw new ConnectionError(ERROR_CODE.protocolError, "a client pushes nothing");
      case FRAME.ping:
        this.#onPing(frame);
        break;
      case FRAME.goaway:
        mustBe(frame.streamId === 0, "GOAWAY is of no stream");
        mustHave(frame.payload.length >= 8, "GOAWAY");
        this.#owner.onGoaway();
        break;
      case FRAME.windowUpdate:
        this.#onWindowUpdate(frame);
        break;
      default:
        // RFC 9113 section 5.5.
        this.#owner.onUseless();
    }
  }

  onDataBegin(streamId: number, bytes: number): void {
    this.#check(FRAME.data);
    this.#hasData = false;
    this.#paddingBytes = bytes;
    if (!this.#owner.window.receive(bytes))
      throw new ConnectionError(ERROR_CODE.flowControlError, "more came than the window of the connection");
    const stream = this.#streams.get(streamId);
    if (stream !== undefined) {
      stream.beginData(bytes);
      return;
    }
    const fate = this.#streams.fateOf(streamId);
    mustBe(streamId !== 0 && fate !== "idle", "DATA is of no stream that was opened");
    if (fate === "closed") throw new ConnectionError(ERROR_CODE.streamClosed, "DATA for a closed stream");
    if (fate === "forgotten") {
      this.#owner.sendReset(streamId, ERROR_CODE.streamClosed);
      this.#owner.onUseless();
    }
    this.#owner.take(bytes);
  }

  onData(streamId: number, part: Buffer): void {
    this.#hasData = true;
    this.#paddingBytes -= part.length;
    // One that was broken off meanwhile has given all back that it held.
    this.#streams.get(streamId)?.receive(part);
  }

  onDataEnd(streamId: number, endsStream: boolean): void {
    const stream = this.#streams.get(streamId);
    if (!this.#hasData && !endsStream) this.#owner.onUseless();
    if (this.#paddingBytes > 0) stream?.take(this.#paddingBytes);
    if (endsStream) stream?.receiveEnd();
  }

  /** What may come at all at this moment. */
  #check(type: number): void {
    if (!this.#hasBegun) mustBe(type === FRAME.settings, "the client does not begin with SETTINGS");
    this.#hasBegun = true;
    if (this.#blocks.openStreamId !== undefined)
      mustBe(type === FRAME.continuation, "something came between the parts of a header");
  }

  #onHeaders(frame: Frame): void {
    const { streamId } = frame;
    mustBe(streamId % 2 === 1, "HEADERS is of no stream of a client");
    const block = this.#blocks.take(frame);
    if (block === undefined) return;
    const stream = this.#streams.get(streamId);
    if (stream === undefined) this.#onRequest(block);
    else if (block.dependsOn === streamId) stream.break(ERROR_CODE.protocolError);
    else if (stream.hasClientEnded) stream.break(ERROR_CODE.streamClosed);
    else {
      const trailers = block.endsStream ? readTrailers(block.decoded.list) : undefined;
      if (trailers === undefined) stream.break(ERROR_CODE.protocolError);
      else stream.receiveEnd(block.decoded.isTooLarge ? NO_FIELDS : trailers);
    }
  }

  #onRequest(block: HeaderBlock): void {
    const { streamId } = block;
    switch (this.#streams.fateOf(streamId)) {
      case "idle":
        this.#streams.lastId = streamId;
        if (block.dependsOn === streamId) this.#refuse(streamId);
        else this.#owner.onRequest(block);
        break;
      case "broken-off":
        break;
      case "closed":
        throw new ConnectionError(ERROR_CODE.streamClosed, "HEADERS for a closed stream");
      case "forgotten":
        throw new ConnectionError(ERROR_CODE.protocolError, "a stream has a lower number than one before it");
    }
  }

  #refuse(streamId: number): void {
    this.#owner.sendReset(streamId, ERROR_CODE.protocolError);
    this.#owner.onBroken();
  }

  /** Of no meaning any more (RFC 9113 section 5.3), but for its form. */
  #onPriority({ streamId, payload }: Frame): void {
    mustBe(streamId !== 0, "PRIORITY is of a stream");
    this.#owner.onUseless();
    const isWhole = payload.length === 5;
    if (isWhole && (payload.readUInt32BE(0) & MAX_STREAM_ID) !== streamId) return;
    const code = isWhole ? ERROR_CODE.protocolError : ERROR_CODE.frameSizeError;
    const stream = this.#streams.get(streamId);
    // One that is not open can't be broken off.
    if (stream === undefined) throw new ConnectionError(code, "PRIORITY is malformed");
    stream.break(code);
  }

  #onReset({ streamId, payload }: Frame): void {
    mustHave(payload.length === 4, "RST_STREAM");
    mustBe(
      streamId !== 0 && this.#streams.fateOf(streamId) !== "idle",
      "RST_STREAM is of no stream that was opened",
    );
    const stream = this.#streams.get(streamId);
    if (stream === undefined) {
      this.#owner.onUseless();
      return;
    }
    stream.abort();
    this.#owner.onBroken();
  }

  #onSettings({ streamId, flags, payload }: Frame): void {
    mustBe(streamId === 0, "SETTINGS is of no stream");
    this.#owner.onUseless();
    if ((flags & FLAG.ack) !== 0) mustHave(payload.length === 0, "the acknowledgement of SETTINGS");
    else this.#owner.onSettings(readSettings(payload));
  }

  #onPing({ streamId, flags, payload }: Frame): void {
    mustBe(streamId === 0, "PING is of no stream");
    mustHave(payload.length === 8, "PING");
    this.#owner.onUseless();
    if ((flags & FLAG.ack) === 0) this.#owner.onPing(payload);
  }

  #onWindowUpdate({ streamId, payload }: Frame): void {
    mustHave(payload.length === 4, "WINDOW_UPDATE");
    const bytes = payload.readUInt32BE(0) & MAX_STREAM_ID;
    if (streamId === 0) {
      mustBe(bytes > 0, "WINDOW_UPDATE of nothing");
      this.#owner.onWindow(bytes);
      return;
    }
    const stream = this.#streams.get(streamId);
    if (stream === undefined) {
      mustBe(this.#streams.fateOf(streamId) !== "idle", "WINDOW_UPDATE is of no stream that was opened");
    } else if (bytes === 0) {
      stream.break(ERROR_CODE.protocolError);
    } else {
      stream.grow(bytes);
    }
  }
}

function mustBe(isSo: boolean, otherwise: string): void {
  if (!isSo) throw new ConnectionError(ERROR_CODE.protocolError, otherwise);
}

function mustHave(isSo: boolean, what: string): void {
  if (!isSo) throw new ConnectionError(ERROR_CODE.frameSizeError, `${what} has a wrong size`);
}
