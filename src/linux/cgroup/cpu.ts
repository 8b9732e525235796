import { readIfThere } from "../proc.ts";
import { type EffectiveLimit, lowestLimit } from "./effective-limit.ts";
import { type Limit, parseFlat, parseLimit, parseNumber } from "./key-values.ts";
import type { CgroupReader } from "./notes.ts";

/** The CPU time of a cgroup, and its limit. */
export interface CpuFigures {
  readonly usageNs: number | null;
  readonly userNs: number | null;
  readonly systemNs: number | null;
  /** How much of each period may be used, on all CPUs together (cpu.max, cpu.cfs_quota_us). */
  readonly quotaNs: Limit | null;
  readonly periodNs: number | null;
  /** The share where CPUs are short: cpu.weight of version 2 (1 to 10000), null in version 1. */
  readonly weight: number | null;
  /** The same in version 1 (cpu.shares), null in version 2. */
  readonly shares: number | null;
  /** Null where nothing throttles it: without a quota the kernel still counts, and all are 0. */
  readonly throttling: {
    readonly periods: number | null;
    readonly throttledPeriods: number | null;
    readonly throttledNs: number | null;
  };
  /** In CPUs: the quota by the period, of the cgroup or one above it; else the CPUs that the process may run on. */
  readonly limitCpus: EffectiveLimit | null;
}

/**
 * Reads the CPU figures of a cgroup (kernel: Documentation/admin-guide/cgroup-v2.rst, "CPU"; for version 1
 * admin-guide/cgroup-v1/cpuacct.rst and scheduler/sched-bwc.rst).
 * @param pid the process whose affinity bounds it too.
 */
export async function readCpu(reader: CgroupReader, pid: number): Promise<CpuFigures> {
  const machine = await allowedCpus(pid);
  return reader.version("cpu") === 2 ? readVersion2(reader, machine) : readVersion1(reader, machine);
}

const THROTTLING = [
  "cpu.throttling.periods",
  "cpu.throttling.throttledPeriods",
  "cpu.throttling.throttledNs",
];
const QUOTA = ["cpu.quotaNs", "cpu.periodNs", "cpu.limitCpus"];

async function readVersion2(reader: CgroupReader, machine: number | undefined): Promise<CpuFigures> {
  const [stat, max, weight, above] = await Promise.all([
    reader.text("cpu", "cpu.stat", ["cpu.usageNs", "cpu.userNs", "cpu.systemNs", ...THROTTLING]),
    reader.text("cpu", "cpu.max", QUOTA),
    reader.text("cpu", "cpu.weight", ["cpu.weight"]),
    reader.above("cpu", "cpu.max"),
  ]);
  const values = parseFlat(stat ?? "");
  const inNs = (key: string) => microseconds(values.get(key));
  const own = max === null ? undefined : parseCpuMax(max);
  // The basic three are there without the controller, the others only with it.
  if (stat !== null && !values.has("nr_periods")) {
    reader.note(THROTTLING, { reason: "the controller cpu is off in the app's cgroup", remedy: null });
  }
  reader.note(["cpu.shares"], { reason: "version 2 has a weight instead", remedy: null });
  return {
    ...{ usageNs: inNs("usage_usec"), userNs: inNs("user_usec"), systemNs: inNs("system_usec") },
    ...{ quotaNs: own?.quotaNs ?? null, periodNs: own?.periodNs ?? null },
    ...{ weight: weight === null ? null : parseNumber(weight), shares: null },
    throttling: {
      periods: values.get("nr_periods") ?? null,
      throttledPeriods: values.get("nr_throttled") ?? null,
      throttledNs: inNs("throttled_usec"),
    },
    limitCpus: own === undefined ? null : lowestLimit(own.cpus, above.map(cpusOf), machine),
  };
}

async function readVersion1(reader: CgroupReader, machine: number | undefined): Promise<CpuFigures> {
  const [usage, user, system, quota, period, shares, stat, quotasAbove, periodsAbove] = await Promise.all([
    reader.text("cpuacct", "cpuacct.usage", ["cpu.usageNs"]),
    reader.text("cpuacct", "cpuacct.usage_user", ["cpu.userNs"]),
    reader.text("cpuacct", "cpuacct.usage_sys", ["cpu.systemNs"]),
    reader.text("cpu", "cpu.cfs_quota_us", QUOTA),
    reader.text("cpu", "cpu.cfs_period_us", []),
    reader.text("cpu", "cpu.shares", ["cpu.shares"]),
    reader.text("cpu", "cpu.stat", THROTTLING),
    reader.above("cpu", "cpu.cfs_quota_us"),
    reader.above("cpu", "cpu.cfs_period_us"),
  ]);
  const values = parseFlat(stat ?? "");
  const own = quota === null || period === null ? undefined : parseCpuMax(maxText(quota, period));
  reader.note(["cpu.weight"], { reason: "version 1 has shares instead", remedy: null });
  return {
    ...{ usageNs: numberOf(usage), userNs: numberOf(user), systemNs: numberOf(system) },
    ...{ quotaNs: own?.quotaNs ?? null, periodNs: own?.periodNs ?? null },
    ...{ weight: null, shares: numberOf(shares) },
    throttling: {
      periods: values.get("nr_periods") ?? null,
      throttledPeriods: values.get("nr_throttled") ?? null,
      // In nanoseconds already, other than in version 2.
      throttledNs: values.get("throttled_time") ?? null,
    },
    limitCpus:
      own === undefined
        ? null
        : lowestLimit(
            own.cpus,
            quotasAbove.map((each, index) => cpusOf(maxText(each, periodsAbove[index] ?? ""))),
            machine,
          ),
  };
}

/** Parses `cpu.max`: the quota or `max`, and the period, in microseconds. Undefined where it is none. */
export function parseCpuMax(text: string): { quotaNs: Limit; periodNs: number; cpus: Limit } | undefined {
  const [quota = "", period = ""] = text.trim().split(/\s+/);
  const limit = parseLimit(quota);
  const periodUs = parseNumber(period);
  if (limit === null || periodUs === null || periodUs === 0) return undefined;
  const isUnlimited = limit === "unlimited";
  return {
    quotaNs: isUnlimited ? limit : limit * 1_000,
    periodNs: periodUs * 1_000,
    cpus: isUnlimited ? limit : limit / periodUs,
  };
}

/** The number of CPUs in a list such as `0-3,8` (cpuset(7), "Formats"). */
export function countCpus(list: string): number {
  return list.split(",").reduce((sum, range) => {
    const [first = "", last = first] = range.trim().split("-");
    return first === "" ? sum : sum + Number(last) - Number(first) + 1;
  }, 0);
}

async function allowedCpus(pid: number): Promise<number | undefined> {
  const status = (await readIfThere(`/proc/${pid}/status`)) ?? "";
  const [, list] = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status) ?? [];
  return list === undefined ? undefined : countCpus(list);
}

function maxText(quota: string, period: string): string {
  return `${quota.trim()} ${period.trim()}`;
}

function cpusOf(text: string): Limit {
  return parseCpuMax(text)?.cpus ?? "unlimited";
}

function numberOf(text: string | null): number | null {
  return text === null ? null : parseNumber(text);
}

function microseconds(value: number | undefined): number | null {
  return value === undefined ? null : value * 1_000;
}
