import type { LoadResult } from "../load/load.ts";
import type { Protocol } from "../peers/peer.ts";

/** One way to use a proxy. Another one is a value in `scenarios.ts`, or a file where it needs a client of its own. */
export interface Scenario {
  /** As it is given on the command line. */
  readonly name: string;
  readonly title: string;
  readonly protocol: Protocol;
  /** The most requests that one measurement takes; slow proxies get fewer, see `rounds.ts`. */
  readonly requests: number;
  /** How many times as long as others one measurement may take; 1 by default. */
  readonly duration?: number | undefined;
  /** Where all proxies are asked at one rate. */
  readonly pace?: Pace;
  /** Puts the load on a proxy. */
  run(job: Job): Promise<LoadResult>;
}

/** A rate: a share of what one peer reached in another scenario of the same run. */
export interface Pace {
  readonly peer: string;
  /** Measured before this one, even where it is not asked for. */
  readonly scenario: string;
  readonly share: number;
}

/** What one load is to be. */
export interface Job {
  /** Of the proxy. */
  readonly port: number;
  readonly requests: number;
  /** The rate that the scenario's {@link Pace} came to. */
  readonly perSecond?: number;
  /** For files that the client writes. */
  readonly dir: string;
}

/** How many clients there are in most scenarios. */
export const CLIENTS = 64;
