import { nowMs } from "../../base/clock.ts";
import type { CoreRequest } from "../../web/exchange.ts";
import type { ConnectionEnds } from "../../web/traffic/traffic.ts";
import type { Phase } from "../phases.ts";

/** As a failure is counted that is the client's going. */
export const CLIENT_GONE = "client-gone";

/** What is noted of one request while it goes on: plain fields, since each request pays for them. */
export class Tally {
  readonly request: CoreRequest;
  /** Of the final answer, the core's or ours; 0 while there is none. */
  status = 0;
  /** An error code, or `client-gone`. */
  failure: string | undefined;
  /** Of the bodies. */
  requestBytes = 0;
  responseBytes = 0;
  retries = 0;
  /** The connection is not HTTP's any more; the bytes are then all that it carried to and from the core. */
  isUpgraded = false;
  /** Whether the core owes the head of its answer. */
  isWaiting = false;
  /** When it was given to its last connection to the core, when the head of the answer came; 0: it never did. */
  sentAtMs = 0;
  headAtMs = 0;
  /** For how long it stood still for the client. */
  clientMs = 0;
  #clientSinceMs = 0;
  /** Of the last connection to the core. */
  connection: { readonly ends: ConnectionEnds | undefined } | undefined;

  constructor(request: CoreRequest) {
    this.request = request;
  }

  /** Something else is waited for. The clock is looked at only where the client comes in or goes out of it. */
  begin(phase: Phase): void {
    const isForClient = phase === "body" || phase === "client";
    if (isForClient === this.#clientSinceMs > 0) return;
    const now = nowMs();
    if (isForClient) {
      this.#clientSinceMs = now;
    } else {
      this.clientMs += now - this.#clientSinceMs;
      this.#clientSinceMs = 0;
    }
  }

  /** The request failed: the client is told this status, unless an answer has begun. */
  fail(failure: string, status: number): void {
    this.failure = failure;
    if (this.status === 0) this.status = status;
  }

  /** All is over: what is waited for now is waited for no more. */
  end(): void {
    this.begin("idle");
  }
}
