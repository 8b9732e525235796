import { createHistogram, type Histogram } from "./duration-histogram.ts";
import type { Target } from "./events/argument.ts";
import type { CallEvent, TraceEvent } from "./events/event.ts";
import { createProcessNames } from "./process-names.ts";
import type { CallSummary, TraceSummary } from "./summary-schema.ts";
import { createTopTable, type TopEntry } from "./top-table.ts";

/** Counts the events of a trace; what it keeps does not grow with them. */
export interface Summariser {
  add(event: TraceEvent): void;
  summary(durationMs: number): TraceSummary;
}

const MAX_CALLS = 512;
const MAX_ERRORS = 64;
const TABLE_SIZE = 512;
const SHOWN = 20;
const SLOWEST = 10;
/** Where what is beyond a table goes. */
const OTHER = "(other)";
/** Calls whose first text is a path. */
const PATH_CALL =
  /^(?:open|stat|lstat|statx|statfs|access|faccessat|readlink|unlink|execve|chdir|mkdir|rmdir|newfstatat)/;

interface CallCounts {
  count: number;
  totalNs: number;
  maxNs: number;
  readonly durations: Histogram;
  readonly errors: Map<string, number>;
}

/**
 * Makes one that has counted nothing.
 * @param nameOf tells the name of a process that lives.
 */
export function createSummariser(nameOf?: (pid: number) => string | undefined): Summariser {
  const calls = new Map<string, CallCounts>();
  const names = createProcessNames(nameOf);
  const processes = createTopTable(TABLE_SIZE);
  const files = createTopTable(TABLE_SIZE);
  const peers = createTopTable(TABLE_SIZE);
  let slowest: CallEvent[] = [];
  let count = 0;

  return {
    add(event) {
      if (event.type !== "call") return;
      count += 1;
      const durationNs = event.durationNs ?? 0;
      addCall(calls, event);
      slowest = withSlow(slowest, event);
      const file = fileOf(event);
      if (file !== undefined) files.add(file, durationNs);
      const peer = peerOf(event);
      if (peer !== undefined) peers.add(peer, durationNs);
      names.learn(event);
      if (event.pid !== null) processes.add(String(event.pid), durationNs);
    },
    summary: (durationMs) => ({
      callCount: count,
      callsPerSecond: rate(count, durationMs),
      calls: [...calls]
        .map(([call, counts]) => callSummary(call, counts, durationMs))
        .toSorted((a, b) => b.totalNs - a.totalNs),
      slowest,
      files: files.top(SHOWN).map(({ key, ...rest }: TopEntry) => ({ path: key, ...rest })),
      peers: peers.top(SHOWN).map(({ key, ...rest }: TopEntry) => ({ peer: key, ...rest })),
      processes: processes
        .top(SHOWN)
        .map(({ key, ...rest }) => ({ pid: Number(key), name: names.nameOf(Number(key)), ...rest })),
    }),
  };
}

function addCall(calls: Map<string, CallCounts>, { call, durationNs, errno }: CallEvent): void {
  const name = calls.has(call) || calls.size < MAX_CALLS ? call : OTHER;
  let counts = calls.get(name);
  if (counts === undefined) {
    counts = { count: 0, totalNs: 0, maxNs: 0, durations: createHistogram(), errors: new Map() };
    calls.set(name, counts);
  }
  counts.count += 1;
  if (durationNs !== null) {
    counts.totalNs += durationNs;
    counts.maxNs = Math.max(counts.maxNs, durationNs);
    counts.durations.add(durationNs);
  }
  if (errno === null) return;
  const { errors } = counts;
  const error = errors.has(errno.name) || errors.size < MAX_ERRORS ? errno.name : OTHER;
  errors.set(error, (errors.get(error) ?? 0) + 1);
}

function callSummary(
  call: string,
  { count, totalNs, maxNs, durations, errors }: CallCounts,
  durationMs: number,
): CallSummary {
  const quantileNs = (share: number) => Math.min(maxNs, durations.quantileNs(share));
  return {
    ...{ call, count, perSecond: rate(count, durationMs), errors: Object.fromEntries(errors), totalNs },
    ...{ p50Ns: quantileNs(0.5), p95Ns: quantileNs(0.95), p99Ns: quantileNs(0.99), maxNs },
  };
}

function rate(count: number, durationMs: number): number {
  return durationMs === 0 ? 0 : Math.round((count / durationMs) * 1e6) / 1e3;
}

function withSlow(slowest: CallEvent[], event: CallEvent): CallEvent[] {
  const durationNs = event.durationNs ?? 0;
  const isFull = slowest.length >= SLOWEST;
  if (durationNs === 0 || (isFull && durationNs <= (slowest.at(-1)?.durationNs ?? 0))) return slowest;
  return [...slowest, event].toSorted((a, b) => (b.durationNs ?? 0) - (a.durationNs ?? 0)).slice(0, SLOWEST);
}

/** The file that a call is about: that of its descriptor, the one it opens, or the one it names. */
function fileOf(event: CallEvent): string | undefined {
  const target = targetOf(event, "file") ?? event.resultTarget;
  if (target?.kind === "file") return target.path;
  if (!PATH_CALL.test(event.call)) return undefined;
  const text = event.args?.find((argument) => argument.kind === "string");
  return text?.kind === "string" && text.value !== "" ? text.value : undefined;
}

function peerOf(event: CallEvent): string | undefined {
  const target = targetOf(event, "socket");
  if (target?.kind !== "socket" || target.peer === null || target.inode !== null) return undefined;
  return `${target.protocol ?? "socket"} ${target.peer}`;
}

function targetOf({ args }: CallEvent, kind: Target["kind"]): Target | undefined {
  for (const argument of args ?? []) {
    if (argument.kind === "descriptor" && argument.fd !== null && argument.target.kind === kind)
      return argument.target;
  }
  return undefined;
}
