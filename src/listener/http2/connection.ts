import type { TLSSocket } from "node:tls";
import { turnMs } from "../../base/clock.ts";
import { closeLingering, type Lingering } from "../../web/lingering-close.ts";
import type { ChangedSettings } from "./client-settings.ts";
import { FloodGuard } from "./flood-guard.ts";
import { FrameReader } from "./frame-reader.ts";
import {
  ConnectionError,
  ERROR_CODE,
  type ErrorCode,
  goaway,
  INITIAL_WINDOW_BYTES,
  MAX_STREAM_ID,
  pingAck,
  rstStream,
  SETTING,
  SETTINGS_ACK,
  settingsFrame,
  windowUpdate,
} from "./frames.ts";
import { type BlockLimits, type HeaderBlock, HeaderBlocks } from "./header-blocks.ts";
import { type FrameOwner, IncomingFrames } from "./incoming-frames.ts";
import { ReceiveWindow } from "./receive-window.ts";
import type { RequestLimits } from "./requests.ts";
import { Sender } from "./sender.ts";
import { STREAM_WINDOW_BYTES, type Stream, type StreamOwner } from "./stream.ts";
import { Streams } from "./streams.ts";

/** One connection that speaks HTTP/2: its beginning, its streams, and its end (RFC 9113 sections 3.4, 5.4.1 and 6.8). */

/** What a client may take. */
export interface ConnectionLimits extends BlockLimits, RequestLimits {
  readonly maxStreams: number;
  /** Streams that a client may break off at once, and how many of those it regains each second. */
  readonly streamResetBurst: number;
  readonly streamResetsPerSecond: number;
  /** How long a client may take nothing of what it has asked for. */
  readonly answerIdleMs: number;
}

/** Who has to do with it. */
export interface ConnectionOwner {
  /** A request came. What is wrong with it is answered. */
  begin(block: HeaderBlock, owner: StreamOwner): void;
  /** It ends by what its client does. */
  onFailed(error: ConnectionError): void;
}

/** What a client may send on all streams together before it must wait for us. */
const WINDOW_BYTES = 2_097_152;
/** Frames that do nothing for a client: so many at once, and so many more each second, are more than any needs. */
const USELESS_BURST = 1_000;
const USELESS_PER_SECOND = 33;
/** A priority, a ping and a reset that comes too late. */
const USELESS_PER_REQUEST = 3;

/** Of what the client does not read, beyond this no more of its requests are read. */
const MOST_WAITING_BYTES = 1_048_576;

/** `soon`: the client is asked to open no more streams. `last`: what it opens now is refused. */
type Farewell = "none" | "soon" | "last";

/** The connection. */
export class Http2Connection implements FrameOwner, StreamOwner {
  readonly streams = new Streams();
  readonly window = new ReceiveWindow(WINDOW_BYTES, STREAM_WINDOW_BYTES / 2);
  readonly sender: Sender;
  readonly #socket: TLSSocket;
  readonly #owner: ConnectionOwner;
  readonly #limits: ConnectionLimits;
  readonly #reader: FrameReader;
  readonly #resets: FloodGuard;
  readonly #useless = new FloodGuard(USELESS_BURST, USELESS_PER_SECOND);
  #farewell: Farewell = "none";
  #isOver = false;
  #lingering: Lingering | undefined;
  /** Streams may have room again. */
  #hasRoom = false;
  /** What the client had taken when it was last looked at, and since when it takes nothing of what waits. */
  #takenBytes = 0;
  #stuckSinceMs = turnMs();
  /** Since when there are no streams, by `performance.now()`. */
  idleSinceMs = turnMs();

  constructor(socket: TLSSocket, owner: ConnectionOwner, limits: ConnectionLimits) {
    this.#socket = socket;
    this.#owner = owner;
    this.#limits = limits;
    this.sender = new Sender(socket);
    this.#reader = new FrameReader(new IncomingFrames(this, limits));
    this.#resets = new FloodGuard(limits.streamResetBurst, limits.streamResetsPerSecond);
    socket.on("data", (piece: Buffer) => this.#read(piece));
    socket.on("drain", () => this.#drained());
    socket.on("close", () => this.#closed());
    // What breaks is the client's affair: "close" follows.
    socket.on("error", ignore);
    this.sender.add(settingsFrame(settingsOf(limits)) + windowUpdate(0, WINDOW_BYTES - INITIAL_WINDOW_BYTES));
    this.sender.send();
  }

  /** Whether there are no streams. */
  get isIdle(): boolean {
    return this.streams.size === 0;
  }

  /** Asks the client to open no more streams; those that are on their way are served. */
  leave(): void {
    if (this.#farewell !== "none" || this.#isOver) return;
    this.#farewell = "soon";
    this.#say(goaway(MAX_STREAM_ID, ERROR_CODE.noError));
  }

  /** Refuses further streams; those under way are served, and then the connection ends. */
  leaveNow(): void {
    if (this.#farewell === "last" || this.#isOver) return;
    this.#farewell = "last";
    this.#say(goaway(this.streams.lastId, ERROR_CODE.noError));
    this.#endIfDone();
  }

  /** Ends the connection, which has no streams: at once for us, for the client when it has read what was sent. */
  end(): void {
    this.leaveNow();
  }

  /** Breaks off what the client has taken nothing of for too long. To be called every few seconds. */
  look(): void {
    const beforeMs = turnMs() - this.#limits.answerIdleMs;
    const { takenBytes, waitingBytes } = this.sender;
    if (waitingBytes === 0 || takenBytes > this.#takenBytes) this.#stuckSinceMs = turnMs();
    this.#takenBytes = takenBytes;
    if (this.#stuckSinceMs < beforeMs) this.#socket.destroy();
    for (const stream of this.streams.all()) {
      if (stream.out.shutSinceMs < beforeMs) stream.reset(ERROR_CODE.cancel);
    }
  }

  onRequest(block: HeaderBlock): void {
    const { streamId } = block;
    if (this.#farewell === "last" || this.streams.size >= this.#limits.maxStreams) {
      this.sendReset(streamId, ERROR_CODE.refusedStream);
      this.onUseless();
      return;
    }
    this.#useless.give(USELESS_PER_REQUEST);
    this.#owner.begin(block, this);
  }

  onSettings({ initialWindowBytes, maxFrameBytes }: ChangedSettings): void {
    // Before what is sent by them: to the client they are in force when it reads this (RFC 9113 section 6.5.3).
    this.#say(SETTINGS_ACK);
    this.sender.maxFrameBytes = maxFrameBytes ?? this.sender.maxFrameBytes;
    if (initialWindowBytes !== undefined) this.#changeWindows(initialWindowBytes);
  }

  onPing(payload: Buffer): void {
    this.#say(pingAck(payload));
  }

  onGoaway(): void {
    this.leaveNow();
  }

  onWindow(bytes: number): void {
    this.sender.grow(bytes);
    this.#hasRoom = true;
  }

  take(bytes: number): void {
    const more = this.window.take(bytes);
    if (more > 0) this.#say(windowUpdate(0, more));
  }

  sendReset(streamId: number, code: ErrorCode): void {
    this.streams.breakOff(streamId);
    this.#say(rstStream(streamId, code));
  }

  onBroken(): void {
    if (!this.#resets.take()) this.#calm("too many streams were broken off");
  }

  onUseless(): void {
    if (!this.#useless.take()) this.#calm("too many frames do nothing");
  }

  onOpened(stream: Stream): void {
    this.streams.add(stream);
  }

  onClosed(stream: Stream): void {
    this.streams.close(stream.id);
    this.idleSinceMs = turnMs();
    this.#endIfDone();
  }

  #calm(message: string): never {
    throw new ConnectionError(ERROR_CODE.enhanceYourCalm, message);
  }

  #read(piece: Buffer): void {
    if (this.#isOver) {
      // What it takes of what was sent, it still says.
      this.#lingering?.();
      return;
    }
    try {
      this.#reader.read(piece);
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      this.#fail(error);
    }
    if (this.#hasRoom) this.#makeRoom();
    if (this.sender.waitingBytes > MOST_WAITING_BYTES && !this.#isOver) this.#socket.pause();
  }

  #drained(): void {
    this.#socket.resume();
    this.sender.serveWaiting();
    this.#makeRoom();
  }

  #fail(error: ConnectionError): void {
    if (this.#isOver) return;
    this.#owner.onFailed(error);
    this.sender.add(goaway(this.streams.lastId, error.code, error.message));
    this.#end();
    this.#closed();
  }

  #changeWindows(bytes: number): void {
    const more = bytes - this.sender.initialWindow;
    this.sender.initialWindow = bytes;
    for (const stream of this.streams.all()) {
      if (!stream.out.grow(more))
        throw new ConnectionError(ERROR_CODE.flowControlError, "the window of a stream is too large");
    }
    this.#hasRoom = true;
  }

  #makeRoom(): void {
    this.#hasRoom = false;
    for (const stream of this.streams.all()) stream.tellRoom();
  }

  #say(frame: string): void {
    this.sender.add(frame);
    this.sender.send();
  }

  #endIfDone(): void {
    if (this.isIdle && this.#farewell === "last") this.#end();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.sender.sendNow();
    // Held back, it would never see that the client has closed.
    this.#socket.resume();
    this.#lingering = closeLingering(this.#socket);
  }

  #closed(): void {
    this.#isOver = true;
    for (const stream of this.streams.all()) stream.abort();
  }
}

function settingsOf(limits: ConnectionLimits): readonly (readonly [number, number])[] {
  return [
    [SETTING.maxConcurrentStreams, limits.maxStreams],
    [SETTING.initialWindowSize, STREAM_WINDOW_BYTES],
    [SETTING.maxHeaderListSize, HeaderBlocks.announcedBytes(limits)],
    // So that clients send none.
    [SETTING.noRfc7540Priorities, 1],
    ...(limits.webSockets ? [[SETTING.enableConnectProtocol, 1] as const] : []),
  ];
}

function ignore(): void {}
