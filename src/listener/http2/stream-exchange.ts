import type { AppError } from "../../base/errors.ts";
import {
  type AnswerHead,
  type ClientSide,
  type CoreRequest,
  type CoreSide,
  changedHead,
} from "../../web/exchange.ts";
import { toAppError } from "../../web/problem.ts";
import { problemAnswer } from "../../web/send-problem.ts";
import type { Fields } from "../../web/wire/fields.ts";
import { answerBlock, ownBlock } from "./answer-block.ts";
import { ERROR_CODE } from "./frames.ts";
import { HeldBytes } from "./held-bytes.ts";
import type { Stream, StreamUser } from "./stream.ts";

/** A request on a stream, and its answer. */

/** Begins to carry a request. @throws {AppError} where that can't be: it is the answer. */
export type Carry = (request: CoreRequest, client: ClientSide) => CoreSide;

/** Told of every request when its stream is closed. */
export type Over = (
  request: CoreRequest,
  outcome: { readonly status: number; readonly isComplete: boolean },
) => void;

/** Longer than a client takes that has no body to send; short for one that waits for us before it sends its body. */
const PATIENCE_MS = 100;
const RESET_CONTENT = 205;

/** The client's end of an exchange, on a stream. */
export class StreamExchange implements ClientSide, StreamUser {
  readonly #stream: Stream;
  readonly #carry: Carry;
  readonly #over: Over;
  #request: CoreRequest;
  #core: CoreSide | undefined;
  #patience: NodeJS.Timeout | undefined;
  #hasStarted = false;
  /** Of the body, what waits until the core takes more. */
  #held: HeldBytes | undefined;
  /** What the core has taken and has no room for. */
  #unpaidBytes = 0;
  #isHeldBack = false;
  /** The client has said all, and the core is to be told when what is held has gone. */
  #trailers: Fields | undefined;
  #status = 0;
  #isEnded = false;
  #dropsBody = false;
  /** Of an answer whose head says how many bytes it has, those to come. */
  #left: number | undefined;

  constructor(
    stream: Stream,
    request: CoreRequest,
    { carry, over }: { readonly carry: Carry; readonly over: Over },
  ) {
    this.#stream = stream;
    this.#request = request;
    this.#carry = carry;
    this.#over = over;
    stream.user = this;
  }

  /** Carries the request; what is wrong with it is answered. `framing` undefined: it is to be seen whether it has a body. */
  start(framing: CoreRequest["framing"] | undefined): void {
    // An HTTP/2 client may end a request without a body by an empty DATA frame of its own (RFC 9113 section 8.1).
    // Forwarded at once, it would be a request with a chunked body, which apps refuse for GET or COPY. So it waits for
    // its first frame; not for long, since a client may also wait for the answer before it sends more.
    if (framing === undefined) this.#patience = setTimeout(() => this.#begin("chunked"), PATIENCE_MS);
    else this.#begin(framing);
  }

  onData(data: Buffer): void {
    this.#begin("chunked");
    const core = this.#core;
    if (core === undefined) {
      this.#stream.take(data.length);
      return;
    }
    if (this.#isHeldBack) {
      this.#held ??= new HeldBytes();
      this.#held.add(data);
    } else {
      this.#pass(core, data);
    }
  }

  onEnd(trailers: Fields): void {
    this.#begin(trailers.names.length > 0 ? "chunked" : "none");
    if (this.#request.framing === "none") return;
    if (this.#held === undefined) this.#end(trailers);
    else this.#trailers = trailers;
  }

  onRoom(): void {
    this.#core?.resume();
  }

  onSent(): void {
    // The exchange knows.
  }

  onClosed(isInOrder: boolean): void {
    clearTimeout(this.#patience);
    const core = this.#core;
    this.#core = undefined;
    if (!this.#isEnded) core?.abort();
    this.#over(this.#request, { status: this.#status, isComplete: this.#isEnded && isInOrder });
  }

  get takenBytes(): number {
    return this.#stream.out.takenBytes;
  }

  interim(head: AnswerHead): void {
    if (!this.#stream.isClosed && !this.#stream.out.hasBegun) this.#stream.out.interim(answerBlock(head));
  }

  begin(head: AnswerHead): void {
    if (this.#stream.isClosed) return;
    this.#status = head.status;
    // A 205 has no body (RFC 9110 section 15.3.6).
    this.#dropsBody = head.status === RESET_CONTENT;
    const { framing, length } = head;
    const isEmpty = framing === "none" || (framing === "length" && length === 0);
    this.#left = framing === "length" ? length : undefined;
    if (isEmpty || this.#dropsBody) this.#isEnded = true;
    const core = this.#core;
    this.#stream.out.begin(answerBlock(this.#dropsBody ? withoutBody(head) : head), this.#isEnded);
    // A body that nobody gets may have no end.
    if (this.#dropsBody && !isEmpty) core?.abort();
  }

  write(data: Buffer): boolean {
    if (this.#stream.isClosed || this.#dropsBody) return true;
    let isLast = false;
    if (this.#left !== undefined) {
      this.#left -= data.length;
      isLast = this.#left === 0;
      if (isLast) this.#isEnded = true;
    }
    return this.#stream.out.write(data, isLast);
  }

  end(trailers: Fields): void {
    this.#isEnded = true;
    if (!this.#stream.isClosed) this.#stream.out.end(trailers);
  }

  flush(): void {
    this.#stream.out.flush();
  }

  resumeBody(): void {
    if (!this.#isHeldBack) return;
    this.#isHeldBack = false;
    this.#pay();
    const core = this.#core;
    const held = this.#held?.takeAll();
    this.#held = undefined;
    if (core !== undefined && held !== undefined) this.#pass(core, held);
    if (this.#trailers !== undefined) this.#end(this.#trailers);
  }

  fail(error: AppError): void {
    this.#isEnded = true;
    this.#request.info.failure = error.code;
    const stream = this.#stream;
    if (stream.isClosed) return;
    if (stream.out.hasBegun && !stream.out.takeBack()) {
      // So that the client can't take it for complete (RFC 9113 section 8.1.1).
      stream.reset(ERROR_CODE.internalError);
      return;
    }
    this.#status = error.status;
    const { headers, body } = problemAnswer(
      error,
      this.#request.info.id,
      this.#request.fields.first("accept"),
    );
    const isToHead = this.#request.method === "HEAD";
    stream.out.begin(ownBlock(error.status, headers), isToHead);
    if (!isToHead) stream.out.write(body, true);
    stream.out.flush();
  }

  /** Gives back to the client's window what the core had no room for. */
  #pay(): void {
    const bytes = this.#unpaidBytes;
    this.#unpaidBytes = 0;
    this.#stream.take(bytes);
  }

  #pass(core: CoreSide, data: Buffer): void {
    if (core.write(data)) {
      this.#stream.take(data.length);
    } else {
      this.#isHeldBack = true;
      this.#unpaidBytes += data.length;
    }
    core.flush();
  }

  #end(trailers: Fields): void {
    this.#trailers = undefined;
    // The core has all of it: nobody asks for more.
    this.#pay();
    this.#core?.end(trailers);
    this.#core?.flush();
  }

  #begin(framing: CoreRequest["framing"]): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    clearTimeout(this.#patience);
    if (this.#stream.isClosed) return;
    if (framing !== this.#request.framing) this.#request = { ...this.#request, framing };
    try {
      this.#core = this.#carry(this.#request, this);
    } catch (error) {
      this.fail(toAppError(error));
      return;
    }
    this.#core.start();
    // The core must see the head of an "Expect: 100-continue" before there is a body.
    if (framing !== "none") this.#core?.flush();
  }
}

function withoutBody(head: AnswerHead): AnswerHead {
  const drops = (name: string) => name === "content-length" || name === "trailer" || head.drops(name);
  return changedHead(head, { drops, framing: "none" });
}
