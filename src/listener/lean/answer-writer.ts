import { STATUS_CODES } from "node:http";
import type { TLSSocket } from "node:tls";
import type { AppError } from "../../base/errors.ts";
import type { AnswerHead, ClientSide } from "../../web/exchange.ts";
import { problemAnswer } from "../../web/send-problem.ts";
import { BatchedWriter } from "../../web/wire/batched-writer.ts";
import { chunkStart, lastChunk } from "../../web/wire/chunked.ts";
import { httpDate } from "../../web/wire/date.ts";
import { Fields } from "../../web/wire/fields.ts";

/** Writes answers to a client that speaks HTTP/1.1: head, body and end in one write where they are there together. */

/** The request that is being answered, as far as the answer depends on it. */
export interface AnsweredRequest {
  readonly isHead: boolean;
  readonly accept: string | undefined;
  readonly requestId: string;
}

/** Who owns the connection. */
export interface AnswerOwner {
  /** The core can take more of the body. */
  resumeBody(): void;
  /** Whether the connection is closed after the answer: asked when the answer begins. */
  closesAfter(): boolean;
  /** The answer is complete and written. */
  answered(): void;
}

/** Beyond this much that waits to be sent, the core is held back. */
const HOLD_BACK_BYTES = 262_144;

/** The client's side of the exchanges on one connection, one after the other. */
export class AnswerWriter implements ClientSide {
  readonly #socket: TLSSocket;
  readonly #owner: AnswerOwner;
  readonly #out: BatchedWriter;
  #request: AnsweredRequest | undefined;
  #isChunked = false;
  #isEnded = false;
  /** Where in what is written the answer begins. */
  #startWrites = 0;
  #startPieces = 0;
  /** The status of the present answer; 0 while it has not begun. */
  status = 0;
  /** What the answer is, where it is none of the core's. */
  failure: AppError["code"] | undefined;

  constructor(socket: TLSSocket, owner: AnswerOwner) {
    this.#socket = socket;
    this.#owner = owner;
    this.#out = new BatchedWriter(socket);
  }

  get takenBytes(): number {
    return this.#out.takenBytes;
  }

  /** Turns to the next request. */
  turnTo(request: AnsweredRequest): void {
    this.#request = request;
    this.#isEnded = false;
    this.status = 0;
    this.failure = undefined;
  }

  interim(head: AnswerHead): void {
    this.#out.add(`${linesOf(head)}\r\n`);
  }

  begin(head: AnswerHead): void {
    const { status, framing, hasDate } = head;
    this.status = status;
    this.#isChunked = framing === "chunked" || framing === "close";
    // A recipient with a clock adds it for an origin that has none (RFC 9110 section 6.6.1).
    const date = hasDate ? "" : `Date: ${httpDate()}\r\n`;
    const coding = this.#isChunked ? "Transfer-Encoding: chunked\r\n" : "";
    this.#startWrites = this.#out.writes;
    this.#startPieces = this.#out.pieces;
    this.#out.add(`${linesOf(head)}${date}${coding}${this.#connectionLines()}`);
  }

  write(data: Buffer): boolean {
    if (this.#isChunked) this.#out.add(chunkStart(data.length));
    this.#out.addCopy(data, this.#isChunked ? "\r\n" : "");
    return this.#out.waitingBytes < HOLD_BACK_BYTES;
  }

  end(trailers: Fields): void {
    if (this.#isChunked) this.#out.add(lastChunk(trailers));
    this.#isEnded = true;
  }

  flush(): void {
    this.#out.send();
    if (!this.#isEnded || this.#request === undefined) return;
    this.#request = undefined;
    this.#owner.answered();
  }

  /** Writes what still waits to be written, at once. */
  sendNow(): void {
    this.#out.sendNow();
  }

  resumeBody(): void {
    this.#owner.resumeBody();
  }

  fail(error: AppError): void {
    const request = this.#request;
    if (request === undefined) return;
    this.failure = error.code;
    if (this.status !== 0 && !this.#out.takeBack(this.#startWrites, this.#startPieces)) {
      // Closed without the end that was promised: the client can't take it for complete (RFC 9112 section 8).
      this.#socket.destroy();
      return;
    }
    this.status = error.status;
    const { headers, body } = problemAnswer(error, request.requestId, request.accept);
    const fields = Fields.of(Object.entries(headers).flat());
    const reason = STATUS_CODES[error.status] ?? error.title;
    this.#out.add(
      `HTTP/1.1 ${error.status} ${reason}\r\n${fields.text}Date: ${httpDate()}\r\n${this.#connectionLines()}`,
    );
    if (!request.isHead) this.#out.add(body);
    this.#isEnded = true;
    this.flush();
  }

  /** The last lines of a head. */
  #connectionLines(): string {
    return this.#owner.closesAfter() ? "Connection: close\r\n\r\n" : "Connection: keep-alive\r\n\r\n";
  }
}

function linesOf(head: AnswerHead): string {
  head.lines ??= writtenLines(head);
  return head.lines;
}

/** The status line and the fields: in as few parts as can be, since all parts are joined in the end. */
function writtenLines({ status, reason, fields, drops }: AnswerHead): string {
  // Mostly the core's own status line is ours too.
  return fields.head.startsWith("HTTP/1.1 ") && fields.head[STATUS_END] === " "
    ? fields.headWithout(drops)
    : `HTTP/1.1 ${status} ${reason}\r\n${fields.without(drops)}`;
}

/** Where the status ends in a status line. Behind it belongs a blank, but there are servers that leave it out. */
const STATUS_END = 12;
