import { Duplex } from "node:stream";
import type { AnswerHead, ConnectStream } from "../../web/exchange.ts";
import { NO_FIELDS } from "../../web/wire/fields.ts";
import { answerBlock, ownBlock } from "./answer-block.ts";
import { ERROR_CODE } from "./frames.ts";
import { HeldBytes } from "./held-bytes.ts";
import type { Stream, StreamUser } from "./stream.ts";

/** The stream of an extended CONNECT (RFC 8441), as what a tunnel is made of. */
export class StreamTunnel extends Duplex implements ConnectStream, StreamUser {
  readonly #stream: Stream;
  /** What has come and is not asked for, as one piece: pieces may be tiny, and many. */
  readonly #held = new HeldBytes();
  #isWanted = false;
  #hasClientSaidAll = false;
  #written: (() => void) | undefined;
  #ended: (() => void) | undefined;

  constructor(stream: Stream) {
    super({ allowHalfOpen: true, readableHighWaterMark: 1 });
    this.#stream = stream;
    stream.user = this;
    stream.readsOn = true;
    if (stream.hasClientEnded) this.onEnd();
  }

  get hasBegun(): boolean {
    return this.#stream.out.hasBegun;
  }

  get hasEnded(): boolean {
    return this.readableEnded && this.#stream.hasClientEnded;
  }

  interim(head: AnswerHead): void {
    if (this.#stream.isClosed) return;
    this.#stream.out.interim(answerBlock(head));
    this.#stream.out.flush();
  }

  begin(head: AnswerHead): void {
    if (this.#stream.isClosed) return;
    this.#stream.out.begin(answerBlock(head), false);
    this.#stream.out.flush();
  }

  refuse(status: number, headers: Readonly<Record<string, string>>, body: Buffer): void {
    if (this.#stream.isClosed) return;
    this.#stream.out.begin(ownBlock(status, headers), false);
    this.write(body);
    this.finish();
  }

  finish(): void {
    this.#stream.readsOn = false;
    this.end();
  }

  breakOff(code: "cancel" | "internal-error"): void {
    this.#stream.reset(code === "cancel" ? ERROR_CODE.cancel : ERROR_CODE.internalError);
    this.destroy();
  }

  onData(data: Buffer): void {
    if (this.#isWanted) this.#pass(data);
    else this.#held.add(data);
  }

  onEnd(): void {
    this.#hasClientSaidAll = true;
    if (this.#held.length === 0) this.push(null);
  }

  onRoom(): void {
    const written = this.#written;
    this.#written = undefined;
    written?.();
  }

  onSent(): void {
    const ended = this.#ended;
    this.#ended = undefined;
    ended?.();
  }

  onClosed(isInOrder: boolean): void {
    if (this.destroyed) return;
    if (isInOrder) {
      // Where it is a tunnel, what has come is still to be passed on.
      if (!this.#stream.readsOn) process.nextTick(() => this.destroy());
      return;
    }
    this.emit("aborted");
    this.destroy();
  }

  override _read(): void {
    this.#isWanted = true;
    if (this.#held.length > 0) this.#pass(this.#held.takeAll());
  }

  override _write(data: Buffer, _encoding: BufferEncoding, written: () => void): void {
    if (this.#stream.isClosed) {
      written();
      return;
    }
    const goesOn = this.#stream.out.write(data, false);
    this.#stream.out.flush();
    if (goesOn) written();
    else this.#written = written;
  }

  override _final(ended: () => void): void {
    if (this.#stream.isClosed) {
      ended();
      return;
    }
    // What waits for the client is sent before there is an end.
    this.#ended = ended;
    this.#stream.out.end(NO_FIELDS);
    this.#stream.out.flush();
  }

  override _destroy(error: Error | null, destroyed: (error: Error | null) => void): void {
    this.#stream.reset(error === null ? ERROR_CODE.cancel : ERROR_CODE.internalError);
    destroyed(error);
  }

  #pass(data: Buffer): void {
    this.#stream.take(data.length);
    this.#isWanted = this.push(data);
    if (this.#hasClientSaidAll) this.push(null);
  }
}
