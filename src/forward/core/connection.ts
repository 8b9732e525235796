import { turnMs } from "../../base/clock.ts";
import type { ConnectionEnds } from "../../web/traffic/traffic.ts";
import { BatchedWriter } from "../../web/wire/batched-writer.ts";
import type { Fields } from "../../web/wire/fields.ts";
import type { Piece } from "../../web/wire/pieces.ts";
import type { CoreAddress } from "./address.ts";
import { endsOf } from "./connection-ends.ts";
import type { ConnectionOwner, ConnectionUser, Progress } from "./connection-user.ts";
import { CoreSocket } from "./core-socket.ts";
import { Deadline } from "./deadline.ts";
import type { HeldUp } from "./make-room.ts";
import type { ResponseHead } from "./response-head.ts";
import { ResponseReader, type ResponseSink } from "./response-reader.ts";

/** One connection to the core: its socket, its reader, its clock. One request at a time, from whoever uses it. */

/** Beyond this much that the core has not taken, the client is held back. */
const HOLD_BACK_BYTES = 262_144;

/** A connection to the core. */
export class CoreConnection implements ResponseSink {
  readonly #socket: CoreSocket;
  readonly #owner: ConnectionOwner<CoreConnection>;
  readonly #reader: ResponseReader;
  readonly #out: BatchedWriter;
  readonly #deadline: Deadline;
  #user: ConnectionUser | undefined;
  #isOver = false;
  #isReusable = false;
  #isGone = false;
  #requests = 0;
  #ends: ConnectionEnds | undefined;
  /** Of earlier requests. */
  #writesBefore = 0;
  #hasConnected = false;
  #wasClosedByCore = false;
  #isIdle = false;
  /** Before the present request. */
  #idleMs = 0;
  #error: unknown;
  /** How long the core says that it keeps the connection (the Keep-Alive field). */
  hintMs: number | undefined;
  /** Since when nobody uses it, by `performance.now()`. */
  idleSinceMs = 0;

  constructor(address: CoreAddress, owner: ConnectionOwner<CoreConnection>) {
    this.#owner = owner;
    this.#reader = new ResponseReader(this);
    this.#deadline = new Deadline(() => this.#late());
    const socket = new CoreSocket((piece) => this.#read(piece));
    socket.connect({ host: address.hostname, port: address.port });
    socket.setNoDelay(true);
    this.#socket = socket;
    this.#out = new BatchedWriter(socket);
    socket.on("connect", () => {
      this.#hasConnected = true;
      this.#ends = endsOf(socket);
      this.#owner.onConnected();
      this.#user?.onConnected();
    });
    socket.on("drain", () => this.#user?.onDrain());
    socket.on("end", () => this.#closedByCore());
    socket.on("error", (error) => {
      this.#wasClosedByCore = true;
      this.#error = error;
    });
    socket.on("close", () => this.#closed());
  }

  get isConnecting(): boolean {
    return this.#socket.connecting;
  }

  /** Its two ends; undefined before it is connected. */
  get ends(): ConnectionEnds | undefined {
    return this.#ends;
  }

  /** Whether it has carried a request before this one, so that the core may have given it up already. */
  get isReused(): boolean {
    return this.#requests > 1;
  }

  /**
   * For how long it had been idle when the core closed it, be it under a request that came too late; undefined where it
   * was not the core that closed it, or not for being idle.
   */
  get closedAfterMs(): number | undefined {
    if (!this.#wasClosedByCore) return undefined;
    if (this.#isIdle) return turnMs() - this.idleSinceMs;
    return this.isReused && !this.#reader.hasBegun ? this.#idleMs : undefined;
  }

  /** Whether anything of the present request has gone out. */
  get hasSent(): boolean {
    const writes = this.#out.writes - this.#writesBefore;
    // A write that fails at once has sent nothing.
    return writes > (this.#socket.hasFailedAtOnce ? 1 : 0);
  }

  /** {@link ConnectionUser.heldUp} */
  get heldUp(): HeldUp | undefined {
    return this.#user?.heldUp;
  }

  /** Asks its user to give it up. */
  giveUp(): void {
    this.#user?.onGiveUp();
  }

  get isUsable(): boolean {
    // Whether the core has closed its side need not be asked: it is told at once, and ends the connection.
    return this.#socket.writable;
  }

  /** Gives it to a user, who then writes a request. */
  carry(user: ConnectionUser): void {
    this.#user = user;
    if (this.#requests > 0) this.#idleMs = turnMs() - this.idleSinceMs;
    this.#isIdle = false;
    this.#requests += 1;
    this.#isOver = false;
    this.#writesBefore = this.#out.writes;
    this.#reader.expect(user.isToHead);
  }

  /** Gathers what {@link send} will send; strings are latin1. */
  add(piece: Piece): void {
    this.#out.add(piece);
  }

  /** Sends what was gathered, at the end of this turn. False: hold back until {@link ConnectionUser.onDrain}. */
  send(): boolean {
    this.#out.send();
    return this.#out.waitingBytes < HOLD_BACK_BYTES;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Calls {@link ConnectionUser.onLate}, or closes it where nobody uses it, unless it is called again before. */
  setDeadline(inMs: number): void {
    this.#deadline.set(inMs);
  }

  /** Closes it at once; its user is told nothing more. */
  destroy(): void {
    this.#user = undefined;
    this.#socket.destroy();
    this.#leave();
  }

  /** @internal by the reader, as all of {@link ResponseSink} */
  onInterim(head: ResponseHead): void {
    this.#user?.onInterim(head);
  }

  onHead(head: ResponseHead): void {
    this.#user?.onHead(head);
  }

  onData(data: Buffer): void {
    this.#user?.onData(data);
  }

  onEnd(trailers: Fields, reusable: boolean): void {
    this.#isOver = true;
    this.#isReusable = reusable;
    this.#user?.onEnd(trailers);
  }

  #read(piece: Buffer): void {
    const user = this.#user;
    if (!this.hasSent) {
      // Said before it could know of a request, such as a 408 as it closes: no answer to what we are about to send.
      this.#closedByCore();
      return;
    }
    try {
      this.#reader.read(piece);
      // A client's side that can't say what the core said ends this exchange, and nothing else.
      user?.onPause();
    } catch (error) {
      this.#lose(error);
      return;
    }
    // The user may have let go of it while it was told.
    if (this.#isOver && this.#user !== undefined) this.#release();
  }

  /** The answer is complete and passed on: back to the owner, or away with it. */
  #release(): void {
    this.#user = undefined;
    if (!this.#isReusable || !this.isUsable) {
      this.destroy();
      return;
    }
    this.#socket.resume();
    this.idleSinceMs = turnMs();
    this.#isIdle = true;
    this.#owner.onFree(this);
  }

  /** The user needs it no more although it has more to write: the connection can't be used again. */
  spoil(): void {
    this.#isReusable = false;
  }

  #closedByCore(): void {
    this.#wasClosedByCore = true;
    const user = this.#user;
    const { writeError } = this.#socket;
    try {
      if (writeError !== undefined || !this.#reader.close()) {
        this.#lose(writeError);
        return;
      }
      user?.onPause();
    } catch (error) {
      this.#lose(error);
      return;
    }
    this.destroy();
  }

  #lose(error: unknown): void {
    const user = this.#user;
    const progress = this.#progress();
    this.destroy();
    user?.onLost(error, progress);
  }

  #late(): void {
    if (!this.#hasConnected) this.#error ??= new Error("no connection was made in time");
    if (this.#user === undefined) this.destroy();
    else this.#user.onLate();
  }

  #closed(): void {
    const user = this.#user;
    const progress = this.#progress();
    this.#user = undefined;
    this.#leave();
    user?.onLost(this.#error, progress);
  }

  #progress(): Progress {
    return { isUnsent: !this.hasSent, hasBegun: this.#reader.hasBegun };
  }

  #leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#deadline.clear();
    this.#owner.onGone(this, this.#hasConnected ? undefined : this.#error);
  }
}
