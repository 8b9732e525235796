import { basename } from "node:path";
import { stateLetters } from "../../linux/proc-stat.ts";
import type { ListQuery, SORT_KEYS } from "./list-query.ts";
import type { ProcessSummary } from "./process-schema.ts";

/** Filters and sorts the list of processes. */

type SortKey = (typeof SORT_KEYS)[number];
type Value = number | string | null;

const VALUES: Readonly<Record<SortKey, (each: ProcessSummary) => Value>> = {
  pid: ({ pid }) => pid,
  cpu: ({ cpuPercent }) => cpuPercent,
  cputime: ({ cpuTimeNs }) => cpuTimeNs,
  rss: ({ rssBytes }) => rssBytes,
  virtual: ({ virtualBytes }) => virtualBytes,
  swap: ({ swapBytes }) => swapBytes,
  pss: ({ pssBytes }) => pssBytes ?? null,
  threads: ({ threads }) => threads,
  files: ({ openFiles }) => openFiles,
  read: ({ io }) => io?.readBytes ?? null,
  write: ({ io }) => io?.writeBytes ?? null,
  readrate: ({ ioRates }) => ioRates?.readBytesPerSecond ?? null,
  writerate: ({ ioRates }) => ioRates?.writeBytesPerSecond ?? null,
  readops: ({ ioRates }) => ioRates?.readCallsPerSecond ?? null,
  writeops: ({ ioRates }) => ioRates?.writeCallsPerSecond ?? null,
  faults: ({ majorFaults }) => majorFaults,
  started: ({ startTime }) => startTime,
  name: ({ name }) => name,
  user: ({ user, uid }) => user ?? (uid === null ? null : String(uid)),
  state: ({ stateLetter }) => stateLetter,
};
const ASCENDING: ReadonlySet<SortKey> = new Set(["pid", "started", "name", "user", "state"]);

type Arrangement = Pick<ListQuery, "sort" | "order" | "name" | "state" | "user" | "tree">;

/** The processes that the filters keep, in the order that was asked for. Whose value is not known comes last. */
export function arrange(
  processes: readonly ProcessSummary[],
  { sort = "pid", order, name, state, user, tree }: Arrangement,
): ProcessSummary[] {
  const states = state === undefined ? undefined : new Set(state.split(",").flatMap(stateLetters));
  const wantedName = name?.toLowerCase();
  const kept = processes.filter(
    (each) =>
      (wantedName === undefined || namesOf(each).some((one) => one.toLowerCase().includes(wantedName))) &&
      (states === undefined || states.has(each.stateLetter)) &&
      (user === undefined || each.user === user || String(each.uid) === user),
  );
  const sign = (order ?? (ASCENDING.has(sort) ? "asc" : "desc")) === "asc" ? 1 : -1;
  const read = VALUES[sort];
  kept.sort((a, b) => compare(read(a), read(b), sign) || a.pid - b.pid);
  return tree === "true" ? belowTheirParents(kept) : kept;
}

/** How deep each process of a tree-ordered list is below those of the list itself: what a drawn tree shows. */
export function drawnDepths(processes: readonly ProcessSummary[]): ReadonlyMap<number, number> {
  const depths = new Map<number, number>();
  for (const { pid, parentPid } of processes) depths.set(pid, (depths.get(parentPid) ?? -1) + 1);
  return depths;
}

function namesOf({ name, executable }: ProcessSummary): string[] {
  return executable === null ? [name] : [name, basename(executable)];
}

function compare(a: Value, b: Value, sign: number): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  if (typeof a === "number" && typeof b === "number") return sign * (a - b);
  return sign * (String(a) < String(b) ? -1 : Number(String(a) > String(b)));
}

/** Depth first. The list is no snapshot: where a pid was used again a ring could close, so what is left over comes last. */
function belowTheirParents(sorted: readonly ProcessSummary[]): ProcessSummary[] {
  const known = new Set(sorted.map(({ pid }) => pid));
  const children = Map.groupBy(sorted, ({ pid, parentPid }) =>
    known.has(parentPid) && parentPid !== pid ? parentPid : 0,
  );
  const ordered: ProcessSummary[] = [];
  const waiting = [...(children.get(0) ?? [])].reverse();
  const seen = new Set<number>();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    ordered.push(next);
    seen.add(next.pid);
    waiting.push(...[...(children.get(next.pid) ?? [])].reverse());
  }
  return [...ordered, ...sorted.filter(({ pid }) => !seen.has(pid))];
}
