import { median, type Summary, summarise } from "./statistics.ts";
import { number, spread, table } from "./table.ts";

/** What `npm run bench:jvm` has measured, as a page. */

/** What one thing takes in each round. */
export interface Compared {
  readonly title: string;
  /** The median of each round, in milliseconds. */
  readonly ours: readonly number[];
  /** Of Java's own client, in the same rounds. */
  readonly theirs: readonly number[];
}

/** What a sample takes in each round, in microseconds. */
export interface Sampled {
  readonly title: string;
  readonly wallUs: readonly number[];
  readonly cpuUs: readonly number[];
}

/** A sidecar that is asked each second. */
export interface Watched {
  readonly seconds: number;
  /** RSS in MiB before the first question. */
  readonly before: number;
  /** After each second. */
  readonly after: readonly number[];
  /** Of one CPU. */
  readonly cpuShare: number;
}

/** All of it. */
export interface JvmMeasured {
  /** Machine and programs. */
  readonly facts: readonly string[];
  readonly rounds: number;
  readonly compared: readonly Compared[];
  readonly sampled: readonly Sampled[];
  readonly watched: Watched;
}

/** Writes the page. */
export function jvmReport({ facts, rounds, compared, sampled, watched }: JvmMeasured): string {
  const ways = ["", "Tickbird", "spread", "Java's client", "spread", "ratio", "spread"];
  return `# What reading a JVM costs

Made by \`npm run bench:jvm\`, on ${new Date().toISOString().slice(0, 10)}.

${facts.map((fact) => `- ${fact}`).join("\n")}

App, clients and sidecar share the cores of one machine: compare the columns, not machines.

## MBeans of a Tomcat, in milliseconds

By Tickbird's client and by Java's own (javax.management.remote, in a JVM with its defaults), over the same JMX port of
loopback. Both are warm and take turns within each of ${rounds} rounds; shown are the medians of the rounds' medians, with
the least and the greatest round as spread; the ratio is that of each round.

${table(ways, compared.map(comparedRow))}

## A sample of performance data, in microseconds

What the sidecar does for \`GET jvm/{pid}\` and for Prometheus beside HTTP; the JVM does not notice it. The goal is well
below 100.

${table(["", "time", "spread", "CPU time", "spread"], sampled.map(sampledRow))}

## A sidecar that is asked each second

For the figures of the JVM and for two MBeans, over HTTPS, for ${watched.seconds} seconds; the sidecar has started its own
agent in the JVM for that.

${table(["", "MiB (RSS)"], memoryRows(watched))}

Its CPU time: ${number(watched.cpuShare * 100, 1)} % of a CPU.
`;
}

function comparedRow({ title, ours, theirs }: Compared): string[] {
  const ratios = ours.map((own, round) => own / (theirs[round] ?? Number.NaN));
  return [
    title,
    ...cells(summarise(ours), 2),
    ...cells(summarise(theirs), 2),
    ...cells(summarise(ratios), 2),
  ];
}

function sampledRow({ title, wallUs, cpuUs }: Sampled): string[] {
  return [title, ...cells(summarise(wallUs), 1), ...cells(summarise(cpuUs), 1)];
}

function cells({ median: middle, least, greatest }: Summary, digits: number): [string, string] {
  return [number(middle, digits), spread(least, greatest, digits)];
}

function memoryRows({ before, after, seconds }: Watched): string[][] {
  const late = after.slice(Math.floor(after.length / 2));
  return [
    ["before the first question", number(before, 1)],
    ["after it", number(after[0] ?? Number.NaN, 1)],
    [`in the second half of the ${seconds} seconds, median`, number(median(late), 1)],
    ["at most", number(Math.max(...after), 1)],
  ];
}
