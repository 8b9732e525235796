import { Duplex } from "node:stream";
import { AppError } from "../../base/errors.ts";
import type { ClientSide, CoreRequest, CoreSide } from "../../web/exchange.ts";
import { toAppError } from "../../web/problem.ts";
import { chunkStart, lastChunk } from "../../web/wire/chunked.ts";
import type { Fields } from "../../web/wire/fields.ts";
import { answerHead } from "../answer-head.ts";
import type { ResponseHead } from "../core/response-head.ts";
import { ResponseReader, type ResponseSink } from "../core/response-reader.ts";
import { innerHead } from "./inner-head.ts";

/** One request to the server within this process: what stands between its connection, which is none, and the client. */

/** What a call is made from. */
export interface InnerCallParts {
  readonly request: CoreRequest;
  readonly client: ClientSide;
  /** The common name of the client's certificate. */
  readonly certificateName: string | undefined;
  /** Gives the connection to the server. */
  readonly onStart: (call: InnerCall) => void;
}

/** Tells Node that it may write on. */
type Done = () => void;

/** The call. It begins with {@link InnerCall.start}. */
export class InnerCall implements CoreSide, ResponseSink {
  /** The connection, as Node's server has it. */
  readonly socket: Duplex;
  readonly parts: InnerCallParts;
  readonly #client: ClientSide;
  readonly #head: string;
  readonly #isChunked: boolean;
  readonly #reader = new ResponseReader(this);
  #isOver = false;
  /** The client takes no more of the answer for now. */
  #isClientFull = false;
  #goOn: Done | undefined;
  /** The server takes no more of the request's body for now. */
  #isBodyHeld = false;

  /** @throws {AppError} as {@link innerHead} does. */
  constructor(parts: InnerCallParts) {
    const { request, client } = parts;
    this.parts = parts;
    this.#client = client;
    this.#head = innerHead(request);
    this.#isChunked = request.framing === "chunked";
    this.#reader.expect(request.method === "HEAD");
    this.socket = new Duplex({
      read: () => this.#bodyWanted(),
      write: (chunk: Buffer, _encoding, done) => this.#take([chunk], done),
      // What Node writes in one turn is told in one: head, data and end.
      writev: (entries, done) =>
        this.#take(
          entries.map(({ chunk }): Buffer => chunk),
          done,
        ),
      final: (done) => this.#ended(done),
      destroy: (error, done) => {
        this.#lost(error);
        done(error);
      },
    });
  }

  start(): void {
    if (this.#isOver) return;
    this.parts.onStart(this);
    this.socket.push(this.#head, "latin1");
  }

  write(data: Buffer): boolean {
    // An empty chunk would be the last.
    if (this.#isOver || data.length === 0) return true;
    if (this.#isChunked) {
      this.socket.push(chunkStart(data.length), "latin1");
      this.socket.push(data);
      this.#isBodyHeld = !this.socket.push("\r\n", "latin1");
    } else {
      this.#isBodyHeld = !this.socket.push(data);
    }
    return !this.#isBodyHeld;
  }

  end(trailers: Fields): void {
    // Never by the end of the connection, which to Node means that the client is gone.
    if (!this.#isOver && this.#isChunked) this.socket.push(lastChunk(trailers), "latin1");
  }

  /** Nothing is gathered. */
  flush(): void {
    return;
  }

  resume(): void {
    this.#isClientFull = false;
    const done = this.#goOn;
    this.#goOn = undefined;
    done?.();
  }

  abort(): void {
    this.#isOver = true;
    this.socket.destroy();
  }

  /** The server's parser refuses what was sent to it. */
  refuse(cause: Error): void {
    const reason = "reason" in cause && typeof cause.reason === "string" ? `: ${cause.reason}` : "";
    this.#fail(new AppError("bad-request", `The request is malformed${reason}.`, { cause }));
  }

  /** @internal by the reader, as all of {@link ResponseSink} */
  onInterim(head: ResponseHead): void {
    if (!this.#isOver) this.#client.interim(answerHead(head));
  }

  onHead(head: ResponseHead): void {
    if (!this.#isOver) this.#client.begin(answerHead(head));
  }

  onData(data: Buffer): void {
    if (!this.#isOver && !this.#client.write(data)) this.#isClientFull = true;
  }

  onEnd(trailers: Fields): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#client.end(trailers);
    this.#client.flush();
  }

  #take(pieces: readonly Buffer[], done: Done): void {
    try {
      for (const piece of pieces) if (!this.#isOver) this.#reader.read(piece);
      if (!this.#isOver) this.#client.flush();
    } catch (error) {
      // Also a client's side that can't say what was answered.
      this.#fail(toAppError(error));
    }
    // The client may have gone on while it was told.
    if (this.#isClientFull && !this.#isOver) this.#goOn = done;
    else done();
  }

  /** Node has written all it has to, and has told so whoever answers. */
  #ended(done: Done): void {
    try {
      if (!this.#isOver) this.#reader.close();
    } catch (error) {
      this.#fail(toAppError(error));
    }
    done();
    this.socket.destroy();
  }

  #bodyWanted(): void {
    if (!this.#isBodyHeld || this.#isOver) return;
    this.#isBodyHeld = false;
    this.#client.resumeBody();
  }

  /** Whoever answers has let go of the connection. */
  #lost(cause: Error | null): void {
    if (this.#isOver) return;
    this.#fail(new AppError("internal", "The answer was broken off.", { cause }));
  }

  #fail(error: AppError): void {
    const wasOver = this.#isOver;
    this.#isOver = true;
    if (!wasOver) this.#client.fail(error);
    this.socket.destroy();
  }
}
