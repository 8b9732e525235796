/**
 * The names that the JVM's management interface (java.lang.management) has for what its performance data calls by
 * others: dashboards are made for those.
 */

const COLLECTORS: ReadonlyMap<string, string> = new Map([
  ...([
    ["Serial young collection pauses", "Copy"],
    ["Serial full collection pauses", "MarkSweepCompact"],
    ["MSC", "MarkSweepCompact"],
    ["PCopy", "ParNew"],
    ["CMS", "ConcurrentMarkSweep"],
  ] as const),
  ...([
    ["Parallel young collection pauses", "PS Scavenge"],
    ["Parallel full collection pauses", "PS MarkSweep"],
    ["PSScavenge", "PS Scavenge"],
    ["PSParallelCompact", "PS MarkSweep"],
    ["PSMarkSweep", "PS MarkSweep"],
  ] as const),
  ...([
    ["G1 young collection pauses", "G1 Young Generation"],
    ["G1 incremental collections", "G1 Young Generation"],
    ["G1 full collection pauses", "G1 Old Generation"],
    ["G1 stop-the-world full collections", "G1 Old Generation"],
    ["G1 concurrent cycle pauses", "G1 Concurrent GC"],
    ["G1 stop-the-world phases", "G1 Concurrent GC"],
  ] as const),
  ...([
    ["Z concurrent cycle pauses", "ZGC Pauses"],
    ["Z stop-the-world phases", "ZGC Pauses"],
    ["ZGC minor collection pauses", "ZGC Minor Pauses"],
    ["ZGC major collection pauses", "ZGC Major Pauses"],
    ["Shenandoah full", "Shenandoah Pauses"],
  ] as const),
]);

/** The name of a collector there; its own where that is not known. */
export function collectorName(name: string): string {
  return COLLECTORS.get(name) ?? name;
}

/** What a collector's pools begin with, by how its young collector is called there. */
const PREFIXES: ReadonlyMap<string, string> = new Map([
  ["G1 Young Generation", "G1 "],
  ["PS Scavenge", "PS "],
  ["ParNew", "Par "],
]);

/** The name of the pool that a space is in; survivor spaces are one pool there, so they are counted apart here. */
export function poolName(generation: string, space: string, firstCollector: string | undefined): string {
  const prefix = PREFIXES.get(firstCollector ?? "") ?? "";
  if (firstCollector?.startsWith("ZGC") === true) {
    return generation === "young"
      ? "ZGC Young Generation"
      : generation === "old"
        ? "ZGC Old Generation"
        : "ZHeap";
  }
  if (firstCollector?.startsWith("Shenandoah") === true) return "Shenandoah";
  if (space === "eden") return `${prefix}Eden Space`;
  if (space === "s0" || space === "s1") return `${prefix}Survivor Space`;
  return prefix === "" || prefix === "Par " ? "Tenured Gen" : `${prefix}Old Gen`;
}
