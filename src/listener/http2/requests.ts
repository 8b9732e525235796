import type { AppError } from "../../base/errors.ts";
import type { ClientSide, ConnectStream, CoreRequest, CoreSide } from "../../web/exchange.ts";
import { newRequestInfo } from "../../web/request-info.ts";
import { NO_FIELDS } from "../../web/wire/fields.ts";
import type { GateVerdict } from "../gate.ts";
import {
  faultOfHost,
  faultOfHttp2Header,
  type HeaderLimits,
  NO_TUNNELS,
  UNKNOWN_EXPECTATION,
  UNKNOWN_PROTOCOL,
} from "../request-faults.ts";
import { StreamTunnel } from "./connect-stream.ts";
import { ERROR_CODE } from "./frames.ts";
import type { HeaderBlock } from "./header-blocks.ts";
import { type HeadLines, type ReadBefore, type RequestHead, readRequestHead } from "./request-head.ts";
import { Stream, type StreamOwner } from "./stream.ts";
import { type Carry, type Over, StreamExchange } from "./stream-exchange.ts";

/** The requests of one connection: who gets them, and what is wrong with them. */

/** What is done with requests. */
export interface Http2Handlers {
  /** Whose a path is. */
  gate(path: string): GateVerdict;
  /** Carries a request that the gate has given to somebody. @throws {AppError} where that can't be. */
  carry(
    to: "core" | "ours",
    request: CoreRequest,
    client: ClientSide,
    connection: ClientConnection,
  ): CoreSide;
  /** What is answered where the gate refuses. */
  readonly nothingHere: AppError;
  /** An extended CONNECT for a WebSocket (RFC 8441) that is the core's. */
  connect(stream: ConnectStream, request: CoreRequest, protocol: string): void;
  readonly over: Over;
}

/** What is known of the client's connection. */
export interface ClientConnection {
  /** The address of its end. */
  readonly peer: string;
  /** The common name of the certificate that the client has shown, where it was verified. */
  certificateName(): string | undefined;
}

/** What of requests is taken. */
export interface RequestLimits extends HeaderLimits {
  /** Whether an extended CONNECT is (RFC 8441). */
  readonly webSockets: boolean;
}

const NO_LINES: HeadLines = {
  fields: NO_FIELDS,
  lengthBytes: undefined,
  accept: undefined,
  expect: undefined,
  requestId: undefined,
};

/** Begins the requests of one connection. */
export class Requests {
  readonly #handlers: Http2Handlers;
  readonly #connection: ClientConnection;
  readonly #limits: RequestLimits;
  readonly #toCore: Carry;
  readonly #toOurs: Carry;
  #before: ReadBefore | undefined;
  /** The request of the block before; a block that comes again is the same object. */
  #decodedBefore: HeaderBlock["decoded"] | undefined;

  constructor(handlers: Http2Handlers, connection: ClientConnection, limits: RequestLimits) {
    this.#handlers = handlers;
    this.#connection = connection;
    this.#limits = limits;
    this.#toCore = (request, client) => handlers.carry("core", request, client, connection);
    this.#toOurs = (request, client) => handlers.carry("ours", request, client, connection);
  }

  /** Begins one. What is malformed is broken off, what is beyond the limits answered. */
  begin({ streamId: id, endsStream, decoded }: HeaderBlock, owner: StreamOwner): void {
    const isAgain = decoded === this.#decodedBefore;
    const tooLarge = isAgain ? undefined : this.#faultOf(decoded);
    const read = isAgain ? this.#again() : this.#read(decoded.list, tooLarge);
    if (read === undefined || !this.#mayBe(read.head, endsStream)) {
      owner.sendReset(id, ERROR_CODE.protocolError);
      owner.onBroken();
      return;
    }
    const { head } = read;
    const fault = tooLarge ?? faultOf(head);
    // Of what is refused nothing is used again.
    this.#before = fault === undefined ? read : undefined;
    this.#decodedBefore = fault === undefined ? decoded : undefined;
    const stream = new Stream(owner, { id, endsStream, lengthBytes: head.lines.lengthBytes });
    owner.onOpened(stream);
    this.#serve(stream, head, fault);
  }

  #mayBe({ protocol, lines }: RequestHead, endsStream: boolean): boolean {
    // RFC 8441 section 3: only where we have said that we take it.
    if (protocol !== undefined && !this.#limits.webSockets) return false;
    return !endsStream || lines.lengthBytes === undefined || lines.lengthBytes === 0;
  }

  #again(): ReadBefore | undefined {
    const before = this.#before;
    if (before === undefined || before.head.repeats) return before;
    return { ...before, head: { ...before.head, repeats: true } };
  }

  #faultOf({ list, isTooLarge }: HeaderBlock["decoded"]): AppError | undefined {
    return faultOfHttp2Header(list, this.#limits, isTooLarge);
  }

  #read(list: readonly string[], fault: AppError | undefined): ReadBefore | undefined {
    const read = readRequestHead(list, this.#before);
    // Of one that is too large the end is not there: it is answered all the same.
    return read ?? (fault && { list: [], start: 0, head: UNREAD });
  }

  #serve(stream: Stream, head: RequestHead, fault: AppError | undefined): void {
    const verdict = this.#handlers.gate(
      head.method === "CONNECT" && head.protocol === undefined ? "/" : head.path,
    );
    if (fault !== undefined) this.#refuse(stream, head, fault);
    else if (verdict.kind === "refused" || (verdict.kind === "ours" && head.method === "CONNECT"))
      this.#refuse(stream, head, this.#handlers.nothingHere);
    else if (head.protocol !== undefined) {
      const request = this.#requestOf(head, verdict, "none");
      this.#handlers.connect(new StreamTunnel(stream), request, head.protocol);
    } else this.#exchange(stream, head, verdict);
  }

  #exchange(
    stream: Stream,
    head: RequestHead,
    verdict: Extract<GateVerdict, { kind: "core" | "ours" }>,
  ): void {
    const framing = stream.hasClientEnded
      ? "none"
      : head.lines.lengthBytes === undefined
        ? undefined
        : "length";
    const request = this.#requestOf(head, verdict, framing ?? "chunked");
    const carry = verdict.kind === "core" ? this.#toCore : this.#toOurs;
    new StreamExchange(stream, request, { carry, over: this.#handlers.over }).start(framing);
  }

  #refuse(stream: Stream, head: RequestHead, fault: AppError): void {
    const request = this.#requestOf(head, { target: head.path, authority: undefined }, "none");
    request.info.route = "refused";
    const carry = () => {
      throw fault;
    };
    new StreamExchange(stream, request, { carry, over: this.#handlers.over }).start("none");
  }

  #requestOf(
    head: RequestHead,
    { target, authority }: { readonly target: string; readonly authority: string | undefined },
    framing: CoreRequest["framing"],
  ): CoreRequest {
    const { method, lines } = head;
    return {
      method,
      target,
      authority: authority ?? head.authority,
      version: "2.0",
      fields: lines.fields,
      repeats: head.repeats,
      framing,
      peer: this.#connection.peer,
      info: newRequestInfo(lines.requestId),
    };
  }
}

const UNREAD: RequestHead = {
  method: "GET",
  path: "/",
  authority: undefined,
  protocol: undefined,
  lines: NO_LINES,
  repeats: false,
};

/** What is wrong with a head that is well-formed. */
function faultOf({ method, protocol, authority, lines, repeats }: RequestHead): AppError | undefined {
  if (!repeats) {
    // An empty authority is none: then the Host counts.
    const fault = faultOfHost(authority) ?? faultOfHost(lines.fields.first("host"));
    if (fault !== undefined) return fault;
  }
  if (method === "CONNECT" && protocol !== "websocket")
    return protocol === undefined ? NO_TUNNELS : UNKNOWN_PROTOCOL;
  if (lines.expect !== undefined && lines.expect.toLowerCase() !== "100-continue") return UNKNOWN_EXPECTATION;
  return undefined;
}
