import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { AppError } from "../base/errors.ts";
import { clientAddressOf } from "../web/client-address.ts";
import type { AnswerHead, ClientSide, CoreRequest, CoreSide } from "../web/exchange.ts";
import { http2Fields } from "../web/http2-fields.ts";
import { toAppError } from "../web/problem.ts";
import { newRequestInfo } from "../web/request-info.ts";
import { problemAnswer } from "../web/send-problem.ts";
import { Fields, NO_FIELDS } from "../web/wire/fields.ts";
import { framingOf, whenBodyKnown } from "./stream-body.ts";

/** One HTTP/2 stream whose request goes to the core, without Node's request and answer objects in between. */

/** Who is told of it. */
export interface StreamOwner {
  carry(request: CoreRequest, client: ClientSide): CoreSide;
  /** The stream is closed. */
  over(request: CoreRequest, outcome: { readonly status: number; readonly isComplete: boolean }): void;
}

/** Beyond this much that waits to be sent, the core is held back. */
const HOLD_BACK_BYTES = 262_144;

/** The client's end of an exchange, on a stream. */
export class StreamExchange implements ClientSide {
  readonly #stream: ServerHttp2Stream;
  #request: CoreRequest;
  readonly #owner: StreamOwner;
  #core: CoreSide | undefined;
  #head: AnswerHead | undefined;
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  #status = 0;
  #isEnded = false;
  #dropsBody = false;
  #trailers = NO_FIELDS;

  constructor(stream: ServerHttp2Stream, request: CoreRequest, owner: StreamOwner) {
    this.#stream = stream;
    this.#request = request;
    this.#owner = owner;
    stream.on("close", () => this.#closed());
  }

  /** Carries the request to the core, its body framed in this way; what is wrong with it is answered. */
  start(framing: CoreRequest["framing"]): void {
    const stream = this.#stream;
    if (stream.destroyed) return;
    if (framing !== this.#request.framing) this.#request = { ...this.#request, framing };
    const core = this.#carry();
    if (core === undefined) return;
    this.#core = core;
    stream.on("drain", () => core.resume());
    if (this.#request.framing !== "none") this.#passBody(core);
    // One that ends with its head Node reads by itself when it is closed; read before, it would be destroyed while its
    // last write is still under way, and each time make an error of that.
    else if (!stream.endAfterHeaders) stream.resume();
    core.start();
  }

  get waitingBytes(): number {
    return this.#gatheredBytes + this.#stream.writableLength;
  }

  interim({ status, fields, drops }: AnswerHead): void {
    if (this.#head !== undefined || this.#isGone() || this.#stream.headersSent) return;
    this.#stream.additionalHeaders({ ...headersOf(fields.lowerCase(drops)), ":status": status });
  }

  begin(head: AnswerHead): void {
    // A 205 has no body (RFC 9110 section 15.3.6), and Node ends its stream.
    this.#dropsBody = head.status === RESET_CONTENT;
    this.#head = this.#dropsBody ? withoutBody(head) : head;
  }

  write(data: Buffer): boolean {
    if (this.#isGone() || this.#dropsBody) return true;
    // What comes in one piece from the core goes out in one, with the head and the end where they are in it.
    this.#gathered.push(Buffer.from(data));
    this.#gatheredBytes += data.length;
    return this.waitingBytes < HOLD_BACK_BYTES;
  }

  end(trailers: Fields): void {
    this.#isEnded = true;
    if (this.#isGone()) return;
    this.#trailers = trailers;
    const last = this.#takeGathered();
    const mayHaveTrailers = this.#head?.framing === "chunked";
    this.#respond(last === undefined && !mayHaveTrailers);
    if (last !== undefined) this.#stream.end(last);
    else this.#stream.end();
    // What is left of the request is read and thrown away: held back, the stream would never close.
    if (this.#request.framing !== "none") this.#stream.resume();
  }

  flush(): void {
    if (this.#isEnded || this.#isGone()) return;
    this.#respond(false);
    const data = this.#takeGathered();
    if (data !== undefined) this.#stream.write(data);
  }

  resumeBody(): void {
    this.#stream.resume();
  }

  fail(error: AppError): void {
    this.#isEnded = true;
    this.#request.info.failure = error.code;
    const stream = this.#stream;
    if (this.#isGone()) return;
    if (this.#status !== 0) {
      // By RST_STREAM with INTERNAL_ERROR, so that the client can't take it for complete (RFC 9113 section 8.1.1).
      // Not by `close`: that ends the stream first, and where all was sent, the end reaches the client before the reset.
      stream.destroy(error);
      return;
    }
    this.#status = error.status;
    const { id } = this.#request.info;
    const { headers, body } = problemAnswer(error, id, this.#request.fields.first("accept"));
    stream.respond({ ...headers, ":status": error.status });
    if (this.#request.method === "HEAD") stream.end();
    else stream.end(body);
    // What is left of the request is read and thrown away.
    stream.resume();
  }

  #takeGathered(): Buffer | undefined {
    const [first, ...others] = this.#gathered;
    if (first === undefined) return undefined;
    const data = others.length === 0 ? first : Buffer.concat(this.#gathered, this.#gatheredBytes);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    return data;
  }

  #carry(): CoreSide | undefined {
    try {
      return this.#owner.carry(this.#request, this);
    } catch (error) {
      this.fail(toAppError(error));
      return undefined;
    }
  }

  #passBody(core: CoreSide): void {
    const stream = this.#stream;
    let trailers = NO_FIELDS;
    stream.on("trailers", (_headers: unknown, _flags: unknown, raw: readonly string[]) => {
      trailers = Fields.of(raw);
    });
    stream.on("data", (data: Buffer) => {
      if (!core.write(data)) stream.pause();
      core.flush();
    });
    stream.on("end", () => {
      core.end(trailers);
      core.flush();
    });
    // The core must see the head of an "Expect: 100-continue" before there is a body.
    setImmediate(() => core.flush());
  }

  #respond(isWhole: boolean): void {
    const head = this.#head;
    if (head === undefined) return;
    this.#head = undefined;
    const stream = this.#stream;
    // Raw, so that names that occur twice keep their order.
    const fields = [":status", String(head.status), ...head.fields.lowerCase(head.drops)];
    const waitForTrailers = head.framing === "chunked";
    if (waitForTrailers) {
      stream.once("wantTrailers", () =>
        stream.sendTrailers(headersOf(this.#trailers.lowerCase(() => false))),
      );
    }
    // It refuses what HTTP/2 can't say, such as a status beyond 599: then nothing has been said yet.
    stream.respond(fields, { endStream: isWhole, waitForTrailers });
    this.#status = head.status;
  }

  #isGone(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }

  #closed(): void {
    const isComplete = this.#isEnded && this.#stream.rstCode === 0;
    if (!this.#isEnded) this.#core?.abort();
    this.#owner.over(this.#request, { status: this.#status, isComplete });
  }
}

const RESET_CONTENT = 205;

function withoutBody(head: AnswerHead): AnswerHead {
  const drops = (name: string) => name === "content-length" || name === "trailer" || head.drops(name);
  return { ...head, drops, framing: "none" };
}

/** Carries a stream to the core that the gate has given to it, and answers it in any case. */
export function carryStream(stream: ServerHttp2Stream, head: StreamHead, owner: StreamOwner): void {
  const { headers, rawHeaders } = head;
  const fields = http2Fields(rawHeaders);
  const framing = framingOf(stream, headers);
  const request = streamRequest(stream, head, { fields: fields ?? NO_FIELDS, framing: framing ?? "chunked" });
  // Before the body is known: whoever breaks the stream until then is to be found in the log.
  const exchange = new StreamExchange(stream, request, owner);
  if (fields === undefined) exchange.fail(new AppError("bad-request", "A header has a line end in it."));
  else if (framing !== undefined) exchange.start(framing);
  else whenBodyKnown(stream, (hasBody) => exchange.start(hasBody ? "chunked" : "none"));
}

/** The request of a stream, as the core's side takes it. */
export function streamRequest(
  stream: ServerHttp2Stream,
  { headers, verdict }: StreamHead,
  { fields, framing }: Pick<CoreRequest, "fields" | "framing">,
): CoreRequest {
  const { target, authority = headers[":authority"] } = verdict;
  const sentId = headers["x-request-id"];
  return {
    ...{ target, authority, fields, framing, version: "2.0" },
    method: headers[":method"] ?? "GET",
    peer: stream.session === undefined ? "unknown" : clientAddressOf(stream.session.socket),
    info: newRequestInfo(typeof sentId === "string" ? sentId : undefined),
  };
}

/** What has come of a stream. */
export interface StreamHead {
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly verdict: { readonly target: string; readonly authority: string | undefined };
}

function headersOf(raw: readonly string[]): OutgoingHttpHeaders {
  const headers: Record<string, string[]> = Object.create(null);
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? "";
    headers[name] = [...(headers[name] ?? []), raw[index + 1] ?? ""];
  }
  return headers;
}
