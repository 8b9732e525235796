import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { AppError } from "../base/errors.ts";
import { closeLingering, lingerAfterAnswer } from "../web/lingering-close.ts";
import { type Refusal, type RefusedRequest, refuseOnSocket } from "../web/raw-refusal.ts";
import { requestInfo } from "../web/request-info.ts";
import { sendProblem } from "../web/send-problem.ts";
import type { Sweepable } from "./idle-sweep.ts";

/** One HTTP/1.1 connection that Node's parser reads: what is under way on it, and how it is refused and closed. */

/** A request and the answer to it. */
interface Call {
  readonly request: IncomingMessage;
  readonly answer: ServerResponse;
}

/** A request that waits for the answers before it. */
interface Waiting {
  readonly call: Call;
  readonly handle: () => void;
}

/** A refusal that is due. */
interface Due {
  readonly error: AppError;
  readonly request: RefusedRequest;
}

/** More requests than this, sent ahead of the answers, are not taken: each is held in memory. */
const MAX_WAITING = 100;

/** A connection. */
export class Http1Connection implements Sweepable {
  readonly #socket: Socket;
  readonly #refused: (refusal: Refusal) => void;
  /** Whether a request is being answered. */
  #isBusy = false;
  readonly #waiting: Waiting[] = [];
  /** The request that began last; undefined once it is both read and answered. */
  #last: Call | undefined;
  /** `socket.bytesRead` when it fell idle: more than that means that something is on its way. */
  #bytesWhenIdle: number;
  /** When that was first seen, by `performance.now()`; undefined while nothing is. */
  #waitingSinceMs: number | undefined = performance.now();
  /** Waits for the answers under way. */
  #due: Due | undefined;
  /** Refused, or ended: nothing more that comes is a request. */
  #isOver = false;
  /** Since when nothing is under way, by `performance.now()`. */
  idleSinceMs = performance.now();

  constructor(socket: Socket, refused: (refusal: Refusal) => void) {
    this.#socket = socket;
    this.#refused = refused;
    this.#bytesWhenIdle = socket.bytesRead;
    lingerAfterAnswer(socket);
  }

  get isIdle(): boolean {
    // What is being closed already needs nobody to end it.
    if (this.#isBusy || this.#isOver || !this.#socket.writable) return false;
    this.#forget();
    // The rest of a body that has its answer already is of no interest.
    if (this.#isUnused || this.#last !== undefined) return true;
    return this.#waitingSinceMs === undefined && this.#socket.bytesRead === this.#bytesWhenIdle;
  }

  /** Whether no request waits for its answer. */
  get isFree(): boolean {
    return !this.#isBusy;
  }

  /** Whether as many requests wait for their turn as may. */
  get isFull(): boolean {
    return this.#waiting.length >= MAX_WAITING;
  }

  /** Whether requests are still taken. */
  get isOpen(): boolean {
    return !this.#isOver;
  }

  /**
   * A request has begun: it is handled after the answers to all before it. What is not safe must not be done side by
   * side (RFC 9112 section 9.3.2), and Node would write an interim answer to one into the answer to another.
   */
  begin(call: Call, handle: () => void): void {
    this.#waitingSinceMs = undefined;
    this.#last = call;
    if (this.#isBusy) this.#waiting.push({ call, handle });
    else this.#handle({ call, handle });
  }

  /** Ends an idle connection: what still comes is no request any more. */
  end(): void {
    this.#isOver = true;
    closeLingering(this.#socket);
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
      this.#refuse({ error, request: this.#isBusy ? {} : seen });
    } else if (this.#waiting.at(-1)?.call === this.#last) {
      this.#waiting.pop();
      this.refuse(this.#last.request, error);
    } else {
      this.#isOver = true;
      this.#breakBody(this.#last, error);
    }
  }

  /** The client closed its side in the middle of a request. */
  cut(error: AppError, seen: RefusedRequest): void {
    if (this.#last === undefined || this.#last.request.complete) this.break(error, seen);
    else this.#socket.destroy();
  }

  /** Ends the connection when what it waits for takes longer than `headMs`. */
  sweep(nowMs: number, headMs: number): void {
    if (this.#isBusy || this.#isOver) return;
    this.#forget();
    const isNew = this.#waitingSinceMs === undefined && this.#socket.bytesRead > this.#bytesWhenIdle;
    if (isNew) this.#waitingSinceMs = nowMs;
    const sinceMs = this.#waitingSinceMs;
    if (sinceMs === undefined || nowMs - sinceMs <= headMs) return;
    // The rest of a body that has its answer already: there is nothing more to say.
    if (this.#last === undefined) this.#refuseLate(sinceMs, headMs);
    else this.#socket.destroy();
  }

  #handle({ call: { answer }, handle }: Waiting): void {
    this.#isBusy = true;
    answer.once("close", () => {
      this.#isBusy = false;
      this.#bytesWhenIdle = this.#socket.bytesRead;
      this.#forget();
      const next = this.#waiting.shift();
      // The answer may have closed the connection.
      if (next !== undefined && this.#socket.writable) {
        this.#handle(next);
        return;
      }
      this.idleSinceMs = performance.now();
      this.#refuseDue();
    });
    handle();
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
    if (!this.#isBusy) this.#refuseDue();
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
    if (answer.writableEnded) {
      // The client may read the answer; a further one would be taken for the answer to its next request.
      closeLingering(this.#socket);
      return;
    }
    if (answer.headersSent || answer.destroyed) {
      this.#socket.destroy();
      return;
    }
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
