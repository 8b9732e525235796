import type { TLSSocket } from "node:tls";
import { turnMs } from "../../base/clock.ts";
import type { ClientSide, CoreRequest, CoreSide } from "../../web/exchange.ts";
import { closeLingering } from "../../web/lingering-close.ts";
import { toAppError } from "../../web/problem.ts";
import { NO_FIELDS } from "../../web/wire/fields.ts";
import { type AnswerOwner, AnswerWriter } from "./answer-writer.ts";
import { type PlainLines, type PlainRequest, readPlainRequest } from "./request-reader.ts";

/**
 * One HTTP/1.1 connection of a client, read by our own parser for as long as its requests are plain and bound for the
 * core. At the first that is not, it is handed over to Node's server with every byte not yet used, and for good.
 */

/** What the connection is given, and gives. */
export interface LeanHandlers {
  readonly limits: { readonly headerBytes: number; readonly headerCount: number };
  /** The request as it goes to the core; undefined where it is not the core's. */
  route(request: PlainRequest, peer: string): CoreRequest | undefined;
  carry(request: CoreRequest, client: ClientSide): CoreSide;
  /** Node's server takes the connection, and `unread`, which it sees first. */
  handOver(socket: TLSSocket, unread: Buffer): void;
  /** An answer is over, complete or not. */
  over(request: CoreRequest, outcome: Outcome): void;
  /** Whether clients should go elsewhere next time. */
  isClosing(): boolean;
}

/** What became of a request. */
export interface Outcome {
  readonly status: number;
  readonly isComplete: boolean;
}

/** `between`: no request is under way. `body`: one is being read. `answer`: it is read, the answer is not over. */
type Place = "between" | "body" | "answer" | "over";

/** More than this of further requests, sent ahead, is not taken. */
const MAX_UNREAD_BYTES = 65_536;
const NOTHING = Buffer.alloc(0);

/** The connection. */
export class LeanConnection implements AnswerOwner {
  readonly #socket: TLSSocket;
  readonly #peer: string;
  readonly #handlers: LeanHandlers;
  readonly #answer: AnswerWriter;
  #place: Place = "between";
  #unread: Buffer = NOTHING;
  #lines: PlainLines | undefined;
  #request: CoreRequest | undefined;
  #core: CoreSide | undefined;
  #bodyLeft = 0;
  #closesAfter = false;
  #isReading = false;
  /** Since when nothing is under way, by `performance.now()`. */
  idleSinceMs = turnMs();

  readonly #onData = (piece: Buffer) => this.#take(piece);
  readonly #onDrain = () => this.#core?.resume();
  readonly #onClose = () => this.#closed();

  constructor(socket: TLSSocket, peer: string, handlers: LeanHandlers) {
    this.#socket = socket;
    this.#peer = peer;
    this.#handlers = handlers;
    this.#answer = new AnswerWriter(socket, this);
    socket.on("data", this.#onData);
    socket.on("drain", this.#onDrain);
    socket.on("close", this.#onClose);
    // What breaks is the client's affair: "close" follows.
    socket.on("error", ignore);
  }

  /** Whether nobody waits for anything: the rest of a body that has its answer is of no interest. */
  get isIdle(): boolean {
    return this.#place === "between" || (this.#place === "body" && this.#core === undefined);
  }

  /** Ends the connection: at once for us, for the client when it has read what was sent. */
  end(): void {
    this.#place = "over";
    this.#answer.sendNow();
    // Held back, it would never see that the client has closed.
    this.#socket.resume();
    closeLingering(this.#socket);
  }

  resumeBody(): void {
    this.#socket.resume();
  }

  closesAfter(): boolean {
    this.#closesAfter = this.#lines?.closes === true || this.#handlers.isClosing();
    return this.#closesAfter;
  }

  answered(): void {
    this.#report(true);
    this.#core = undefined;
    if (this.#closesAfter) {
      this.end();
      return;
    }
    this.idleSinceMs = turnMs();
    this.#socket.resume();
    // The rest of a body that the core did not want is read and thrown away.
    this.#place = this.#bodyLeft > 0 ? "body" : "between";
    if (!this.#isReading && this.#unread.length > 0) this.#take(NOTHING);
  }

  #take(piece: Buffer): void {
    let rest = this.#unread.length === 0 ? piece : Buffer.concat([this.#unread, piece]);
    this.#unread = NOTHING;
    this.#isReading = true;
    while (rest.length > 0) {
      if (this.#place === "between") rest = this.#begin(rest);
      else if (this.#place === "body") rest = this.#takeBody(rest);
      else break;
    }
    this.#isReading = false;
    if (rest.length === 0 || this.#place === "over") return;
    this.#unread = rest;
    if (rest.length > MAX_UNREAD_BYTES) this.#socket.pause();
  }

  /** @returns what of the bytes stands behind what was used, as {@link LeanConnection.#takeBody} does. */
  #begin(bytes: Buffer): Buffer {
    const plain = readPlainRequest(bytes, this.#handlers.limits, this.#lines);
    const request = plain && this.#handlers.route(plain, this.#peer);
    if (plain === undefined || request === undefined) {
      this.#handOver(bytes);
      return NOTHING;
    }
    const { lines, method } = plain;
    const { lengthBytes, accept } = lines;
    this.#lines = lines;
    this.#request = request;
    const rest = behind(bytes, plain.headEnd);
    this.#bodyLeft = lengthBytes ?? 0;
    this.#place = lengthBytes === undefined ? "answer" : "body";
    this.#closesAfter = false;
    this.#answer.turnTo({ isHead: method === "HEAD", accept, requestId: request.info.id });
    try {
      const core = this.#handlers.carry(request, this.#answer);
      this.#core = core;
      core.start();
    } catch (error) {
      this.#answer.fail(toAppError(error));
    }
    // Also where none of it is there yet: so the core learns that the head is all there is for now.
    return this.#place === "body" ? this.#takeBody(rest) : rest;
  }

  #takeBody(bytes: Buffer): Buffer {
    const part = bytes.length > this.#bodyLeft ? bytes.subarray(0, this.#bodyLeft) : bytes;
    this.#bodyLeft -= part.length;
    this.#passBody(part);
    return behind(bytes, part.length);
  }

  #passBody(part: Buffer): void {
    const core = this.#core;
    if (core === undefined) {
      if (this.#bodyLeft === 0) this.#place = "between";
      return;
    }
    if (part.length > 0 && !core.write(part)) this.#socket.pause();
    // The piece may have been one too many, and the request has its answer.
    if (this.#core !== core) return;
    if (this.#bodyLeft === 0) {
      this.#place = "answer";
      core.end(NO_FIELDS);
    }
    core.flush();
  }

  #handOver(unread: Buffer): void {
    const socket = this.#socket;
    this.#place = "over";
    this.#answer.sendNow();
    socket.off("data", this.#onData);
    socket.off("drain", this.#onDrain);
    socket.off("close", this.#onClose);
    socket.off("error", ignore);
    this.#handlers.handOver(socket, unread);
  }

  #closed(): void {
    const core = this.#core;
    this.#core = undefined;
    this.#place = "over";
    core?.abort();
    this.#report(false);
  }

  #report(isComplete: boolean): void {
    const request = this.#request;
    if (request === undefined) return;
    this.#request = undefined;
    const { status, failure } = this.#answer;
    if (failure !== undefined) request.info.failure = failure;
    this.#handlers.over(request, { status, isComplete });
  }
}

function behind(piece: Buffer, bytes: number): Buffer {
  return bytes === piece.length ? NOTHING : piece.subarray(bytes);
}

function ignore(): void {}
