import { turnMs } from "../../base/clock.ts";
import type { Fields } from "../../web/wire/fields.ts";
import { trailersBlock } from "./answer-block.ts";
import { FLAG, FRAME, frameHead, MAX_WINDOW_BYTES } from "./frames.ts";
import type { Mark, Sender, WaitingStream } from "./sender.ts";

/** What goes out on one stream: its head, and as much of its body as the windows let through; the rest waits here. */

/** Beyond this much that waits on a stream, whoever writes is held back, until it is half of that. */
const HOLD_BACK_BYTES = 131_072;

/** The outgoing side of a stream. */
export class Outgoing implements WaitingStream {
  readonly #id: number;
  readonly #sender: Sender;
  /** Called when the last frame was gathered. */
  readonly #onEnded: () => void;
  #window: number;
  /** Frames that go out with the first data, or when flushed. */
  #headText = "";
  #hasBegun = false;
  #queue: Buffer[] = [];
  /** Of the first in the queue, what has gone out. */
  #sentOfFirst = 0;
  #queuedBytes = 0;
  #shutSinceMs = 0;
  #sentBytes = 0;
  /** What ends the stream, once the queue is empty. */
  #end: "with-data" | Fields | undefined;
  #isOver = false;
  #isHeld = false;
  /** Where what could be taken back begins and ends. */
  #from: Mark | undefined;
  #to: Mark | undefined;
  /** Of the data between the two. */
  #markedBytes = 0;
  #isInOnePiece = true;

  constructor(id: number, sender: Sender, onEnded: () => void) {
    this.#id = id;
    this.#sender = sender;
    this.#window = sender.initialWindow;
    this.#onEnded = onEnded;
  }

  /** Grows while the client takes what was written: on the whole connection, unless it is this stream that it holds back. */
  get takenBytes(): number {
    return this.#isShut ? this.#sentBytes : this.#sentBytes + this.#sender.takenBytes;
  }

  /** Since when the client holds this stream back, by `turnMs()`; `Infinity` where it does not. */
  get shutSinceMs(): number {
    return this.#isShut ? this.#shutSinceMs : Number.POSITIVE_INFINITY;
  }

  /** Whether what waits does so for the stream's own window. */
  get #isShut(): boolean {
    return this.#queuedBytes > 0 && this.#window <= 0;
  }

  /** Whether the head of the final answer was written. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Whether the last frame has gone its way. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** An interim answer. */
  interim(block: string): void {
    this.#headText += this.#headers(block, false);
  }

  /** The final head; `endsStream`: nothing follows it. */
  begin(block: string, endsStream: boolean): void {
    // What stands before it is not taken back with it.
    this.#sendHead();
    this.#hasBegun = true;
    this.#from = undefined;
    this.#to = undefined;
    this.#markedBytes = 0;
    this.#isInOnePiece = true;
    this.#headText = this.#headers(block, endsStream);
    if (endsStream) this.#finish();
  }

  /**
   * A part of the body, which may be used until this returns; `endsStream`: it is the last.
   * @returns false where no more should be written until there is room: see {@link makesRoom}.
   */
  write(data: Buffer, endsStream: boolean): boolean {
    if (this.#isOver || this.#end !== undefined) return true;
    const sent = this.#queue.length === 0 ? this.#send(data, 0, endsStream) : 0;
    if (sent < data.length) {
      if (this.#queuedBytes === 0) this.#shutSinceMs = turnMs();
      this.#queue.push(Buffer.from(data.subarray(sent)));
      this.#queuedBytes += data.length - sent;
      if (endsStream) this.#end = "with-data";
      this.#waitForTurn();
    } else if (endsStream) {
      this.#finish();
    }
    this.#isHeld = this.#queuedBytes >= HOLD_BACK_BYTES || !this.#sender.hasRoom;
    return !this.#isHeld;
  }

  /** Nothing follows but trailers. */
  end(trailers: Fields): void {
    if (this.#isOver || this.#end !== undefined) return;
    if (this.#queue.length > 0) this.#end = trailers;
    else this.#sendEnd(trailers);
  }

  /** What waits for nothing but this goes out at the end of this turn. */
  flush(): void {
    this.#sendHead();
    this.#sender.send();
  }

  /**
   * Takes back the final head and what followed it.
   * @returns false where some of it may have gone out.
   */
  takeBack(): boolean {
    if (this.#from !== undefined && this.#to !== undefined) {
      if (!this.#isInOnePiece) return false;
      if (!this.#sender.takeBack(this.#from, this.#to, this.#markedBytes)) return false;
      this.#window += this.#markedBytes;
    } else if (this.#headText === "") {
      return false;
    }
    this.#sender.forgetTable();
    this.#headText = "";
    this.#hasBegun = false;
    this.drop();
    return true;
  }

  /** What waits is not sent any more. */
  drop(): void {
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#sentOfFirst = 0;
    this.#end = undefined;
    this.#sender.forget(this);
  }

  /**
   * The client takes so many bytes more, or fewer, on this stream.
   * @returns false where the window would be larger than any may be (RFC 9113 section 6.9.1).
   */
  grow(bytes: number): boolean {
    this.#window += bytes;
    if (this.#window > MAX_WINDOW_BYTES) return false;
    while (this.#window > 0 && this.sendSome(this.#window));
    this.#sender.send();
    return true;
  }

  sendSome(maxBytes: number): boolean {
    const first = this.#queue[0];
    if (first === undefined) return false;
    const isLast = this.#queue.length === 1 && this.#end === "with-data";
    const end = Math.min(first.length, this.#sentOfFirst + maxBytes);
    const part = end === first.length ? first : first.subarray(0, end);
    const sent = this.#send(part, this.#sentOfFirst, isLast && part === first);
    if (sent === 0) {
      this.#waitForTurn();
      return false;
    }
    this.#queuedBytes -= sent;
    this.#shutSinceMs = turnMs();
    this.#sentOfFirst += sent;
    if (this.#sentOfFirst < first.length) return true;
    this.#queue.shift();
    this.#sentOfFirst = 0;
    if (this.#queue.length > 0) return true;
    const last = this.#end;
    if (last === "with-data") this.#finish();
    else if (last !== undefined) this.#sendEnd(last);
    return false;
  }

  /** Whether there is room again after a {@link write} that gave false: told once. */
  get makesRoom(): boolean {
    if (!this.#isHeld || this.#queuedBytes > HOLD_BACK_BYTES / 2 || !this.#sender.hasRoom) return false;
    this.#isHeld = false;
    return true;
  }

  /** Sends what it can at once; gives how many bytes of the data, from `from` on, went. */
  #send(data: Buffer, from: number, endsStream: boolean): number {
    const mark = this.#sender.mark;
    let at = from;
    while (at < data.length) {
      const stream = { id: this.#id, window: this.#window, before: this.#headText };
      const sent = this.#sender.addData(data, at, stream, endsStream);
      if (sent === 0) break;
      at += sent;
      this.#headText = "";
      this.#window -= sent;
    }
    this.#sentBytes += at - from;
    if (at > from) this.#noteSent(mark, at - from);
    return at - from;
  }

  #noteSent(from: Mark, bytes: number): void {
    this.#from ??= from;
    // Something else may stand between this and what was sent before.
    if (this.#to !== undefined && !isSame(this.#to, from)) this.#isInOnePiece = false;
    this.#to = this.#sender.mark;
    this.#markedBytes += bytes;
  }

  /** Where it is not the stream's own window that is used up, it is served in turn with the others. */
  #waitForTurn(): void {
    if (this.#window > 0) this.#sender.wait(this);
  }

  #sendHead(): void {
    if (this.#headText === "") return;
    const mark = this.#sender.mark;
    this.#sender.add(this.#headText);
    this.#headText = "";
    this.#noteSent(mark, 0);
  }

  #sendEnd(trailers: Fields): void {
    this.#headText +=
      trailers.names.length === 0
        ? frameHead(FRAME.data, FLAG.endStream, this.#id, 0)
        : this.#headers(trailersBlock(trailers), true);
    this.#finish();
  }

  #finish(): void {
    this.#sendHead();
    this.#end = undefined;
    this.#isOver = true;
    this.#onEnded();
  }

  #headers(block: string, endsStream: boolean): string {
    return this.#sender.headers(this.#id, block, endsStream);
  }
}

function isSame(one: Mark, other: Mark): boolean {
  return one.writes === other.writes && one.pieces === other.pieces;
}
