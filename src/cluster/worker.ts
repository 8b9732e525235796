import type { Socket } from "node:net";
import { StartError } from "../base/errors.ts";
import { createEventLoopMeter } from "../base/event-loop-delay.ts";
import type { LatencySecond } from "../base/recent-latency.ts";
import { type ProcessFront, startFront } from "../front.ts";
import type { HandshakeMaterial } from "../listener/tls-options.ts";
import { createLog, type Logger } from "../web/log.ts";
import { LatencyTeller } from "./latency-teller.ts";
import type { Assignment, SentMaterial, ToPrimary, ToWorker } from "./messages.ts";
import { createRelay } from "./relay-client.ts";

/** The primary process, as a worker has it. */
export interface Primary {
  /** Resolves when it is on its way. */
  tell(message: ToPrimary): Promise<void>;
  /** Lets go of this process, which has nothing more to do. */
  leave(): void;
}

/** One worker of the cluster: a front of its own that does as the primary says. */
export class ClusterWorker {
  readonly #primary: Primary;
  readonly #log: Logger;
  readonly #material: Material;
  readonly #meter = createEventLoopMeter();
  readonly #closing = new AbortController();
  #teller: LatencyTeller | undefined;
  /** Undefined where it can't start. */
  readonly #front: Promise<ProcessFront | undefined>;
  #started: ProcessFront | undefined;

  constructor(assignment: Assignment, primary: Primary) {
    const { settings, material, clientCa, relay, logLevel, isClosing } = assignment;
    this.#primary = primary;
    this.#log = createLog(settings.log);
    this.#log.level = logLevel;
    this.#material = new Material(material);
    if (isClosing) this.#closing.abort();
    const { signal: closing } = this.#closing;
    const ours = createRelay({ address: relay, log: this.#log, isClosing: () => closing.aborted });
    const parts = { certificates: this.#material, clientCa, ours, log: this.#log, closing, opensPort: false };
    this.#front = this.#start(startFront(settings, parts));
  }

  /** Takes a connection that the primary gives; undefined where nothing is left of it. */
  take(socket: Socket | undefined): void {
    void this.#primary.tell({ kind: "taken" });
    if (socket !== undefined) this.#started?.take(socket);
  }

  /** Does what it is told. Rejects for what nobody foresaw. */
  async obey(message: Exclude<ToWorker, { kind: "begin" | "connection" }>): Promise<void> {
    switch (message.kind) {
      case "material":
        this.#material.replace(message.material);
        return;
      case "log-level":
        this.#log.level = message.level;
        return;
      case "closing":
        this.#closing.abort();
        return;
      case "report": {
        const inFlight = (await (await this.#front)?.countInFlight()) ?? 0;
        const report = { inFlight, eventLoopDelay: this.#meter.read() };
        await this.#primary.tell({ kind: "reported", report });
        return;
      }
      case "count": {
        const totals = await (await this.#front)?.traffic?.totals();
        const { counters = [], inFlight = 0 } = totals ?? {};
        await this.#primary.tell({ kind: "counted", totals: { counters: Array.from(counters), inFlight } });
        return;
      }
      case "find": {
        const requests = (await (await this.#front)?.traffic?.recent(message.wish)) ?? [];
        await this.#primary.tell({ kind: "found", requests });
        return;
      }
      case "drain":
        await this.#drain();
    }
  }

  async #start(starting: Promise<ProcessFront>): Promise<ProcessFront | undefined> {
    try {
      const front = await starting;
      this.#started = front;
      if (front.traffic !== undefined) {
        const tell = (latency: LatencySecond) => void this.#primary.tell({ kind: "latency", latency });
        this.#teller = new LatencyTeller(front.traffic.latency, tell);
      }
      await this.#primary.tell({ kind: "ready" });
      return front;
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      const { message, remedy } = error;
      await this.#primary.tell({
        kind: "start-failed",
        message,
        ...(remedy === undefined ? {} : { remedy }),
      });
      this.#primary.leave();
      return undefined;
    }
  }

  async #drain(): Promise<void> {
    const front = await this.#front;
    if (front === undefined) return;
    const isClean = await front.drain();
    await front[Symbol.asyncDispose]();
    this.#meter[Symbol.dispose]();
    this.#teller?.[Symbol.dispose]();
    await this.#primary.tell({ kind: "drained", isClean });
    this.#primary.leave();
  }
}

/** What handshakes use here: the last that the primary has sent. */
class Material implements HandshakeMaterial {
  #sent: SentMaterial;
  readonly #listeners: (() => void)[] = [];

  constructor(sent: SentMaterial) {
    this.#sent = sent;
  }

  current(): SentMaterial {
    return this.#sent;
  }

  ticketKeys(): Buffer {
    return Buffer.from(this.#sent.ticketKeysBase64, "base64");
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  replace(sent: SentMaterial): void {
    this.#sent = sent;
    for (const listener of this.#listeners) listener();
  }
}
