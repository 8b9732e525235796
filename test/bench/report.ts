import type { FigureRow } from "./figures/figure.ts";
import { REFERENCE } from "./peers/peers.ts";
import type { Sample } from "./rounds.ts";
import type { Scenario } from "./scenarios/scenario.ts";
import { type Summary, summarise } from "./statistics.ts";
import { number, spread, table } from "./table.ts";

/** Turns measurements into tables. */

const HEAD = [
  "proxy",
  "CPU µs/request",
  "spread",
  "× nginx",
  "requests/CPU-s",
  "requests/s",
  "spread",
  "p99 ms",
  "RSS MiB",
];

/** What one peer did in one scenario. */
interface Line {
  readonly peer: string;
  readonly cpuUs: Summary;
  readonly perSecond: Summary;
  readonly p99Ms: Summary;
}

/** The table of one scenario. @param residentBytes of each peer at the end of the run. */
export function scenarioTable(
  scenario: Scenario,
  samples: readonly Sample[],
  residentBytes: ReadonlyMap<string, number>,
): string {
  const lines = linesOf(samples.filter((sample) => sample.scenario === scenario.name));
  const reference = lines.find((line) => line.peer === REFERENCE.name);
  const rows = lines.map(({ peer, cpuUs, perSecond, p99Ms }) => [
    peer,
    number(cpuUs.median, 1),
    spread(cpuUs.least, cpuUs.greatest, 1),
    reference === undefined ? "" : number(cpuUs.median / reference.cpuUs.median, 2),
    number(1e6 / cpuUs.median),
    number(perSecond.median),
    spread(perSecond.least, perSecond.greatest, 0),
    number(p99Ms.median, 1),
    number((residentBytes.get(peer) ?? Number.NaN) / 1_048_576),
  ]);
  return `### ${scenario.name}: ${scenario.title}\n\n${table(HEAD, rows)}\n`;
}

/** The table of the figures. */
export function figureTable(rows: readonly FigureRow[]): string {
  const cells = rows.map(({ what, value, how }) => [what, value, how]);
  return `### Figures of the sidecar\n\n${table(["figure", "value", "how"], cells, { isText: (column) => column !== 1 })}\n`;
}

function linesOf(samples: readonly Sample[]): Line[] {
  const peers = [...new Set(samples.map((sample) => sample.peer))];
  return peers
    .map((peer) => {
      const own = samples.filter((sample) => sample.peer === peer);
      return {
        peer,
        cpuUs: summarise(own.map((sample) => sample.cpuUsPerRequest)),
        perSecond: summarise(own.map((sample) => sample.requestsPerSecond)),
        p99Ms: summarise(own.map((sample) => sample.p99Ms)),
      };
    })
    .toSorted((a, b) => a.cpuUs.median - b.cpuUs.median);
}
