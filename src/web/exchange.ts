import type { Duplex } from "node:stream";
import type { AppError } from "../base/errors.ts";
import type { RequestInfo } from "./request-info.ts";
import type { Fields } from "./wire/fields.ts";

/**
 * What is said between the client's side of a request and the core's, whatever protocol the client speaks.
 * Everything is pushed: no streams, no promises, since each of them costs more than what is carried.
 */

/** How a body is delimited (RFC 9112 section 6); `close`, of an answer only: by the end of the connection. */
export type Framing = "none" | "length" | "chunked" | "close";

/** A request bound for the core. */
export interface CoreRequest {
  readonly method: string;
  /** In origin form (or `*`), as it goes out. */
  readonly target: string;
  /** Of an absolute-form target; replaces the Host (RFC 9112 section 3.2.2). */
  readonly authority: string | undefined;
  readonly version: "1.0" | "1.1" | "2.0";
  /** The client's own fields, as they came. */
  readonly fields: Fields;
  /** Whether they are those of the request before on its connection, and the same object. */
  readonly repeats?: boolean;
  readonly framing: Exclude<Framing, "close">;
  /** The address of the client's end of the connection. */
  readonly peer: string;
  readonly info: RequestInfo;
}

/** The head of an answer of the core's, interim or final. */
export interface AnswerHead {
  readonly status: number;
  readonly reason: string;
  /** As they came from the core; not all of them travel on. */
  readonly fields: Fields;
  /** Tells, by its name in lower case, whether a field stays behind. */
  readonly drops: (lowerName: string) => boolean;
  readonly framing: Framing;
  /** Bytes of the body where the framing is `length`, else 0. */
  readonly length: number;
  readonly hasDate: boolean;
  /** Its lines as HTTP/1.1 writes them, and its block as HTTP/2 does, once that was done: the same head may come again. */
  lines: string | undefined;
  block: string | undefined;
}

/** A head like another, but for this. */
export function changedHead(
  head: AnswerHead,
  changes: Partial<Omit<AnswerHead, "lines" | "block">>,
): AnswerHead {
  return { ...head, ...changes, lines: undefined, block: undefined };
}

/** The client's end of an exchange: what the core's end tells it. After `end` and `fail` it hears no more. */
export interface ClientSide {
  /** Grows while the client takes what was written, as far as we can see: to be compared with what it was before. */
  readonly takenBytes: number;
  /** An interim answer (1xx but 101). */
  interim(head: AnswerHead): void;
  begin(head: AnswerHead): void;
  /**
   * Bytes of the answer's body, which may be used until this returns. False: hold back, {@link CoreSide.resume} will say
   * when to go on.
   */
  write(data: Buffer): boolean;
  /** The answer is complete. */
  end(trailers: Fields): void;
  /** Nothing more to say at this moment: what was gathered goes out now. */
  flush(): void;
  /** The core can take more of the request's body, after a `write` that gave false. */
  resumeBody(): void;
  /** There is no answer: tell the client why, or break off what has begun so that it can't be taken for complete. */
  fail(error: AppError): void;
}

/** The core's end of an exchange: what the client's end tells it. */
export interface CoreSide {
  /** Begins. The client's side may hear of it before this returns. */
  start(): void;
  /** Bytes of the request's body. False: hold back until {@link ClientSide.resumeBody}. */
  write(data: Buffer): boolean;
  /** The request is complete. */
  end(trailers: Fields): void;
  /** Nothing more to say at this moment: what was gathered goes out now. */
  flush(): void;
  /** The client can take more of the answer, after a `write` that gave false. */
  resume(): void;
  /** The client has gone. */
  abort(): void;
}

/** The stream of an extended CONNECT (RFC 8441 section 4). It says `aborted` where its client has broken it off. */
export interface ConnectStream extends Duplex {
  /** Whether the head of the answer was written. */
  readonly hasBegun: boolean;
  /** Whether the client has ended its side in order, and all of it was read. */
  readonly hasEnded: boolean;
  /** An interim answer. */
  interim(head: AnswerHead): void;
  /** The head of the final answer; what is written from then on is its body. */
  begin(head: AnswerHead): void;
  /** A whole answer of our own. */
  refuse(status: number, headers: Readonly<Record<string, string>>, body: Buffer): void;
  /** All was said; what the client has still to say is of no interest (RFC 9113 section 8.1). */
  finish(): void;
  /** Ends it so that it can't be taken for complete. */
  breakOff(code: "cancel" | "internal-error"): void;
}
