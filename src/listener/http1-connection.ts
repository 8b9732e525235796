import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { AppError } from "../base/errors.ts";
import { lingerAfterAnswer } from "../web/lingering-close.ts";
import { type Refusal, type RefusedRequest, refuseOnSocket } from "../web/raw-refusal.ts";
import { requestInfo } from "../web/request-info.ts";
import { sendProblem } from "../web/send-problem.ts";

/** One HTTP/1.1 connection that Node's parser reads: what is under way on it, and how it is refused and closed. */

/** A request and the answer to it. */
interface Call {
  readonly request: IncomingMessage;
  readonly answer: ServerResponse;
}

/** A refusal that is due. */
interface Due {
  readonly error: AppError;
  readonly request: RefusedRequest;
}

/** A connection. */
export class Http1Connection {
  readonly #socket: Socket;
  readonly #refused: (refusal: Refusal) => void;
  /** Requests begun and not yet answered. */
  #active = 0;
  /** The request that began last; undefined once it is both read and answered. */
  #last: Call | undefined;
  /** `socket.bytesRead` when it fell idle: more than that means that something is on its way. */
  #bytesWhenIdle: number;
  /** When that was first seen, by `performance.now()`; undefined while nothing is. */
  #waitingSinceMs: number | undefined = performance.now();
  /** Waits for the answers under way. */
  #due: Due | undefined;
  /** Refused: nothing more that comes is a request. */
  #isOver = false;

  constructor(socket: Socket, refused: (refusal: Refusal) => void) {
    this.#socket = socket;
    this.#refused = refused;
    this.#bytesWhenIdle = socket.bytesRead;
  }

  get isIdle(): boolean {
    return this.#active === 0;
  }

  /** Whether requests are still taken. */
  get isOpen(): boolean {
    return !this.#isOver;
  }

  /** A request has begun; `idle` is called when it and all others are answered. */
  begin(request: IncomingMessage, answer: ServerResponse, idle: () => void): void {
    this.#active += 1;
    this.#waitingSinceMs = undefined;
    this.#last = { request, answer };
    answer.once("close", () => {
      this.#active -= 1;
      this.#bytesWhenIdle = this.#socket.bytesRead;
      this.#forget();
      if (this.#active > 0) return;
      this.#refuseDue();
      idle();
    });
  }

  /** Refuses a request whose head was understood. Answers under way come first. */
  refuse(request: IncomingMessage, error: AppError): void {
    const { method, url: target, httpVersion: http } = request;
    // An unread body would hold the reading up, and so the end of the connection.
    request.resume();
    request.on("error", () => undefined);
    this.#refuse({ error, request: { requestId: requestInfo(request).id, method, target, http } });
  }

  /** What came is not HTTP. `seen` is what it looks like. */
  break(error: AppError, seen: RefusedRequest): void {
    if (this.#isOver) return;
    if (this.#last === undefined || this.#last.request.complete) {
      // A request can only be told from the packet where none began in it before.
      this.#refuse({ error, request: this.#active === 0 ? seen : {} });
      return;
    }
    this.#isOver = true;
    this.#breakBody(this.#last, error);
  }

  /** The client closed its side in the middle of a request. */
  cut(error: AppError, seen: RefusedRequest): void {
    if (this.#last === undefined || this.#last.request.complete) this.break(error, seen);
    else this.#socket.destroy();
  }

  /** Ends the connection when what it waits for takes longer than `headMs`. */
  sweep(nowMs: number, headMs: number): void {
    if (this.#active > 0 || this.#isOver) return;
    this.#forget();
    const isNew = this.#waitingSinceMs === undefined && this.#socket.bytesRead > this.#bytesWhenIdle;
    if (isNew) this.#waitingSinceMs = nowMs;
    const sinceMs = this.#waitingSinceMs;
    if (sinceMs === undefined || nowMs - sinceMs <= headMs) return;
    // The rest of a body that has its answer already: there is nothing more to say.
    if (this.#last === undefined) this.#refuseLate(sinceMs, headMs);
    else this.#socket.destroy();
  }

  #refuseLate(startedAtMs: number, headMs: number): void {
    const detail = `The head of the request did not come within ${headMs} ms.`;
    const error = new AppError("request-timeout", detail, { remedy: "SIDECAR_LIMITS_HEAD_MS" });
    this.#refuse({ error, request: { startedAtMs } });
  }

  /** A connection that was opened ahead, as browsers do, and then not needed: no request that could be logged. */
  get #isUnused(): boolean {
    return this.#socket.bytesRead === 0;
  }

  #refuse(due: Due): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#due = due;
    if (this.#active === 0) this.#refuseDue();
  }

  #refuseDue(): void {
    const due = this.#due;
    this.#due = undefined;
    // The answer before it may have closed the connection.
    if (due === undefined || !this.#socket.writable) return;
    refuseOnSocket(this.#socket, due.error, due.request, this.#isUnused ? undefined : this.#refused);
  }

  /** The body of a request is broken: its own answer says so, or is cut where it has begun. */
  #breakBody({ request, answer }: Call, error: AppError): void {
    if (answer.headersSent || answer.writableEnded || answer.destroyed) {
      this.#socket.destroy();
      return;
    }
    lingerAfterAnswer(this.#socket);
    answer.setHeader("Connection", "close");
    sendProblem(request, answer, error, { pageForBrowsers: false });
  }

  /** Requests are large, and idle connections many. */
  #forget(): void {
    const last = this.#last;
    if (last === undefined || !last.request.complete || !last.answer.closed) return;
    this.#last = undefined;
    this.#bytesWhenIdle = this.#socket.bytesRead;
    this.#waitingSinceMs = undefined;
  }
}
