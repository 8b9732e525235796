import { nowMs } from "../../base/clock.ts";
import { RecentLatency } from "../../base/recent-latency.ts";
import {
  CELL_OF,
  COUNTER_CELLS,
  failureCell,
  failureIndex,
  methodIndex,
  observeDuration,
  observeResponse,
  protocolIndex,
  requestCell,
  statusClassIndex,
} from "../../web/traffic/counters.ts";
import type { RecentRequest, RecentWish } from "../../web/traffic/traffic.ts";
import type { TrustedPeers } from "../../web/trusted-peers.ts";
import { RequestRing } from "./ring.ts";
import type { Tally } from "./tally.ts";

/** Counts what is forwarded, and keeps the latest requests. Each request pays for it, so it makes no objects. */

/** What a recorder is made from. */
export interface RecorderParts {
  /** How many requests are kept; 0 for none. */
  readonly recent: number;
  readonly trustedPeers: TrustedPeers;
}

/** The recorder of one process. */
export class TrafficRecorder {
  readonly #counters = new Float64Array(COUNTER_CELLS);
  readonly latency = new RecentLatency();
  readonly #ring: RequestRing | undefined;
  readonly #trustedPeers: TrustedPeers;

  constructor({ recent, trustedPeers }: RecorderParts) {
    this.#ring = recent === 0 ? undefined : new RequestRing(recent);
    this.#trustedPeers = trustedPeers;
  }

  /** The latest requests that are wanted, the newest first. */
  recent(wish: RecentWish): RecentRequest[] {
    return this.#ring?.read(wish) ?? [];
  }

  /** What was counted so far, as `counters.ts` arranges it. */
  get counters(): Float64Array {
    const { user, system } = process.cpuUsage();
    this.#counters[CELL_OF.cpuSeconds] = (user + system) / 1e6;
    return this.#counters;
  }

  /** The request was given to a connection to the core, perhaps again. */
  sent(tally: Tally): void {
    if (tally.isWaiting) return;
    tally.isWaiting = true;
    this.latency.wait(1);
  }

  /** The head of the final answer has come. */
  head(tally: Tally): void {
    if (tally.isWaiting) this.#answered(tally, tally.headAtMs);
  }

  /** The request is over: it is counted, and kept. To be called once. */
  over(tally: Tally): void {
    tally.end();
    const now = nowMs();
    if (tally.isWaiting) this.#answered(tally, now);
    const { request, status, failure } = tally;
    const statusClass = statusClassIndex(status);
    this.#add(requestCell(methodIndex(request.method), statusClass, protocolIndex(request.version)), 1);
    if (failure !== undefined) this.#add(failureCell(failureIndex(failure)), 1);
    if (tally.retries > 0) this.count("retries", tally.retries);
    if (tally.isUpgraded) {
      // It lasted for as long as both sides liked, which says nothing of how quick anyone is.
      this.count("toCoreBytes", tally.requestBytes);
      this.count("toClientBytes", tally.responseBytes);
    } else {
      observeDuration(this.#counters, statusClass, (now - request.info.startedAtMs) / 1_000);
      this.count("requestBytes", tally.requestBytes);
      this.count("responseBytes", tally.responseBytes);
    }
    this.#ring?.add(tally, this.#clientOf(tally), now);
  }

  /** Adds to a counter without labels. */
  count(counter: keyof typeof CELL_OF, more: number): void {
    this.#add(CELL_OF[counter], more);
  }

  #answered(tally: Tally, atMs: number): void {
    tally.isWaiting = false;
    const tookMs = Math.max(0, atMs - tally.sentAtMs - tally.clientMs);
    this.latency.wait(-1);
    this.latency.add(tookMs, atMs);
    if (tally.headAtMs > 0) observeResponse(this.#counters, tookMs / 1_000);
  }

  #add(cell: number, more: number): void {
    this.#counters[cell] = (this.#counters[cell] ?? 0) + more;
  }

  #clientOf({ request: { peer, fields } }: Tally): string {
    const trusted = this.#trustedPeers;
    if (!trusted.isTrusted(peer)) return peer;
    // A copy: what was cut out of the field would keep it alive.
    return Buffer.from(trusted.clientOf(peer, fields.raw()), "latin1").toString("latin1");
  }
}
