import type { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import type { TimeoutsMs } from "../phases.ts";
import type { ClientEnd } from "./client-end.ts";
import { FrameTracker, goingAway } from "./frames.ts";

/** A client and the core, joined after the core has switched: how what happens at one end reaches the other. */

/** What a tunnel is made of. */
export interface TunnelParts {
  readonly client: Pick<ClientEnd, "stream" | "hasEnded" | "reset">;
  readonly core: Socket;
  readonly isWebSocket: boolean;
  readonly timeoutsMs: Pick<TimeoutsMs, "idle" | "client">;
}

/** How long each step of a goodbye may take: that both sides answer it, and that they close. */
const GOODBYE_MS = 1_000;
/** How long a side may take to close when the other has. */
const LINGER_MS = 5_000;

/** The tunnel. Who makes it joins the two by `pipe`, both ways. */
export class Tunnel {
  readonly #parts: TunnelParts;
  readonly #toCore: Direction;
  readonly #toClient: Direction;
  #timer: NodeJS.Timeout | undefined;
  #isLeaving = false;

  constructor(parts: TunnelParts) {
    const { client, core, isWebSocket, timeoutsMs } = parts;
    this.#parts = parts;
    this.#toCore = new Direction(client.stream, core, isWebSocket);
    this.#toClient = new Direction(core, client.stream, isWebSocket);
    core.on("error", ignore);
    core.once("close", () => this.#coreClosed());
    // A stream of HTTP/2 that is reset says so, and then ends as if in order.
    client.stream.once("aborted", () => this.#clientGone());
    // http-proxy would then end the core's connection in order.
    client.stream.once("error", () => this.#clientGone());
    client.stream.once("close", () => this.#clientGone());
    client.stream.once("end", () => core.setTimeout(timeoutsMs.idle, () => core.destroy()));
  }

  /**
   * Ends it decently: a WebSocket with a Close frame of code 1001 (RFC 6455 section 7.4.1) to both sides, each as soon
   * as the frame under way to it is complete. What still comes is dropped, and who does not close is cut.
   */
  goAway(): void {
    if (this.#isLeaving || this.#parts.client.stream.destroyed) return;
    this.#isLeaving = true;
    clearTimeout(this.#timer);
    if (this.#parts.isWebSocket) {
      this.#toClient.sayGoodbye(goingAway("client"));
      this.#toCore.sayGoodbye(goingAway("core"));
      this.#timer = setTimeout(() => this.#end(), GOODBYE_MS);
    } else {
      this.#end();
    }
  }

  #end(): void {
    const { client, core } = this.#parts;
    core.end();
    client.stream.end();
    this.#timer = setTimeout(() => {
      core.destroy();
      client.reset();
    }, GOODBYE_MS);
  }

  #coreClosed(): void {
    const { client, core, timeoutsMs } = this.#parts;
    if (client.stream.destroyed) return;
    if (!core.readableEnded && !this.#toClient.isOver) {
      client.reset();
      return;
    }
    const { stream } = client;
    // Nobody reads it any more, and its end is behind what it has sent.
    stream.resume();
    this.#cutClientAfter(stream.writableFinished ? LINGER_MS : timeoutsMs.client);
    stream.once("finish", () => this.#cutClientAfter(LINGER_MS));
    stream.end();
  }

  #cutClientAfter(ms: number): void {
    if (this.#isLeaving) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#parts.client.reset(), ms);
  }

  #clientGone(): void {
    const { client, core } = this.#parts;
    clearTimeout(this.#timer);
    if (core.destroyed) return;
    if (client.hasEnded || this.#toCore.isOver) {
      core.setTimeout(LINGER_MS, () => core.destroy());
      core.destroySoon();
    } else if (core.writableEnded) {
      // The system resets no connection that is being shut down, and Node would leave it open.
      core.destroy();
    } else {
      core.resetAndDestroy();
    }
  }
}

/** One direction of a tunnel. */
class Direction {
  readonly #source: Readable;
  readonly #sink: Writable;
  /** Of a WebSocket. */
  readonly #frames: FrameTracker | undefined;
  #goodbye: Buffer | undefined;
  #isOver = false;

  constructor(source: Readable, sink: Writable, isWebSocket: boolean) {
    this.#source = source;
    this.#sink = sink;
    if (!isWebSocket) return;
    const frames = new FrameTracker();
    this.#frames = frames;
    source.on("data", (piece: Buffer) => {
      frames.take(piece);
      // Once whoever else listens has passed the piece on.
      if (this.#goodbye !== undefined) process.nextTick(() => this.#send());
    });
  }

  /** Whether all has been said that there is to say: a Close frame has passed. */
  get isOver(): boolean {
    return this.#isOver || this.#frames?.hasClosed === true;
  }

  /** Sends the frame at the next end of a frame, and then nothing more. */
  sayGoodbye(frame: Buffer): void {
    this.#goodbye = frame;
    this.#send();
  }

  #send(): void {
    const frame = this.#goodbye;
    if (frame === undefined || this.isOver || this.#frames?.isBetweenFrames !== true) return;
    this.#goodbye = undefined;
    this.#isOver = true;
    const source = this.#source;
    const sink = this.#sink;
    source.unpipe(sink);
    source.resume();
    source.once("end", () => sink.end());
    if (sink.writable) sink.write(frame);
  }
}

function ignore(): void {}
