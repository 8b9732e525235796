import { median } from "../statistics.ts";
import { number, table } from "../table.ts";
import { PLAIN_STRACE, SAME_WORDS, type Traced } from "./modes.ts";
import { type PairedRounds, pairsTable } from "./pairs.ts";
import type { Load } from "./traced-nginx.ts";

/** What `npm run bench:tracing` has measured, as a page. */

/** What one run of the load measured. */
export interface Measured extends Load, Traced {
  /** Of the sidecar, for each 10,000 events or lines that it handed on. */
  readonly cpuMsPer10k: number | undefined;
}

/** What the page is made of. */
export interface TracingResults {
  /** The first is that without a trace. */
  readonly results: ReadonlyMap<string, readonly Measured[]>;
  readonly pairs: readonly PairedRounds[];
  /** Which modes are shown as ratios. */
  readonly pairedModes: readonly string[];
  readonly machine: readonly string[];
  readonly slow: readonly string[];
  readonly idlePercent: number;
}

const HEAD = [
  ...[
    "",
    "requests/s",
    "% of untraced",
    "to plain strace",
    "to strace that says as much",
    "p50 ms",
    "p99 ms",
    "p99 to untraced",
  ],
  ...["events", "lost", "dropped", "CPU ms/10k", "first event ms"],
];

/** Writes the page. */
export function tracingReport(all: TracingResults): string {
  const { results, pairs, pairedModes, machine, slow, idlePercent } = all;
  return `# What tracing costs

Made by \`npm run bench:tracing\`, on ${new Date().toISOString().slice(0, 10)}.

${machine.map((line) => `- ${line}`).join("\n")}

## What the sidecar adds to strace

The requests that the app answers in a second, by those that it answers with strace alone, of the same flags: in rounds of
one second for each, one right after the other in an order by chance, since the machine is not as quick from one minute to
the next. The median of the ratios, and the interval in which it lies with a certainty of 95 % (bootstrap). The goal is
at least 0.95: \`met\` where all of the interval is, \`missed\` where none of it is, else \`open\`, as it is
where the interval is wider than 0.2: then the machine was too busy to tell. The first line of each place compares strace with itself: what a file in memory costs beside none.

${pairsTable(pairs, pairedModes)}

## What a trace costs the app

App, strace, sidecar and load share the cores of one machine: compare the lines, not machines. Whatever else runs takes
most from the lines with the most processes.

${table(HEAD, rowsOf(results))}

- CPU of the sidecar while it traces a process that does nothing: ${number(idlePercent, 1)} % of a core
${slow.map((line) => `- Memory of the sidecar with ${line}`).join("\n")}
`;
}

function rowsOf(results: ReadonlyMap<string, readonly Measured[]>): string[][] {
  const of = (name: string, value: (each: Measured) => number | undefined) => {
    const values = (results.get(name) ?? []).map(value).filter((each) => each !== undefined);
    return values.length === 0 ? undefined : median(values);
  };
  const cell = (value: number | undefined, digits = 0) => (value === undefined ? "" : number(value, digits));
  const rateOf = (name = "") => of(name, (each) => each.requestsPerSecond) ?? Number.NaN;
  const p99Of = (name = "") => of(name, (each) => each.p99Ms) ?? Number.NaN;
  const [free] = results.keys();
  return [...results.keys()].map((name) => [
    ...[name, cell(rateOf(name)), cell((rateOf(name) / rateOf(free)) * 100, 1)],
    ...[cell(rateOf(name) / rateOf(PLAIN_STRACE), 2), cell(rateOf(name) / rateOf(SAME_WORDS), 2)],
    cell(
      of(name, (each) => each.p50Ms),
      2,
    ),
    cell(
      of(name, (each) => each.p99Ms),
      2,
    ),
    cell(p99Of(name) / p99Of(free), 1),
    cell(of(name, (each) => each.events || undefined)),
    cell(of(name, (each) => each.lost)),
    cell(of(name, (each) => each.dropped)),
    cell(
      of(name, (each) => each.cpuMsPer10k),
      1,
    ),
    cell(of(name, (each) => each.firstEventMs)),
  ]);
}
