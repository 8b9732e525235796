import type { Duplex } from "node:stream";
import type { AppError } from "../../base/errors.ts";
import type { Fields } from "../../web/wire/fields.ts";
import type { ResponseHead } from "../core/response-head.ts";

/** The client's end of an upgrade, whatever protocol the client speaks. */
export interface ClientEnd {
  /** What the client and the core are joined by, once the core has switched. */
  readonly stream: Duplex;
  /** Whether the client has ended its side in order. */
  readonly hasEnded: boolean;
  /** An interim answer (1xx but 101). */
  interim(head: ResponseHead): void;
  /** The core has switched (101). */
  switched(head: ResponseHead): void;
  /**
   * The core answers otherwise: this is the head of its answer, the body follows by `write` and `end`.
   * @throws {AppError} where the client would take it for consent.
   */
  refused(head: ResponseHead): void;
  /** False: hold back until `stream` drains. */
  write(data: Buffer): boolean;
  end(trailers: Fields): void;
  /** There is no answer: tells the client why, or breaks off what has begun of one. */
  fail(error: AppError): void;
  /** Breaks off, so that it can't be taken for an orderly end. */
  reset(): void;
}
