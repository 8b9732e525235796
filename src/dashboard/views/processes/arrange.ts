import type { Answers } from "../../api/api-types.ts";

/** Which processes are shown, and in which order. */

/** A process of the list. */
export type Process = Answers["GET /processes"]["processes"][number];

export const ORDERS = ["tree", "cpu", "memory", "files", "started", "name"] as const;
/** What the list is sorted by. */
export type Order = (typeof ORDERS)[number];

/** Whose processes: the app's, or all that are visible but the kernel's own threads. */
export type Scope = "app" | "all";

/** What is asked for. */
export interface Wanted {
  readonly text: string;
  readonly order: Order;
  readonly scope: Scope;
}

/** A process at its place; `depth` is that among those that are shown. */
export interface PlacedProcess {
  readonly process: Process;
  readonly depth: number;
}

/** Selects and sorts. As a tree, each is below its nearest ancestor that is shown. */
export function arrange(all: readonly Process[], { text, order, scope }: Wanted): readonly PlacedProcess[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const shown = all.filter(
    (process) =>
      (scope === "app" ? process.isCore === true : !process.isKernelThread) &&
      (words.length === 0 || hasAll(textOf(process), words)),
  );
  if (order === "tree") return treeOf(shown, all);
  return shown.toSorted(COMPARE[order]).map((process) => ({ process, depth: 0 }));
}

const COMPARE: Readonly<Record<Exclude<Order, "tree">, (one: Process, other: Process) => number>> = {
  cpu: (one, other) => (other.cpuPercent ?? -1) - (one.cpuPercent ?? -1),
  memory: (one, other) => (other.rssBytes ?? -1) - (one.rssBytes ?? -1),
  files: (one, other) => (other.openFiles ?? -1) - (one.openFiles ?? -1),
  started: (one, other) => Date.parse(other.startTime) - Date.parse(one.startTime),
  name: (one, other) => one.name.localeCompare(other.name) || one.pid - other.pid,
};

/** The command line, or where there is none the name. */
export function commandOf({ commandLine, name }: Process): string {
  return commandLine === null || commandLine.length === 0 ? `[${name}]` : commandLine.join(" ");
}

function textOf(process: Process): string {
  const { pid, name, user, executable } = process;
  return `${pid} ${name} ${user ?? ""} ${executable ?? ""} ${commandOf(process)}`.toLowerCase();
}

function hasAll(text: string, words: readonly string[]): boolean {
  return words.every((word) => text.includes(word));
}

function treeOf(shown: readonly Process[], all: readonly Process[]): readonly PlacedProcess[] {
  const isShown = new Set(shown.map(({ pid }) => pid));
  const parents = new Map(all.map(({ pid, parentPid }) => [pid, parentPid]));
  const below = Map.groupBy(shown, ({ pid }) => shownParent(pid, parents, isShown));
  const placed: PlacedProcess[] = [];
  // No recursion: a chain of ten thousand is possible.
  const waiting = (below.get(0) ?? []).toReversed().map((process) => ({ process, depth: 0 }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    placed.push(next);
    const depth = next.depth + 1;
    for (const process of (below.get(next.process.pid) ?? []).toReversed()) waiting.push({ process, depth });
  }
  // A table that is not read at one instant may make two the parents of each other: they are not lost.
  const isPlaced = new Set(placed.map(({ process }) => process.pid));
  const lost = shown.filter(({ pid }) => !isPlaced.has(pid));
  return [...placed, ...lost.map((process) => ({ process, depth: 0 }))];
}

/** The nearest ancestor that is shown; 0 where there is none. */
function shownParent(
  pid: number,
  parents: ReadonlyMap<number, number>,
  isShown: ReadonlySet<number>,
): number {
  let parent = parents.get(pid) ?? 0;
  // The table is not read at one instant: pids that were given anew meanwhile could make a circle.
  for (let steps = 0; steps < parents.size && parent !== 0; steps += 1) {
    if (isShown.has(parent)) return parent;
    parent = parents.get(parent) ?? 0;
  }
  return 0;
}
