import type { FigureRow } from "./figures/figure.ts";
import type { GoalOutcome } from "./goals.ts";
import { type Holding, IDLE } from "./idle.ts";
import { REFERENCE } from "./peers/peers.ts";
import type { Failure, Measurements, Sample } from "./rounds.ts";
import type { Scenario } from "./scenarios/scenario.ts";
import { type Summary, summarise } from "./statistics.ts";
import { number, spread, table } from "./table.ts";

/** Turns measurements into tables. */

const HEAD = [
  "proxy",
  "CPU µs/request",
  "spread",
  `× ${REFERENCE.name}`,
  "requests/CPU-s",
  "requests/s",
  "spread",
  "p99 ms",
  "spread",
  "RSS MB",
];

const REASON_CHARACTERS = 160;

/** Who could not do what was asked, and why. */
type Failed = Pick<Failure, "peer" | "reason">;

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
  { samples, failures }: Measurements,
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
    spread(p99Ms.least, p99Ms.greatest, 1),
    megabytes(residentBytes.get(peer) ?? Number.NaN),
  ]);
  const failed = failures.filter((failure) => failure.scenario === scenario.name);
  return section(`${scenario.name}: ${scenario.title}`, table(HEAD, rows), failed);
}

/** The table of idle connections. */
export function idleTable(holdings: readonly Holding[], failures: readonly Failed[]): string {
  const costOf = ({ beforeBytes, withBytes, connections }: Holding) =>
    (withBytes - beforeBytes) / connections;
  const reference = holdings.find(({ peer }) => peer === REFERENCE.name);
  const rows = holdings
    .toSorted((a, b) => costOf(a) - costOf(b))
    .map((holding) => [
      holding.peer,
      number(costOf(holding) / 1_000, 1),
      reference === undefined ? "" : number(costOf(holding) / costOf(reference), 2),
      megabytes(holding.beforeBytes),
      megabytes(holding.withBytes),
      number(holding.connections),
      number(holding.answered),
    ]);
  const head = [
    "proxy",
    "kB/connection",
    `× ${REFERENCE.name}`,
    "RSS MB before",
    "RSS MB with",
    "connections",
  ];
  return section(`${IDLE.name}: ${IDLE.title}`, table([...head, "served afterwards"], rows), failures);
}

/** The table of the goals. */
export function goalTable(outcomes: readonly GoalOutcome[]): string {
  const cells = outcomes.map(({ scenario, what, atMost, ratio, isMet }) => [
    ...[scenario, what, number(atMost, 2), number(ratio, 2)],
    isMet ? "yes" : "**no**",
  ]);
  const head = ["scenario", "ratio of medians", "goal: at most", "measured", "met"];
  return section("Goals of the sidecar", table(head, cells, { isText: (column) => column < 2 }), []);
}

/** The table of the figures. */
export function figureTable(rows: readonly FigureRow[], failures: readonly Failed[]): string {
  const cells = rows.map(({ what, value, how }) => [what, value, how]);
  const body = table(["figure", "value", "how"], cells, { isText: (column) => column !== 1 });
  return section("Figures of the sidecar", body, failures);
}

function section(title: string, body: string, failures: readonly Failed[]): string {
  const failed = failures.map(({ peer, reason }) => `- ${peer} failed: ${firstLine(reason)}\n`);
  return [`### ${title}\n`, `${body}\n`, ...failed].join("\n");
}

function firstLine(reason: string): string {
  return reason.split("\n", 1).join("").slice(0, REASON_CHARACTERS);
}

function megabytes(bytes: number): string {
  return number(bytes / 1e6);
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
