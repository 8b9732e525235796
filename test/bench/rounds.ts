import type { Peer, RunningPeer } from "./peers/peer.ts";
import type { Scenario } from "./scenarios/scenario.ts";
import { cpuUs } from "./usage.ts";

/** One load on one peer. */
export interface Sample {
  readonly scenario: string;
  readonly peer: string;
  readonly requestsPerSecond: number;
  readonly cpuUsPerRequest: number;
  readonly p99Ms: number;
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
  /** The share of each scenario's requests that is sent. */
  readonly share: number;
  readonly dir: string;
  /** Told before each load. */
  progress(text: string): void;
}

/**
 * Measures all peers in turn, round after round, so that what else the machine does in a minute hits all of them alike.
 * Each begins with a load that does not count: code is compiled, connections to the core are made.
 * @throws {Error} when two peers agreed on different TLS ciphers: they would not have done the same work.
 */
export async function measureRounds(options: RoundsOptions): Promise<Sample[]> {
  const { scenarios, contenders, rounds, progress } = options;
  const samples: Sample[] = [];
  const ciphers = new Map<string, string>();
  for (const scenario of scenarios) {
    const able = contenders.filter(({ peer }) => peer.protocols.includes(scenario.protocol));
    for (let round = 0; round <= rounds; round++) {
      for (const contender of rotated(able, round)) {
        const { name } = contender.peer;
        progress(`${scenario.name}: ${round === 0 ? "warming up" : `round ${round} of ${rounds}`}: ${name}`);
        const { sample, tls } = await measureOnce(scenario, contender, options);
        ciphers.set(name, tls);
        if (round > 0) samples.push(sample);
      }
    }
  }
  if (new Set(ciphers.values()).size > 1) {
    throw new Error(`the peers did not agree on the same TLS: ${JSON.stringify([...ciphers])}`);
  }
  return samples;
}

async function measureOnce(scenario: Scenario, { peer, running }: Contender, { share, dir }: RoundsOptions) {
  const requests = Math.ceil(scenario.requests * share);
  const before = await cpuUs(running.pid);
  const { seconds, p99Ms, tls } = await scenario.run({ port: running.port, requests, dir });
  const used = (await cpuUs(running.pid)) - before;
  const sample: Sample = {
    ...{ scenario: scenario.name, peer: peer.name, p99Ms },
    requestsPerSecond: requests / seconds,
    cpuUsPerRequest: used / requests,
  };
  return { sample, tls };
}

/** Nobody is always the first. */
function rotated<T>(items: readonly T[], by: number): T[] {
  const at = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}
