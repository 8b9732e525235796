import { Fields, NO_FIELDS } from "./fields.ts";

/** The chunked transfer coding (RFC 9112 section 7.1), read strictly and written plainly. */

/** Who takes what a {@link ChunkedReader} finds. */
export interface ChunkedSink {
  onData(data: Buffer): void;
}

const MAX_SIZE_LINE = 4_096;
const MAX_TRAILERS = 65_536;
/**
 * A size, and extensions, which are dropped: none is in use. Malformed ones are refused, since servers disagree about
 * where one ends. Old servers pad the size with blanks.
 */
const SIZE_LINE =
  /^([0-9a-f]{1,12})(?:;[\w!#$%&'*+\-.^`|~]+(?:=(?:[\w!#$%&'*+\-.^`|~]+|"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"))?)*[\t ]*$/i;
const FRAMING = new Set(["content-length", "transfer-encoding"]);
const CRLF = Buffer.from("\r\n");
const END_OF_FIELDS = Buffer.from("\r\n\r\n");

type Place = "size" | "data" | "data-end" | "trailers" | "over";

/** Reads one chunked body, in whatever pieces it comes. */
export class ChunkedReader {
  #place: Place = "size";
  #left = 0;
  #line: Buffer = Buffer.alloc(0);
  #trailers = NO_FIELDS;

  /** Whether the last chunk and the trailers have been read. */
  get isOver(): boolean {
    return this.#place === "over";
  }

  /** The trailer fields; complete once {@link isOver}. */
  get trailers(): Fields {
    return this.#trailers;
  }

  /**
   * Reads on from `offset`.
   * @returns where it stopped: the end of the piece, or just behind the body.
   * @throws {SyntaxError} for anything that is not exactly the coding.
   */
  read(piece: Buffer, offset: number, sink: ChunkedSink): number {
    let at = offset;
    while (at < piece.length && this.#place !== "over") {
      if (this.#place === "data") {
        const end = Math.min(piece.length, at + this.#left);
        sink.onData(piece.subarray(at, end));
        this.#left -= end - at;
        at = end;
        if (this.#left === 0) this.#place = "data-end";
      } else if (this.#place === "trailers") {
        at = this.#readTrailers(piece, at);
      } else {
        at = this.#readLine(piece, at);
      }
    }
    return at;
  }

  #readLine(piece: Buffer, from: number): number {
    const isHere = this.#line.length === 0;
    const all = isHere ? piece : Buffer.concat([this.#line, piece.subarray(from)]);
    const start = isHere ? from : 0;
    const end = all.indexOf(CRLF, start);
    if (end === -1) {
      if (all.length - start > MAX_SIZE_LINE) throw new SyntaxError("the size line of a chunk does not end");
      this.#line = Buffer.from(all.subarray(start));
      // What is too long already may never get a line end.
      if (this.#place === "data-end" && (this.#line.length > 1 || this.#line[0] !== CR)) this.#takeLine("?");
      return piece.length;
    }
    const line = all.toString("latin1", start, end);
    this.#line = Buffer.alloc(0);
    this.#takeLine(line);
    return piece.length - (all.length - end - 2);
  }

  #takeLine(line: string): void {
    if (this.#place === "data-end") {
      if (line !== "") throw new SyntaxError("a chunk is longer than its size");
      this.#place = "size";
      return;
    }
    const size = SIZE_LINE.exec(line)?.[1];
    if (size === undefined) throw new SyntaxError("the size line of a chunk is malformed");
    this.#left = Number.parseInt(size, 16);
    this.#place = this.#left === 0 ? "trailers" : "data";
  }

  #readTrailers(piece: Buffer, from: number): number {
    const all =
      this.#line.length === 0 ? piece.subarray(from) : Buffer.concat([this.#line, piece.subarray(from)]);
    const before = this.#line.length;
    let end = -1;
    if (all.length >= 2 && all[0] === CR && all[1] === LF) end = 2;
    else {
      const found = all.indexOf(END_OF_FIELDS);
      if (found !== -1) end = found + 4;
    }
    if (end === -1) {
      if (all.length > MAX_TRAILERS) throw new SyntaxError("the trailers do not end");
      this.#line = Buffer.from(all);
      return piece.length;
    }
    const text = all.toString("latin1", 0, end - 2);
    const trailers = Fields.parse(text);
    if (trailers === undefined) throw new SyntaxError("a trailer is malformed");
    // Who adds trailers to the header would frame the message anew.
    if (trailers.names.some((lowerName) => FRAMING.has(lowerName)))
      throw new SyntaxError("a trailer speaks of the framing");
    this.#trailers = trailers;
    this.#line = Buffer.alloc(0);
    this.#place = "over";
    return from + end - before;
  }
}

const CR = 0x0d;
const LF = 0x0a;

/** What stands before the data of a chunk of this size; behind the data stands a CRLF. */
export function chunkStart(sizeBytes: number): string {
  return `${sizeBytes.toString(16)}\r\n`;
}

/** The last chunk, with its trailers. */
export function lastChunk(trailers: Fields): string {
  return `0\r\n${trailers.text}\r\n`;
}
