import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { nowMs } from "../../base/clock.ts";
import type { CoreRequest } from "../../web/exchange.ts";
import { endsOf } from "../core/connection-ends.ts";
import type { TrafficRecorder } from "../traffic/recorder.ts";
import { CLIENT_GONE, Tally } from "../traffic/tally.ts";

/** What is counted of one upgrade, until the client's end of it is closed. */
export class UpgradeTally {
  readonly #tally: Tally;
  readonly #askedAtMs = nowMs();
  readonly #traffic: TrafficRecorder | undefined;
  #core: Socket | undefined;

  constructor(request: CoreRequest, client: Duplex, traffic: TrafficRecorder | undefined) {
    this.#tally = new Tally(request);
    this.#traffic = traffic;
    client.once("close", () => this.#over());
  }

  /** The core has switched, on this connection. */
  joined(core: Socket): void {
    this.#core = core;
    this.#tally.isUpgraded = true;
    // Afterwards the system tells them no more.
    this.#tally.connection = { ends: endsOf(core) };
    this.#traffic?.count("upgrades", 1);
  }

  #over(): void {
    const tally = this.#tally;
    const { coreMs, status = 0, failure } = tally.request.info;
    if (coreMs !== undefined) {
      tally.sentAtMs = this.#askedAtMs;
      tally.headAtMs = this.#askedAtMs + coreMs;
    }
    tally.status = status;
    tally.failure = failure ?? (status === 0 ? CLIENT_GONE : undefined);
    tally.requestBytes = this.#core?.bytesWritten ?? 0;
    tally.responseBytes = this.#core?.bytesRead ?? 0;
    this.#traffic?.over(tally);
  }
}
