import { AppError } from "../../base/errors.ts";
import { type AnswerHead, type ConnectStream, changedHead } from "../../web/exchange.ts";
import type { RequestInfo } from "../../web/request-info.ts";
import { problemAnswer } from "../../web/send-problem.ts";
import { answerHead } from "../answer-head.ts";
import type { ResponseHead } from "../core/response-head.ts";
import type { ClientEnd } from "./client-end.ts";

/** The client's end over HTTP/2. */
export class Http2End implements ClientEnd {
  readonly stream: ConnectStream;
  readonly #info: RequestInfo;

  constructor(stream: ConnectStream, info: RequestInfo) {
    this.stream = stream;
    this.#info = info;
  }

  get hasEnded(): boolean {
    return this.stream.hasEnded;
  }

  interim(head: ResponseHead): void {
    this.stream.interim(answerHead(head));
  }

  switched(head: ResponseHead): void {
    const answer = answerHead(head);
    // The proof was for us: over HTTP/2 there is none (RFC 8441 section 5). Nor has what a tunnel carries a length.
    const drops = (name: string) =>
      name === "sec-websocket-accept" || name === "content-length" || answer.drops(name);
    this.#begin(changedHead(answer, { status: 200, drops }));
  }

  refused(head: ResponseHead): void {
    if (head.status < 300) {
      const detail = `The app answered ${head.status} where a WebSocket was asked for: there is none at this path.`;
      throw new AppError("core-protocol-error", detail);
    }
    this.#begin(answerHead(head));
  }

  write(data: Buffer): boolean {
    return this.stream.write(data);
  }

  end(): void {
    this.stream.finish();
  }

  fail(error: AppError): void {
    const { stream } = this;
    this.#info.failure = error.code;
    if (stream.destroyed || stream.writableEnded) return;
    if (stream.hasBegun) {
      stream.breakOff("internal-error");
      return;
    }
    this.#info.status = error.status;
    const { headers, body } = problemAnswer(error, this.#info.id, undefined);
    stream.refuse(error.status, headers, body);
  }

  reset(): void {
    // RFC 8441 section 5.
    this.stream.breakOff("cancel");
  }

  #begin(head: AnswerHead): void {
    this.#info.status = head.status;
    this.stream.begin(head);
  }
}
