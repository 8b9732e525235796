import { summarise } from "./statistics.ts";
import { number, spread, table } from "./table.ts";

/** What `npm run bench:logs` has measured, as a page, and whether it is as it should be. */

/** A text as it is must not take longer than so many times what grep takes. */
const MAX_RATIO = 2;
/** The event loop must never be held for longer: nobody who waits for the app would notice less. */
const MAX_HELD_MS = 100;
/** Nor, on a machine so busy that it is held where nothing is asked, for so many times what it is held for then. */
const MAX_HELD_RATIO = 2;

/** What one search took, round by round. */
export interface Searched {
  readonly what: string;
  /** Whether it is the search that {@link MAX_RATIO} is for. */
  readonly isPlain: boolean;
  readonly oursMs: readonly number[];
  /** In the locales C.UTF-8 and C. */
  readonly grepMs: readonly number[];
  readonly grepInCMs: readonly number[];
  /** For how long the sidecar's event loop was held at most, and the 99th percentile. */
  readonly heldMs: number;
  readonly lateMs: number;
  /** What a request for `/livez` took meanwhile, at most. */
  readonly slowestMs: number;
}

/** What an answer took that grep has no notion of. */
export interface Filtered {
  readonly query: string;
  readonly accept: string;
  readonly bytes: number;
  readonly ms: number;
  readonly heldMs: number;
  readonly lateMs: number;
}

/** All that was measured. */
export interface LogFigures {
  readonly machine: readonly string[];
  readonly rounds: number;
  readonly searched: readonly Searched[];
  readonly filtered: readonly Filtered[];
  /** While nothing was asked. */
  readonly idleHeldMs: number;
  readonly residentMb: { readonly before: number; readonly after: number };
}

const SEARCH_HEAD = [
  ...["what is looked for", "grep ms", "spread", "grep, LC_ALL=C ms", "spread", "ours ms", "spread"],
  ...["× grep", "× grep, LC_ALL=C", "loop p99 ms", "loop held ms", "slowest /livez ms"],
];
const FILTER_HEAD = ["query", "form", "answer MB", "ms", "loop p99 ms", "loop held ms"];

/** Writes the page. */
export function logReport(figures: LogFigures): string {
  const { machine, rounds, searched, filtered, idleHeldMs, residentMb } = figures;
  const failures = failuresOf(figures);
  return `# What a search in a log takes

Made by \`npm run bench:logs\`, on ${new Date().toISOString().slice(0, 10)}.

${machine.map((line) => `- ${line}`).join("\n")}

A log of 1 GB with lines of about 150 bytes, in the page cache. grep writes what it finds to a pipe, and curl, which asks the
sidecar over HTTPS, to the same reader; both have found the same bytes each time. They are measured in turn, ${rounds} rounds
after one that does not count; shown are medians, with the least and the greatest round as spread. The event loop is
the sidecar's own, as \`perf_hooks\` measures it, and the greatest of all rounds; \`/livez\` is asked over HTTPS meanwhile,
again and again, by a client that shares the machine's cores with all of this.

${table(SEARCH_HEAD, searched.map(searchRow))}

- What has to hold: a text as it is takes at most ${MAX_RATIO} × what grep takes, and the event loop is never held for longer
  than ${MAX_HELD_MS} ms, or on a busy machine than ${MAX_HELD_RATIO} × what it is held for where nothing is asked. ${failures.length === 0 ? "It does." : `It does not: ${failures.join("; ")}.`}
- The event loop where nothing is asked: held for ${number(idleHeldMs, 1)} ms at most
- Memory of the sidecar: ${number(residentMb.before)} MB before, ${number(residentMb.after)} MB after all searches

A log of 300 MB with lines of 7 bytes and fewer, most without a time, is the worst there is to look through by level and time:

${table(FILTER_HEAD, filtered.map(filterRow), { isText: (column) => column < 2 })}
`;
}

/** What is not as it should be. */
export function failuresOf({ searched, filtered, idleHeldMs }: LogFigures): string[] {
  const maxHeldMs = Math.max(MAX_HELD_MS, MAX_HELD_RATIO * idleHeldMs);
  const slow = searched.filter((each) => each.isPlain && ratiosOf(each).utf8 > MAX_RATIO);
  const held = [...searched, ...filtered].filter(({ heldMs }) => heldMs > maxHeldMs);
  return [
    ...slow.map((each) => `${each.what} takes ${number(ratiosOf(each).utf8, 2)} × what grep takes`),
    ...held.map((each) => `the event loop was held for ${number(each.heldMs)} ms by ${nameOf(each)}`),
  ];
}

function nameOf(each: Searched | Filtered): string {
  return "what" in each ? each.what : each.query;
}

function ratiosOf({ oursMs, grepMs, grepInCMs }: Searched): { utf8: number; c: number } {
  const ours = summarise(oursMs).median;
  return { utf8: ours / summarise(grepMs).median, c: ours / summarise(grepInCMs).median };
}

function searchRow(each: Searched): string[] {
  const times = [each.grepMs, each.grepInCMs, each.oursMs].map(summarise);
  const { utf8, c } = ratiosOf(each);
  return [
    each.what,
    ...times.flatMap(({ median, least, greatest }) => [number(median), spread(least, greatest, 0)]),
    ...[utf8, c].map((ratio) => number(ratio, 2)),
    ...[each.lateMs, each.heldMs, each.slowestMs].map((ms) => number(ms, 1)),
  ];
}

function filterRow({ query, accept, bytes, ms, lateMs, heldMs }: Filtered): string[] {
  return [
    ...[query, accept, number(bytes / 1e6, 1), number(ms)],
    ...[lateMs, heldMs].map((each) => number(each, 1)),
  ];
}
