import type { Fields } from "../../web/wire/fields.ts";
import type { HeldUp } from "./make-room.ts";
import type { ResponseHead } from "./response-head.ts";

/** Those who have to do with a connection to the core: who uses it for a request, and who owns it in between. */

/** How far a request had come on a connection that was lost. */
export interface Progress {
  /** Nothing of it was sent. */
  readonly isUnsent: boolean;
  /** Some of the answer had come. */
  readonly hasBegun: boolean;
}

/** Who uses a connection for one request, and what it is told. */
export interface ConnectionUser {
  readonly isToHead: boolean;
  onConnected(): void;
  onInterim(head: ResponseHead): void;
  onHead(head: ResponseHead): void;
  /** The data may be used until this returns. */
  onData(data: Buffer): void;
  onEnd(trailers: Fields): void;
  /** All that came at this moment has been told. */
  onPause(): void;
  /** More can be written, after a `write` that gave false. */
  onDrain(): void;
  /** The connection is no more. Nothing more will be told. */
  onLost(error: unknown, sofar: Progress): void;
  /** The deadline that the user set has passed. */
  onLate(): void;
  /** Whether it goes on no faster than its client lets it. */
  readonly heldUp: HeldUp | undefined;
  /** Others need the connection more. */
  onGiveUp(): void;
}

/** Who owns the connection while nobody uses it. */
export interface ConnectionOwner<Connection> {
  onConnected(): void;
  onFree(connection: Connection): void;
  /** It is no more; `connectError` where it never came to be, but not for want of interest. */
  onGone(connection: Connection, connectError: unknown): void;
}
