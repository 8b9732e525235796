import type { IncomingMessage, ServerResponse } from "node:http";
import { AppError } from "../base/errors.ts";
import type { AnswerHead, ClientSide, CoreRequest, CoreSide } from "../web/exchange.ts";
import { clientAddress } from "../web/http-types.ts";
import { requestInfo } from "../web/request-info.ts";
import { Fields } from "../web/wire/fields.ts";
import { answerFailure } from "./failure.ts";
import { toPairs } from "./headers.ts";

/** The client's side of an exchange where Node's own HTTP/1.1 server speaks to the client. */

/** Beyond this much that waits to be sent, the core is held back. */
const HOLD_BACK_BYTES = 262_144;

/** Node drops those beyond silently: one more than allowed is kept, so that it is seen. */
const TOO_MANY_TRAILERS = new AppError("header-too-large", "The request has too many trailer fields.", {
  remedy: "SIDECAR_LIMITS_HEADER_COUNT",
});

/** The client's end of an exchange, on Node's request and answer. */
export class ServerClient implements ClientSide {
  readonly #request: IncomingMessage;
  readonly #answer: ServerResponse;
  readonly #isClosing: () => boolean;
  readonly #maxTrailers: number;
  /** HTTP/1.0 knows no chunks (RFC 9112 section 7.1): its bodies end with a length or with the connection. */
  readonly #takesTrailers: boolean;
  #head: AnswerHead | undefined;
  /** Not written before it is known whether it is the end: head, body and end are then one packet. */
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  #isEnded = false;

  constructor(
    request: IncomingMessage,
    answer: ServerResponse,
    { isClosing, maxTrailers }: { readonly isClosing: () => boolean; readonly maxTrailers: number },
  ) {
    this.#request = request;
    this.#answer = answer;
    this.#isClosing = isClosing;
    this.#maxTrailers = maxTrailers;
    this.#takesTrailers = request.httpVersionMinor > 0;
  }

  get takenBytes(): number {
    // While it is compared nothing is written.
    return -this.#answer.writableLength;
  }

  /** Joins it to the core's end: the request's body flows, and each side hears when the other goes. */
  join(core: CoreSide): void {
    const request = this.#request;
    this.#answer.on("drain", () => core.resume());
    request.on("data", (data: Buffer) => {
      if (!core.write(data)) request.pause();
      core.flush();
    });
    request.on("end", () => {
      const { rawTrailers } = request;
      if (rawTrailers.length > this.#maxTrailers * 2) {
        core.abort();
        this.fail(TOO_MANY_TRAILERS);
        return;
      }
      core.end(Fields.of(rawTrailers));
      core.flush();
    });
    this.#answer.once("close", () => {
      if (!this.#isEnded) core.abort();
    });
    core.start();
    // With the body where it is here already; but the core must see the head of an "Expect: 100-continue" without one.
    setImmediate(() => core.flush());
  }

  interim({ status, fields, drops }: AnswerHead): void {
    const answer = this.#answer;
    if (this.#head !== undefined || answer.headersSent || answer.destroyed) return;
    // HTTP/1.0 knows no interim answers (RFC 9110 section 15.2).
    if (!this.#takesTrailers) return;
    // Only so does Node know that the client was told to go on, and keeps the connection.
    if (status === 100) answer.writeContinue();
    else answer.writeInformation(status, fields.raw(drops));
  }

  begin(head: AnswerHead): void {
    this.#head = head;
  }

  write(data: Buffer): boolean {
    if (this.#isGone()) return true;
    this.#gathered.push(Buffer.from(data));
    this.#gatheredBytes += data.length;
    return this.#answer.writableLength + this.#gatheredBytes < HOLD_BACK_BYTES;
  }

  end(trailers: Fields): void {
    this.#isEnded = true;
    if (this.#isGone()) return;
    const last = this.#gathered.pop();
    this.#writeGathered();
    if (trailers.names.length > 0 && this.#takesTrailers) this.#answer.addTrailers(toPairs(trailers.raw()));
    if (last === undefined) this.#answer.end();
    else this.#answer.end(last);
    this.#dropRest();
  }

  flush(): void {
    if (this.#isEnded || this.#isGone()) return;
    const isBare = this.#gathered.length === 0 && this.#head !== undefined;
    this.#writeGathered();
    // `flushHeaders` writes UTF-8, which makes two bytes of one.
    if (isBare) this.#answer.write("", "latin1");
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

  #writeGathered(): void {
    this.#writeHead();
    for (const data of this.#gathered) this.#answer.write(data);
    this.#gathered = [];
    this.#gatheredBytes = 0;
  }

  #writeHead(): void {
    const head = this.#head;
    if (head === undefined) return;
    this.#head = undefined;
    this.#answer.writeHead(head.status, head.reason, this.#rawFields(head));
  }

  #rawFields({ fields, drops, framing }: AnswerHead): string[] {
    const isUnbounded = framing === "chunked" || framing === "close";
    const isChunked = isUnbounded && this.#takesTrailers;
    return [
      // A Trailer announces what only chunks can carry: Node refuses to write it where there are none.
      ...fields.raw((name) => drops(name) || (name === "trailer" && !isChunked)),
      ...(isChunked ? ["Transfer-Encoding", "chunked"] : []),
      ...(this.#isClosing() ? ["Connection", "close"] : []),
    ];
  }
}

/** What the core needs to know of a request that Node has read. */
export function coreRequestOf(
  request: IncomingMessage,
  target: string,
  authority: string | undefined,
): CoreRequest {
  return {
    method: request.method ?? "GET",
    target,
    authority,
    version: request.httpVersionMinor === 0 ? "1.0" : "1.1",
    fields: Fields.of(request.rawHeaders),
    framing: framingOf(request),
    peer: clientAddress(request) ?? "unknown",
    info: requestInfo(request),
  };
}

function framingOf(request: IncomingMessage): CoreRequest["framing"] {
  if (request.headers["transfer-encoding"] !== undefined) return "chunked";
  const length = request.headers["content-length"];
  return length === undefined || Number(length) === 0 ? "none" : "length";
}
