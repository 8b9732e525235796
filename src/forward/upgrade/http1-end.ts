import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { AppError } from "../../base/errors.ts";
import { closeLingering } from "../../web/lingering-close.ts";
import { refuseOnSocket } from "../../web/raw-refusal.ts";
import { requestInfo } from "../../web/request-info.ts";
import { chunkStart, lastChunk } from "../../web/wire/chunked.ts";
import type { Fields } from "../../web/wire/fields.ts";
import { answerHead } from "../answer-head.ts";
import type { ResponseHead } from "../core/response-head.ts";
import type { ClientEnd } from "./client-end.ts";

/** The client's end over HTTP/1.1: the connection itself, written to by hand, since Node has no answer object for it. */
export class Http1End implements ClientEnd {
  readonly stream: Socket;
  readonly #request: IncomingMessage;
  #hasBegun = false;
  #isChunked = false;

  constructor(request: IncomingMessage) {
    this.#request = request;
    this.stream = request.socket;
  }

  get hasEnded(): boolean {
    return this.stream.readableEnded;
  }

  interim(head: ResponseHead): void {
    this.#writeHead(head, "");
  }

  switched(head: ResponseHead): void {
    this.#begin(head, `Connection: Upgrade\r\nUpgrade: ${head.fields.first("upgrade")}\r\n`);
  }

  refused(head: ResponseHead): void {
    this.#isChunked = head.framing === "chunked" || head.framing === "close";
    const framing = this.#isChunked ? "Transfer-Encoding: chunked\r\n" : "";
    this.#begin(head, `${framing}Connection: close\r\n`);
  }

  write(data: Buffer): boolean {
    const { stream } = this;
    if (!this.#isChunked) return stream.write(data);
    stream.cork();
    this.#writeText(chunkStart(data.length));
    stream.write(data);
    const goesOn = stream.write("\r\n");
    stream.uncork();
    return goesOn;
  }

  end(trailers: Fields): void {
    const last = this.#isChunked ? Buffer.from(lastChunk(trailers), "latin1") : undefined;
    closeLingering(this.stream, last);
  }

  fail(error: AppError): void {
    const info = requestInfo(this.#request);
    info.failure = error.code;
    if (this.#hasBegun) {
      this.reset();
      return;
    }
    this.#hasBegun = true;
    info.status = error.status;
    refuseOnSocket(this.stream, error, { requestId: info.id, method: this.#request.method });
  }

  reset(): void {
    this.stream.destroy();
  }

  #begin(head: ResponseHead, ownLines: string): void {
    this.#hasBegun = true;
    requestInfo(this.#request).status = head.status;
    this.#writeHead(head, ownLines);
  }

  #writeHead(head: ResponseHead, ownLines: string): void {
    const { status, reason, fields, drops } = answerHead(head);
    this.#writeText(`HTTP/1.1 ${status} ${reason}\r\n${fields.without(drops)}${ownLines}\r\n`);
  }

  #writeText(text: string): void {
    this.stream.write(text, "latin1");
  }
}
