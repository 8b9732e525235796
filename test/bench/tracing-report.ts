import { median } from "./statistics.ts";
import { number, table } from "./table.ts";

/** What `npm run bench:tracing` has measured, as a page. */

/** What one run of the load measured. */
export interface Measured {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the server, for each 10,000 events or lines that it handed on. */
  readonly cpuMsPer10k: number | undefined;
  readonly events: number;
  /** Events of the kernel that came faster than they were read. */
  readonly lost: number;
  /** Events that this client was too slow for. */
  readonly dropped: number;
  /** From the request for a trace to the first of its events. */
  readonly firstEventMs: number | undefined;
}

/** strace that throws away what it says. */
export const PLAIN_STRACE = "strace -f -o /dev/null";
/** strace that says as much of each call as ours does: what is left between the two is what we add. */
export const SAME_WORDS = "strace -f -ttt -T -y -s 256 -o /dev/null";

const HEAD = [
  ...[
    "",
    "requests/s",
    "% of untraced",
    "to plain strace",
    "to strace that says as much",
    "p50 ms",
    "p99 ms",
  ],
  ...["events", "lost", "dropped", "CPU ms/10k", "first event ms"],
];

/** Writes the page: the first of the results is that without a trace. */
export function tracingReport(
  results: ReadonlyMap<string, readonly Measured[]>,
  machine: readonly string[],
  slow: readonly string[],
): string {
  return `# What tracing costs

Made by \`npm run bench:tracing\`, on ${new Date().toISOString().slice(0, 10)}.

${machine.map((line) => `- ${line}`).join("\n")}

App, strace, sidecar and load share the cores of one machine: compare the lines, not machines. Whatever else runs takes
most from the lines with the most processes.

${table(HEAD, rowsOf(results))}

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
