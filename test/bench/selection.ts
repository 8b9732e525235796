import type { Options } from "./options.ts";
import type { Peer } from "./peers/peer.ts";
import { PEERS } from "./peers/peers.ts";
import type { Scenario } from "./scenarios/scenario.ts";
import { SCENARIOS } from "./scenarios/scenarios.ts";

/** What one run measures. */
export interface Selection {
  readonly scenarios: readonly Scenario[];
  /** Those that are installed. */
  readonly peers: readonly Peer[];
  /** What cannot be measured here, and what mends it. */
  readonly leftOut: readonly string[];
}

/** Whether something is to be measured. */
export function isAsked({ names }: Options, { name }: { readonly name: string }): boolean {
  return names.length === 0 || names.includes(name);
}

/** Picks the scenarios that the options name, with those whose rates they need, and the peers that are installed. */
export function choose(options: Options, all: readonly Peer[] = PEERS): Selection {
  const peers = all.filter((peer) => peer.missing() === undefined);
  const wanted = SCENARIOS.filter((scenario) => isAsked(options, scenario));
  const paceless = wanted.filter(({ pace }) => pace && !peers.some(({ name }) => name === pace.peer));
  const able = wanted.filter((scenario) => !paceless.includes(scenario));
  const needed = new Set(able.map(({ pace }) => pace?.scenario));
  return {
    scenarios: SCENARIOS.filter((scenario) => able.includes(scenario) || needed.has(scenario.name)),
    peers,
    leftOut: [
      ...all.flatMap((peer) => {
        const remedy = peer.missing();
        return remedy === undefined ? [] : [`${peer.name} is not installed: ${remedy}`];
      }),
      ...paceless.map(({ name, pace }) => `${name} takes its rate from ${pace?.peer}`),
    ],
  };
}
