import { REFERENCE } from "./peers/peers.ts";
import { sidecar } from "./peers/sidecar.ts";
import type { Sample } from "./rounds.ts";
import { median } from "./statistics.ts";

/** What the sidecar shall cost at most, as a ratio to others in the same run. */

/** One goal. */
interface Goal {
  readonly scenario: string;
  readonly metric: "cpuUsPerRequest" | "p99Ms";
  readonly atMost: number;
  /** The peers that it is compared with; each of them that is here. */
  readonly of: readonly string[];
}

/** How a goal was met with one peer. */
export interface GoalOutcome {
  readonly scenario: string;
  readonly what: string;
  readonly atMost: number;
  readonly ratio: number;
  readonly isMet: boolean;
}

const CPU = "cpuUsPerRequest";
const COSTLY = ["apache", "caddy", "http-proxy", "httpxy", "@fastify/http-proxy"];

const GOALS: readonly Goal[] = [
  { scenario: "1k", metric: CPU, atMost: 1.25, of: [REFERENCE.name] },
  { scenario: "1k", metric: CPU, atMost: 0.5, of: COSTLY },
  { scenario: "64k", metric: CPU, atMost: 1.3, of: [REFERENCE.name] },
  { scenario: "10m", metric: CPU, atMost: 1.3, of: [REFERENCE.name] },
  { scenario: "connect", metric: CPU, atMost: 1.3, of: [REFERENCE.name] },
  { scenario: "resume", metric: CPU, atMost: 1.15, of: [REFERENCE.name] },
  { scenario: "1k-h2", metric: CPU, atMost: 2.5, of: [REFERENCE.name] },
  { scenario: "1k-h2", metric: CPU, atMost: 0.5, of: ["caddy"] },
  { scenario: "latency", metric: "p99Ms", atMost: 1, of: ["caddy"] },
];

/** Compares the medians of the sidecar with those of the others; goals of which nothing was measured are left out. */
export function judgeGoals(samples: readonly Sample[]): GoalOutcome[] {
  return GOALS.flatMap(({ scenario, metric, atMost, of }) =>
    of.flatMap((peer) => {
      const [own, other] = [sidecar.name, peer].map((name) => medianOf(samples, scenario, name, metric));
      if (own === undefined || other === undefined) return [];
      const ratio = own / other;
      const what = `${metric === CPU ? "CPU" : "p99"} × ${peer}`;
      return [{ scenario, what, atMost, ratio, isMet: ratio <= atMost }];
    }),
  );
}

function medianOf(
  samples: readonly Sample[],
  scenario: string,
  peer: string,
  metric: Goal["metric"],
): number | undefined {
  const values = samples
    .filter((sample) => sample.scenario === scenario && sample.peer === peer)
    .map((sample) => sample[metric]);
  return values.length === 0 ? undefined : median(values);
}
