import { readIfThere } from "../proc.ts";
import { type EffectiveLimit, lowestLimit } from "./effective-limit.ts";
import { type Limit, parseFlat, parseLimit, parseNumber } from "./key-values.ts";
import type { CgroupReader } from "./notes.ts";

/** The memory of a cgroup and of those below it, its limits and what came of them. */
export interface MemoryFigures {
  readonly currentBytes: number | null;
  /** cAdvisor's definition, by which Kubernetes evicts: current without inactive_file, which can be dropped at once. */
  readonly workingSetBytes: number | null;
  readonly peakBytes: number | null;
  readonly anonBytes: number | null;
  /** The page cache, shared memory (tmpfs) included. */
  readonly fileBytes: number | null;
  readonly kernelBytes: number | null;
  readonly swapBytes: number | null;
  readonly limitBytes: Limit | null;
  readonly swapLimitBytes: Limit | null;
  readonly effectiveLimitBytes: EffectiveLimit | null;
  readonly events: {
    /** How often it was throttled for being above memory.high. */
    readonly high: number | null;
    /** How often it was about to go above the limit. */
    readonly max: number | null;
    /** How often the limit was reached and nothing could be freed. */
    readonly oom: number | null;
    /** How many processes the OOM killer has ended. */
    readonly oomKill: number | null;
  };
}

/**
 * Reads the memory figures of a cgroup (kernel: Documentation/admin-guide/cgroup-v2.rst, "Memory"; for version 1
 * admin-guide/cgroup-v1/memory.rst).
 */
export async function readMemory(reader: CgroupReader): Promise<MemoryFigures> {
  const machine = await machineBytes();
  return reader.version("memory") === 2 ? readVersion2(reader, machine) : readVersion1(reader, machine);
}

const EVENTS = ["memory.events.high", "memory.events.max", "memory.events.oom", "memory.events.oomKill"];
const STAT = ["memory.workingSetBytes", "memory.anonBytes", "memory.fileBytes"];
const LIMIT = ["memory.limitBytes", "memory.effectiveLimitBytes"];

async function readVersion2(reader: CgroupReader, machine: number | undefined): Promise<MemoryFigures> {
  const read = (file: string, fields: readonly string[], remedy?: string) =>
    reader.text("memory", file, fields, remedy);
  const [current, peak, max, swap, swapMax, stat, events, above] = await Promise.all([
    read("memory.current", ["memory.currentBytes"]),
    read("memory.peak", ["memory.peakBytes"], "Linux 5.19 or later has it"),
    read("memory.max", LIMIT),
    read("memory.swap.current", ["memory.swapBytes"]),
    read("memory.swap.max", ["memory.swapLimitBytes"]),
    read("memory.stat", [...STAT, "memory.kernelBytes"]),
    read("memory.events", EVENTS),
    reader.above("memory", "memory.max"),
  ]);
  const values = parseFlat(stat ?? "");
  const counts = parseFlat(events ?? "");
  const own = limitOf(max);
  if (stat !== null && !values.has("kernel")) {
    reader.note(["memory.kernelBytes"], {
      reason: "memory.stat does not tell it",
      remedy: "Linux 5.18 or later has it",
    });
  }
  return {
    currentBytes: numberOf(current),
    workingSetBytes: workingSet(numberOf(current), values.get("inactive_file")),
    peakBytes: numberOf(peak),
    anonBytes: values.get("anon") ?? null,
    fileBytes: values.get("file") ?? null,
    kernelBytes: values.get("kernel") ?? null,
    swapBytes: numberOf(swap),
    limitBytes: own,
    swapLimitBytes: limitOf(swapMax),
    effectiveLimitBytes:
      own === null
        ? null
        : lowestLimit(
            own,
            above.map((text) => limitOf(text) ?? "unlimited"),
            machine,
          ),
    events: {
      high: counts.get("high") ?? null,
      max: counts.get("max") ?? null,
      oom: counts.get("oom") ?? null,
      oomKill: counts.get("oom_kill") ?? null,
    },
  };
}

async function readVersion1(reader: CgroupReader, machine: number | undefined): Promise<MemoryFigures> {
  const read = (file: string, fields: readonly string[], remedy?: string) =>
    reader.text("memory", file, fields, remedy);
  const accounting = "Boot the host with swapaccount=1";
  const [usage, peak, max, swapMax, kernel, failures, oom, stat] = await Promise.all([
    read("memory.usage_in_bytes", ["memory.currentBytes"]),
    read("memory.max_usage_in_bytes", ["memory.peakBytes"]),
    read("memory.limit_in_bytes", LIMIT),
    read("memory.memsw.limit_in_bytes", ["memory.swapLimitBytes"], accounting),
    read("memory.kmem.usage_in_bytes", ["memory.kernelBytes"]),
    read("memory.failcnt", ["memory.events.max"]),
    read("memory.oom_control", ["memory.events.oomKill"]),
    read("memory.stat", [...STAT, "memory.swapBytes"]),
  ]);
  const values = parseFlat(stat ?? "");
  const own = limitOf(max);
  // The lowest of its own and those of all ancestors, also of those that can't be seen.
  const hierarchical = limitOf(values.get("hierarchical_memory_limit")?.toString() ?? null);
  reader.note(["memory.events.high", "memory.events.oom"], {
    reason: "version 1 does not count it",
    remedy: "Version 2 of cgroups has it: boot the host with systemd.unified_cgroup_hierarchy=1",
  });
  return {
    currentBytes: numberOf(usage),
    workingSetBytes: workingSet(numberOf(usage), values.get("total_inactive_file")),
    peakBytes: numberOf(peak),
    anonBytes: values.get("total_rss") ?? null,
    fileBytes: values.get("total_cache") ?? null,
    kernelBytes: numberOf(kernel),
    swapBytes: values.get("total_swap") ?? null,
    limitBytes: own,
    swapLimitBytes: swapLimit(own, limitOf(swapMax)),
    effectiveLimitBytes:
      own === null ? null : lowestLimit(own, hierarchical === null ? [] : [hierarchical], machine),
    events: {
      ...{ high: null, oom: null, max: numberOf(failures) },
      oomKill: parseFlat(oom ?? "").get("oom_kill") ?? null,
    },
  };
}

/** Current memory without the part of the page cache that can be dropped at once, as cAdvisor counts it. */
export function workingSet(
  currentBytes: number | null,
  inactiveFileBytes: number | undefined,
): number | null {
  if (currentBytes === null || inactiveFileBytes === undefined) return null;
  // The two are not read at one instant.
  return Math.max(0, currentBytes - inactiveFileBytes);
}

/** Version 1 limits memory and swap together. */
function swapLimit(memory: Limit | null, both: Limit | null): Limit | null {
  if (both === "unlimited" || both === null) return both;
  return typeof memory === "number" ? Math.max(0, both - memory) : null;
}

/** What the machine has (proc_meminfo(5)). */
async function machineBytes(): Promise<number | undefined> {
  const [, kilobytes] = /^MemTotal:\s*(\d+) kB$/m.exec((await readIfThere("/proc/meminfo")) ?? "") ?? [];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1_024;
}

function numberOf(text: string | null): number | null {
  return text === null ? null : parseNumber(text);
}

function limitOf(text: string | null): Limit | null {
  return text === null ? null : parseLimit(text);
}
