import type { Peer, RunningPeer } from "./peers/peer.ts";
import { REFERENCE } from "./peers/peers.ts";
import { CLIENTS, type Pace, type Scenario } from "./scenarios/scenario.ts";
import { median } from "./statistics.ts";
import { cpuUs } from "./usage.ts";

/** One load on one peer. */
export interface Sample {
  readonly scenario: string;
  readonly peer: string;
  readonly requestsPerSecond: number;
  readonly cpuUsPerRequest: number;
  readonly p99Ms: number;
}

/** A peer that could not do what a scenario asks. */
export interface Failure {
  readonly scenario: string;
  readonly peer: string;
  readonly reason: string;
}

/** What came of all rounds. */
export interface Measurements {
  readonly samples: readonly Sample[];
  readonly failures: readonly Failure[];
}

/** A peer that is up, with all that is known of it. */
export interface Contender {
  readonly peer: Peer;
  readonly running: RunningPeer;
}

/** How the rounds go. */
export interface RoundsOptions {
  readonly scenarios: readonly Scenario[];
  readonly contenders: readonly Contender[];
  readonly rounds: number;
  /** The share of each scenario's requests that is sent at most. */
  readonly share: number;
  /** How long one load is to take at most, as far as can be told from the one before it. */
  readonly seconds: number;
  readonly dir: string;
  /** Says that everything was ended: then nothing more is begun. */
  readonly signal: AbortSignal;
  /** Told before each load. */
  progress(text: string): void;
}

/** What one load needs beside the scenario and the peer. */
interface LoadOptions extends Pick<RoundsOptions, "dir" | "signal"> {
  readonly requests: number;
  readonly perSecond: number | undefined;
}

const WARM_UP_SHARE = 0.15;
/** Loads that do not count: what compiles its code while it runs goes on with that for some 70,000 requests. */
export const WARM_UPS = 8;
/** Less than this share of the requests tells nothing, however slow the peer. */
const LEAST_SHARE = 0.05;

/**
 * Measures all peers in turn, round after round, so that what else the machine does in a minute hits all of them alike.
 * Each begins with loads that do not count: code is compiled, connections to the core are made. A peer that fails is
 * left out of the rest of the scenario.
 */
export async function measureRounds(options: RoundsOptions): Promise<Measurements> {
  const samples: Sample[] = [];
  const failures: Failure[] = [];
  for (const scenario of options.scenarios) {
    const { pace, name } = scenario;
    const perSecond = pace === undefined ? undefined : rateOf(pace, samples);
    if (pace !== undefined && perSecond === undefined) {
      failures.push({ scenario: name, peer: pace.peer, reason: `it set no rate in ${pace.scenario}` });
      continue;
    }
    const measured = await measureScenario(scenario, perSecond, options);
    samples.push(...measured.samples);
    failures.push(...measured.failures);
  }
  return { samples, failures };
}

/** One scenario on all peers that speak its protocol. */
async function measureScenario(
  scenario: Scenario,
  perSecond: number | undefined,
  options: RoundsOptions,
): Promise<Measurements> {
  const { contenders, rounds, progress } = options;
  const samples: Sample[] = [];
  const failures: Failure[] = [];
  const ciphers = new Map<string, string>();
  /** What each has reached in its last load. */
  const rates = new Map<string, number>();
  let able = contenders.filter(({ peer }) => peer.protocols.includes(scenario.protocol));
  for (let round = 1 - WARM_UPS; round <= rounds; round++) {
    for (const contender of rotated(able, round)) {
      const { name } = contender.peer;
      progress(`${scenario.name}: ${round <= 0 ? "warming up" : `round ${round} of ${rounds}`}: ${name}`);
      const requests = requestsOf(scenario, options, perSecond ?? rates.get(name));
      const outcome = await measureOnce(scenario, contender, { ...options, requests, perSecond });
      if ("reason" in outcome) {
        failures.push(outcome);
        progress(`failed: ${outcome.reason.split("\n", 1).join("")}`);
        able = able.filter((other) => other !== contender);
        continue;
      }
      ciphers.set(name, outcome.tls);
      rates.set(name, outcome.sample.requestsPerSecond);
      if (round > 0) samples.push(outcome.sample);
    }
  }
  return { samples, failures: [...failures, ...strangersOf(scenario.name, ciphers)] };
}

async function measureOnce(
  scenario: Scenario,
  { peer, running }: Contender,
  { dir, requests, perSecond, signal }: LoadOptions,
): Promise<{ sample: Sample; tls: string } | Failure> {
  const about = { scenario: scenario.name, peer: peer.name };
  try {
    const before = await cpuUs(running.pid);
    const job = { port: running.port, requests, dir, ...(perSecond === undefined ? {} : { perSecond }) };
    const { seconds, p99Ms, tls } = await scenario.run(job);
    const used = (await cpuUs(running.pid)) - before;
    const sample = {
      ...{ ...about, p99Ms },
      requestsPerSecond: requests / seconds,
      cpuUsPerRequest: used / requests,
    };
    return { sample, tls };
  } catch (error) {
    signal.throwIfAborted();
    return { ...about, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** How many requests a load is: a part of them while nothing is known of the rate, then what fits into the time. */
export function requestsOf(
  { requests, duration = 1 }: Pick<Scenario, "requests" | "duration">,
  { share, seconds }: Pick<RoundsOptions, "share" | "seconds">,
  perSecond: number | undefined,
): number {
  const most = requests * share;
  const wanted = perSecond === undefined ? most * WARM_UP_SHARE : perSecond * seconds * duration;
  const least = Math.max(CLIENTS, most * LEAST_SHARE);
  return Math.ceil(Math.min(most, Math.max(least, wanted)));
}

/** The rate that a pace comes to; undefined where its peer has failed. */
function rateOf(pace: Pace, samples: readonly Sample[]): number | undefined {
  const reached = samples
    .filter(({ peer, scenario }) => peer === pace.peer && scenario === pace.scenario)
    .map(({ requestsPerSecond }) => requestsPerSecond);
  return reached.length === 0 ? undefined : Math.round(pace.share * median(reached));
}

/** Peers that have agreed on other TLS than the reference: they have not done the same work. */
function strangersOf(scenario: string, ciphers: ReadonlyMap<string, string>): Failure[] {
  const wanted = ciphers.get(REFERENCE.name);
  return [...ciphers]
    .filter(([, tls]) => wanted !== undefined && tls !== wanted)
    .map(([peer, tls]) => ({
      scenario,
      peer,
      reason: `it agreed on ${tls}, ${REFERENCE.name} on ${wanted}`,
    }));
}

/** Nobody is always the first. */
function rotated<T>(items: readonly T[], by: number): T[] {
  const at = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}
