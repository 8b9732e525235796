import { connect, type Socket } from "node:net";
import type { RequestInfo } from "../../web/request-info.ts";
import type { Fields } from "../../web/wire/fields.ts";
import type { CoreAddress } from "../core/address.ts";
import { type ResponseHead, SWITCHING_PROTOCOLS } from "../core/response-head.ts";
import { ResponseReader, type ResponseSink } from "../core/response-reader.ts";
import { coreFailure } from "../failure.ts";
import { createPhaseTimer, type PhaseTimer } from "../phase-timer.ts";
import type { TimeoutsMs } from "../phases.ts";
import type { ClientEnd } from "./client-end.ts";

/** What every handshake needs. */
export interface HandshakeSettings {
  readonly address: CoreAddress;
  readonly coreUrl: string;
  readonly timeoutsMs: TimeoutsMs;
}

/** One upgrade, as the core is asked for it. */
export interface HandshakeParts {
  readonly client: ClientEnd;
  readonly info: RequestInfo;
  /** The head that goes to the core. */
  readonly head: string;
  readonly isToHead: boolean;
  /** Looks at the core's 101. @throws {SyntaxError} where it is not the right one. */
  readonly check: (head: ResponseHead) => void;
  /** The client has been told; the connection is paused, and nothing of the other protocol has been read from it. */
  readonly switched: (core: Socket) => void;
}

/** How long nothing may come from the other end of an upgraded connection before the system asks whether it is there. */
export const KEEP_ALIVE_MS = 60_000;

/**
 * One upgrade on a connection of its own to the core, up to the core's answer: the client is told of a 101, or gets the
 * answer with which the core refuses, or a problem.
 */
export class CoreHandshake implements ResponseSink {
  readonly #settings: HandshakeSettings;
  readonly #parts: HandshakeParts;
  readonly #reader = new ResponseReader(this);
  readonly #timer: PhaseTimer;
  readonly #core: Socket;
  readonly #sentAtMs = performance.now();
  #isOver = false;
  #switchedBy: ResponseHead | undefined;
  /** What came behind the 101. */
  readonly #early: Buffer[] = [];

  readonly #onData = (piece: Buffer) => this.#read(piece);
  readonly #onEnd = () => this.#endedByCore();
  readonly #onClose = () => this.#fail(this.#core.errored ?? undefined);
  readonly #onClientDrain = () => this.#resume();
  readonly #onClientClose = () => this.#finish();

  constructor(settings: HandshakeSettings, parts: HandshakeParts) {
    const { address, timeoutsMs } = settings;
    this.#settings = settings;
    this.#parts = parts;
    this.#timer = createPhaseTimer(timeoutsMs, (error) => this.#fail(error));
    this.#reader.expect(parts.isToHead, true);
    const core = connect({
      ...{ host: address.hostname, port: address.port, noDelay: true },
      ...{ keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS },
    });
    this.#core = core;
    this.#timer.begin("connect");
    core.once("connect", () => this.#timer.begin("response"));
    core.on("error", ignore);
    core.on("data", this.#onData).on("end", this.#onEnd).on("close", this.#onClose);
    core.write(parts.head, "latin1");
    parts.client.stream.on("drain", this.#onClientDrain).on("close", this.#onClientClose);
  }

  onInterim(head: ResponseHead): void {
    this.#timer.begin("response");
    this.#parts.client.interim(head);
  }

  onHead(head: ResponseHead): void {
    const { info, check, client } = this.#parts;
    info.coreMs = performance.now() - this.#sentAtMs;
    this.#timer.begin("idle");
    if (head.status === SWITCHING_PROTOCOLS) {
      check(head);
      this.#switchedBy = head;
    } else {
      client.refused(head);
    }
  }

  onData(data: Buffer): void {
    if (this.#switchedBy !== undefined) {
      this.#early.push(data);
    } else if (this.#parts.client.write(data)) {
      this.#timer.begin("idle");
    } else {
      this.#core.pause();
      this.#timer.begin("client");
    }
  }

  onEnd(trailers: Fields): void {
    this.#finish();
    this.#parts.client.end(trailers);
  }

  #read(piece: Buffer): void {
    // It goes before it says so.
    if (this.#parts.client.stream.destroyed) return;
    try {
      this.#reader.read(piece);
      if (this.#switchedBy !== undefined) this.#switch(this.#switchedBy);
    } catch (error) {
      this.#fail(error);
    }
  }

  #switch(head: ResponseHead): void {
    const core = this.#core;
    this.#parts.client.switched(head);
    this.#letGo();
    core.off("data", this.#onData).off("end", this.#onEnd).off("close", this.#onClose);
    core.pause();
    for (const piece of this.#early.reverse()) core.unshift(piece);
    this.#parts.switched(core);
  }

  #resume(): void {
    this.#core.resume();
    this.#timer.begin("idle");
  }

  /** The core has closed its side: the end of an answer without a length, or of an answer that is cut. */
  #endedByCore(): void {
    if (!this.#reader.close()) this.#fail(undefined);
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#finish();
    this.#parts.client.fail(coreFailure(error, this.#settings.coreUrl));
  }

  #finish(): void {
    this.#letGo();
    this.#core.destroy();
  }

  #letGo(): void {
    this.#isOver = true;
    this.#timer.stop();
    this.#parts.client.stream.off("drain", this.#onClientDrain).off("close", this.#onClientClose);
  }
}

function ignore(): void {}
