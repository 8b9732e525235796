import { type Fields, NO_FIELDS } from "../../web/wire/fields.ts";
import { ERROR_CODE, type ErrorCode, windowUpdate } from "./frames.ts";
import { Outgoing } from "./outgoing.ts";
import { ReceiveWindow } from "./receive-window.ts";
import type { Sender } from "./sender.ts";

/** One stream: what its client may send at which moment (RFC 9113 section 5.1), and who is told of it. */

/** Who uses a stream. */
export interface StreamUser {
  /** A part of the body. It counts against the client's window until {@link Stream.take}. */
  onData(data: Buffer): void;
  /** The client has said all. */
  onEnd(trailers: Fields): void;
  /** More can be written, after a write that gave false. */
  onRoom(): void;
  /** All that was written has gone its way, up to its end. */
  onSent(): void;
  /** The stream is no more. `isInOrder`: both sides have ended it, nobody broke it off. */
  onClosed(isInOrder: boolean): void;
}

/** What a stream asks of its connection. */
export interface StreamOwner {
  readonly sender: Sender;
  /** So many bytes that came on a stream need no memory any more. */
  take(bytes: number): void;
  /** Sends RST_STREAM for a stream, which is then closed. */
  sendReset(streamId: number, code: ErrorCode): void;
  /** The client broke a rule, and so its stream. */
  onBroken(): void;
  onOpened(stream: Stream): void;
  onClosed(stream: Stream): void;
}

/** What a client may send on a stream before it must wait for us. */
export const STREAM_WINDOW_BYTES = 262_144;

/** The stream; it is open from the beginning. */
export class Stream {
  readonly id: number;
  readonly out: Outgoing;
  readonly #owner: StreamOwner;
  /** Most streams have no body. */
  #window: ReceiveWindow | undefined;
  /** What came and needs memory still. */
  #heldBytes = 0;
  /** Bytes that are still to come where the head has said how many. */
  #left: number | undefined;
  #hasClientEnded: boolean;
  #isClosed = false;
  user: StreamUser | undefined;
  /** Whether what the client has still to say is wanted after our side has ended. */
  readsOn = false;

  constructor(
    owner: StreamOwner,
    head: { readonly id: number; readonly endsStream: boolean; readonly lengthBytes: number | undefined },
  ) {
    this.id = head.id;
    this.#owner = owner;
    this.#hasClientEnded = head.endsStream;
    this.#left = head.lengthBytes;
    this.out = new Outgoing(head.id, owner.sender, () => this.#ended());
  }

  /** Whether nothing more will come from the client, in order. */
  get hasClientEnded(): boolean {
    return this.#hasClientEnded;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** DATA begins; so many bytes count for flow control. */
  beginData(bytes: number): void {
    this.#heldBytes += bytes;
    this.#window ??= new ReceiveWindow(STREAM_WINDOW_BYTES);
    if (this.#hasClientEnded) this.break(ERROR_CODE.streamClosed);
    else if (!this.#window.receive(bytes)) this.break(ERROR_CODE.flowControlError);
  }

  /** A part of the body. */
  receive(data: Buffer): void {
    if (this.#left !== undefined) {
      this.#left -= data.length;
      if (this.#left < 0) {
        this.break(ERROR_CODE.protocolError);
        return;
      }
    }
    this.user?.onData(data);
  }

  /** The client has ended its side. */
  receiveEnd(trailers: Fields = NO_FIELDS): void {
    if (this.#left !== undefined && this.#left > 0) {
      this.break(ERROR_CODE.protocolError);
      return;
    }
    this.#hasClientEnded = true;
    this.user?.onEnd(trailers);
    if (this.out.isOver) this.#close(true);
  }

  /** So many bytes of the body need no memory any more. */
  take(bytes: number): void {
    if (this.#isClosed) return;
    this.#heldBytes -= bytes;
    this.#owner.take(bytes);
    if (this.#hasClientEnded) return;
    const more = this.#window?.take(bytes) ?? 0;
    if (more === 0) return;
    this.#owner.sender.add(windowUpdate(this.id, more));
    this.#owner.sender.send();
  }

  /** The client takes so many bytes more on this stream. */
  grow(bytes: number): void {
    if (!this.out.grow(bytes)) this.break(ERROR_CODE.flowControlError);
    else this.tellRoom();
  }

  /** Tells whoever writes where there is room again. */
  tellRoom(): void {
    if (this.out.makesRoom) this.user?.onRoom();
  }

  /** Ends the stream for a rule that the client broke (RFC 9113 section 5.4.2). */
  break(code: ErrorCode): void {
    if (this.#isClosed) return;
    this.reset(code);
    this.#owner.onBroken();
  }

  /** Breaks the stream off. */
  reset(code: ErrorCode): void {
    if (this.#isClosed) return;
    this.out.drop();
    this.#owner.sendReset(this.id, code);
    this.#close(false);
  }

  /** The client has broken it off, or the connection is no more. */
  abort(): void {
    if (this.#isClosed) return;
    this.out.drop();
    this.#close(false);
  }

  /** Our side has ended: the client is told where the rest of its own is of no interest (RFC 9113 section 8.1). */
  #ended(): void {
    this.user?.onSent();
    if (!this.#hasClientEnded) {
      if (this.readsOn) return;
      this.#owner.sendReset(this.id, ERROR_CODE.noError);
    }
    this.#close(true);
  }

  #close(isInOrder: boolean): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#owner.take(this.#heldBytes);
    this.#owner.onClosed(this);
    this.user?.onClosed(isInOrder);
  }
}
