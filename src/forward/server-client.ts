import type { ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import type { AppError } from "../base/errors.ts";
import type { AnswerHead, ClientSide, CoreRequest, CoreSide } from "../web/exchange.ts";
import {
  clientAddress,
  isHttp2,
  isHttp2Answer,
  type ServerAnswer,
  type ServerRequest,
} from "../web/http-types.ts";
import { requestInfo } from "../web/request-info.ts";
import { Fields, type RawHeaders } from "../web/wire/fields.ts";
import { answerFailure } from "./failure.ts";
import { toHeaderObject, toPairs } from "./headers.ts";
import { http2Fields } from "./http2-fields.ts";

/** The client's side of an exchange where Node's own servers speak to the client. */

/** Beyond this much that waits to be sent, the core is held back. */
const HOLD_BACK_BYTES = 262_144;

/** The client's end of an exchange, on Node's request and answer. */
export class ServerClient implements ClientSide {
  readonly #request: ServerRequest;
  readonly #answer: ServerAnswer;
  readonly #isClosing: () => boolean;
  /** HTTP/1.0 knows no chunks (RFC 9112 section 7.1): its bodies end with a length or with the connection. */
  readonly #takesTrailers: boolean;
  #head: AnswerHead | undefined;
  #gathered: Buffer | undefined;
  #isEnded = false;

  constructor(request: ServerRequest, answer: ServerAnswer, isClosing: () => boolean) {
    this.#request = request;
    this.#answer = answer;
    this.#isClosing = isClosing;
    this.#takesTrailers = isHttp2(request) || request.httpVersionMinor > 0;
  }

  get waitingBytes(): number {
    return this.#answer.writableLength;
  }

  /** Joins it to the core's end: the request's body flows, and each side hears when the other goes. */
  join(core: CoreSide): void {
    const request: Readable = this.#request;
    this.#answer.on("drain", () => core.resume());
    request.on("data", (data: Buffer) => {
      if (!core.write(data)) request.pause();
      core.flush();
    });
    request.on("end", () => {
      core.end(Fields.of(this.#request.rawTrailers));
      core.flush();
    });
    this.#answer.once("close", () => {
      if (!this.#isEnded) core.abort();
    });
    core.start();
    // With the body where it is here already; but the core must see the head of an "Expect: 100-continue" without one.
    setImmediate(() => core.flush());
  }

  interim(status: number, _reason: string, fieldLines: string): void {
    const answer = this.#answer;
    if (this.#head !== undefined || answer.headersSent || answer.destroyed) return;
    if (isHttp2(this.#request)) {
      this.#request.stream.additionalHeaders({ ...toHeaderObject(listOf(fieldLines)), ":status": status });
      return;
    }
    // HTTP/1.0 knows no interim answers (RFC 9110 section 15.2).
    if (!this.#takesTrailers || isHttp2Answer(answer)) return;
    if (status === 100) answer.writeContinue();
    else answer.writeInformation(status, listOf(fieldLines));
  }

  begin(head: AnswerHead): void {
    this.#head = head;
  }

  write(data: Buffer): boolean {
    // One piece is kept back until it is known whether it is the last: head, body and end are then one packet.
    if (this.#isGone()) return true;
    const before = this.#gathered;
    this.#gathered = data;
    if (before !== undefined) {
      this.#writeHead();
      this.#write(before);
    }
    return this.#answer.writableLength < HOLD_BACK_BYTES;
  }

  end(trailers: Fields): void {
    this.#isEnded = true;
    if (this.#isGone()) return;
    this.#writeHead();
    if (trailers.names.length > 0 && this.#takesTrailers) this.#addTrailers(trailers.raw());
    const last = this.#gathered;
    this.#gathered = undefined;
    if (last === undefined) this.#answer.end();
    else this.#answer.end(last);
    this.#dropRest();
  }

  flush(): void {
    if (this.#isEnded || this.#isGone()) return;
    const isBare = this.#gathered === undefined && this.#head !== undefined;
    this.#writeHead();
    if (this.#gathered !== undefined) this.#write(this.#gathered);
    this.#gathered = undefined;
    if (isBare) this.#flushHead();
  }

  resumeBody(): void {
    this.#request.resume();
  }

  fail(error: AppError): void {
    this.#isEnded = true;
    answerFailure(this.#request, this.#answer, error);
    this.#dropRest();
  }

  /** Whether there is nobody to answer any more: the client has gone, or was told already that its body is broken. */
  #isGone(): boolean {
    return this.#answer.writableEnded || this.#answer.destroyed;
  }

  /** What is left of the request is read and thrown away, or the client would wait for ever to be rid of it. */
  #dropRest(): void {
    this.#request.resume();
  }

  #writeHead(): void {
    const head = this.#head;
    if (head === undefined) return;
    this.#head = undefined;
    const answer = this.#answer;
    if (isHttp2Answer(answer)) answer.writeHead(head.status, toHeaderObject(listOf(head.fieldLines)));
    else answer.writeHead(head.status, head.reason, this.#http1Fields(head));
  }

  #http1Fields({ fieldLines, framing }: AnswerHead): string[] {
    const isUnbounded = framing === "chunked" || framing === "close";
    return [
      ...listOf(fieldLines),
      ...(isUnbounded && this.#takesTrailers ? ["Transfer-Encoding", "chunked"] : []),
      ...(this.#isClosing() ? ["Connection", "close"] : []),
    ];
  }

  #write(data: Buffer): void {
    const answer = this.#answer as ServerResponse;
    answer.write(data);
  }

  #flushHead(): void {
    const answer = this.#answer;
    if (isHttp2Answer(answer)) answer.write("");
    else answer.flushHeaders();
  }

  #addTrailers(trailers: RawHeaders): void {
    const answer = this.#answer;
    if (isHttp2Answer(answer)) answer.addTrailers(toHeaderObject(trailers));
    else answer.addTrailers(toPairs(trailers));
  }
}

/** What the core needs to know of a request that Node has read. */
export function coreRequestOf(
  request: ServerRequest,
  target: string,
  authority: string | undefined,
): CoreRequest {
  return {
    method: request.method ?? "GET",
    target,
    authority: authority ?? (isHttp2(request) ? request.authority : undefined),
    version: isHttp2(request) ? "2.0" : request.httpVersionMinor === 0 ? "1.0" : "1.1",
    fields: isHttp2(request) ? http2Fields(request.rawHeaders) : Fields.of(request.rawHeaders),
    framing: framingOf(request),
    peer: clientAddress(request) ?? "unknown",
    info: requestInfo(request),
  };
}

function framingOf(request: ServerRequest): CoreRequest["framing"] {
  if (request.headers["transfer-encoding"] !== undefined) return "chunked";
  if (request.headers["content-length"] !== undefined) return "length";
  if (isHttp2(request) && !request.stream.endAfterHeaders && !request.readableEnded) return "chunked";
  return "none";
}

function listOf(fieldLines: string): string[] {
  return Fields.parse(fieldLines)?.raw() ?? [];
}
