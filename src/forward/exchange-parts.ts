import type { BodyLimits } from "../web/body-watch.ts";
import type { ClientSide, CoreRequest } from "../web/exchange.ts";
import type { CorePool } from "./core/pool.ts";
import type { TimeoutsMs } from "./phases.ts";
import type { TrafficRecorder } from "./traffic/recorder.ts";
import type { Tally } from "./traffic/tally.ts";

/** What an exchange with the core is made from. */

/** What every exchange needs. */
export interface ExchangeSettings {
  readonly coreUrl: string;
  readonly timeoutsMs: TimeoutsMs;
  readonly bodyLimits: BodyLimits;
  readonly pool: CorePool;
  /** The address of the client that a request came from. */
  readonly clientOf: (request: CoreRequest) => string;
  /** Told what becomes of requests; undefined where nobody wants to know. */
  readonly traffic: TrafficRecorder | undefined;
}

/** What one exchange is made of. */
export interface ExchangeParts {
  readonly request: CoreRequest;
  /** The head as it goes to the core. */
  readonly head: string;
  readonly client: ClientSide;
  /** Told once, when all is over, what was noted of it. */
  readonly onOver: (tally: Tally) => void;
}
