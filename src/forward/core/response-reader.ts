import { ChunkedReader } from "../../web/wire/chunked.ts";
import { type Fields, NO_FIELDS } from "../../web/wire/fields.ts";
import { type ResponseHead, readResponseHead, SWITCHING_PROTOCOLS, standsAgain } from "./response-head.ts";

/** Reads the answers on one connection to the core, in whatever pieces they come: strict, and nothing gathered but heads. */

/** Who takes what the reader finds. */
export interface ResponseSink {
  onInterim(head: ResponseHead): void;
  /** The final head, or that of a 101 that was asked for: the bytes of the other protocol then come as data. */
  onHead(head: ResponseHead): void;
  onData(data: Buffer): void;
  /** The answer is complete. `reusable`: the connection may carry another request. */
  onEnd(trailers: Fields, reusable: boolean): void;
}

const MAX_HEAD_BYTES = 65_536;
/** Longer ones are not kept until the next. */
const MAX_REMEMBERED_BYTES = 4_096;
/** Behind a head. */
const BLANK_LINE_BYTES = 2;
const NOTHING = Buffer.alloc(0);

type Place = "idle" | "head" | "length" | "chunked" | "close";

/** The reader. One answer at a time: {@link expect} begins it. */
export class ResponseReader {
  readonly #sink: ResponseSink;
  #place: Place = "idle";
  #asked = { isToHead: false, maySwitch: false };
  #kept: Buffer = NOTHING;
  #left = 0;
  #chunks: ChunkedReader | undefined;
  #isPersistent = false;
  /** The head of the answer before, and whether that was one to a HEAD. */
  #before: ResponseHead | undefined;
  #beforeIsToHead = false;
  /** Bytes of the present answer so far; none means that the core never began. */
  #bytes = 0;

  constructor(sink: ResponseSink) {
    this.#sink = sink;
  }

  /** Whether the core has begun to answer, be it with an interim answer or half a head. */
  get hasBegun(): boolean {
    return this.#bytes > 0;
  }

  /**
   * Expects an answer; `isToHead` where the request is a HEAD, whose answer has no body whatever its head says;
   * `maySwitch` where it asks for another protocol.
   */
  expect(isToHead: boolean, maySwitch = false): void {
    this.#place = "head";
    this.#asked.isToHead = isToHead;
    this.#asked.maySwitch = maySwitch;
    this.#isPersistent = true;
    this.#bytes = 0;
  }

  /** @throws {SyntaxError} for anything that is not exactly one answer: also for bytes nobody asked for. */
  read(piece: Buffer): void {
    this.#bytes += piece.length;
    let at = 0;
    while (at < piece.length) {
      switch (this.#place) {
        case "head":
          at = this.#readHead(piece, at);
          break;
        case "length":
          at = this.#readLength(piece, at);
          break;
        case "chunked":
          at = this.#readChunks(piece, at);
          break;
        case "close":
          this.#sink.onData(at === 0 ? piece : piece.subarray(at));
          return;
        case "idle":
          throw new SyntaxError("bytes came that belong to no answer");
      }
    }
  }

  /**
   * The core has closed its side.
   * @returns whether that was the proper end of an answer (one without a length, RFC 9112 section 6.3).
   */
  close(): boolean {
    if (this.#place !== "close") return false;
    this.#place = "idle";
    this.#sink.onEnd(NO_FIELDS, false);
    return true;
  }

  #readHead(piece: Buffer, from: number): number {
    const hasKept = this.#kept.length > 0;
    const all = hasKept ? Buffer.concat([this.#kept, piece.subarray(from)]) : piece;
    const start = hasKept ? 0 : from;
    const head = this.#beforeAgain(all, start) ?? readResponseHead(all, start, this.#asked);
    const bytes = head === undefined ? all.length - start : head.fields.head.length;
    if (bytes > MAX_HEAD_BYTES) throw new SyntaxError(`the head is larger than ${MAX_HEAD_BYTES} bytes`);
    if (head === undefined) {
      this.#kept = Buffer.from(all.subarray(start));
      return piece.length;
    }
    const left = all.length - start - bytes - BLANK_LINE_BYTES;
    this.#kept = NOTHING;
    this.#take(head, left);
    return this.#place === "idle" ? piece.length : piece.length - left;
  }

  #beforeAgain(bytes: Buffer, from: number): ResponseHead | undefined {
    const before = this.#before;
    if (before === undefined || this.#beforeIsToHead !== this.#asked.isToHead) return undefined;
    return standsAgain(before, bytes, from) ? before : undefined;
  }

  #remember(head: ResponseHead): void {
    if (head === this.#before) return;
    const isLast = head.framing === "close";
    this.#before = isLast || head.fields.head.length > MAX_REMEMBERED_BYTES ? undefined : head;
    this.#beforeIsToHead = this.#asked.isToHead;
  }

  #take(head: ResponseHead, bytesBehind: number): void {
    if (head.status < 200 && head.status !== SWITCHING_PROTOCOLS) {
      this.#isPersistent &&= head.isPersistent;
      this.#sink.onInterim(head);
      return;
    }
    this.#isPersistent &&= head.isPersistent;
    this.#left = head.length;
    this.#remember(head);
    this.#sink.onHead(head);
    if (head.framing === "none" || (head.framing === "length" && head.length === 0)) {
      this.#end(NO_FIELDS, bytesBehind);
      return;
    }
    if (head.framing === "chunked") this.#chunks = new ChunkedReader();
    this.#place = head.framing;
  }

  #readLength(piece: Buffer, from: number): number {
    const end = Math.min(piece.length, from + this.#left);
    this.#left -= end - from;
    this.#sink.onData(from === 0 && end === piece.length ? piece : piece.subarray(from, end));
    if (this.#left > 0) return end;
    this.#end(NO_FIELDS, piece.length - end);
    return piece.length;
  }

  #readChunks(piece: Buffer, from: number): number {
    if (this.#chunks === undefined) throw new SyntaxError("no chunks are being read");
    const end = this.#chunks.read(piece, from, this.#sink);
    if (!this.#chunks.isOver) return end;
    const { trailers } = this.#chunks;
    this.#chunks = undefined;
    this.#end(trailers, piece.length - end);
    return piece.length;
  }

  /** Whatever stands behind the answer is dropped, and the connection with it. */
  #end(trailers: Fields, bytesBehind: number): void {
    this.#place = "idle";
    this.#sink.onEnd(trailers, this.#isPersistent && bytesBehind === 0);
  }
}
