import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { addAbortSignal } from "node:stream";
import { AppError } from "../../base/errors.ts";
import type { RequestInfo } from "../../web/request-info.ts";
import { problemAnswer } from "../../web/send-problem.ts";
import { answerHead } from "../answer-head.ts";
import type { ResponseHead } from "../core/response-head.ts";
import { toHeaderObject } from "../headers.ts";
import type { ClientEnd } from "./client-end.ts";

const { NGHTTP2_NO_ERROR } = constants;

/** The client's end over HTTP/2: the stream of an extended CONNECT (RFC 8441 section 4). */
export class Http2End implements ClientEnd {
  readonly stream: ServerHttp2Stream;
  readonly #info: RequestInfo;

  constructor(stream: ServerHttp2Stream, info: RequestInfo) {
    this.stream = stream;
    this.#info = info;
  }

  get hasEnded(): boolean {
    return this.stream.readableEnded && this.stream.rstCode === NGHTTP2_NO_ERROR;
  }

  interim(head: ResponseHead): void {
    this.stream.additionalHeaders({ ...headersOf(head), ":status": head.status });
  }

  switched(head: ResponseHead): void {
    const headers = headersOf(head);
    // The proof was for us: over HTTP/2 there is none (RFC 8441 section 5).
    delete headers["sec-websocket-accept"];
    this.#respond(200, headers);
  }

  refused(head: ResponseHead): void {
    if (head.status < 300) {
      const detail = `The app answered ${head.status} where a WebSocket was asked for: there is none at this path.`;
      throw new AppError("core-protocol-error", detail);
    }
    this.#respond(head.status, headersOf(head));
  }

  write(data: Buffer): boolean {
    return this.stream.write(data);
  }

  end(): void {
    this.stream.end();
    // The client need not end its side for us to be rid of the stream (RFC 9113 section 8.1).
    this.stream.close(NGHTTP2_NO_ERROR);
  }

  fail(error: AppError): void {
    const { stream } = this;
    this.#info.failure = error.code;
    if (stream.destroyed || stream.closed) return;
    if (stream.headersSent) {
      // RST_STREAM with INTERNAL_ERROR. `close` would send an orderly end before it.
      stream.destroy(error);
      return;
    }
    const { headers, body } = problemAnswer(error, this.#info.id, undefined);
    this.#respond(error.status, headers);
    stream.write(body);
    this.end();
  }

  reset(): void {
    // RST_STREAM with CANCEL (RFC 8441 section 5). `close` would send an orderly end before it.
    addAbortSignal(AbortSignal.abort(), this.stream);
  }

  #respond(status: number, headers: OutgoingHttpHeaders): void {
    this.#info.status = status;
    this.stream.respond({ ...headers, ":status": status });
  }
}

function headersOf(head: ResponseHead): OutgoingHttpHeaders {
  const { fields, drops } = answerHead(head);
  return toHeaderObject(fields.raw(drops));
}
