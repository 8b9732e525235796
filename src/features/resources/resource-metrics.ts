import {
  counter,
  gauge,
  type Labels,
  type MetricFamily,
  type MetricValues,
} from "../../web/metrics/metric-family.ts";
import type { ResourceReport } from "./resource-schema.ts";

/** The app's cgroup for Prometheus. What has no limit has no metric of it. */

const NS = 1e-9;
/** More devices are not told of: each is four series. */
const MAX_DEVICES = 32;

/** The metrics of a report. */
export function resourceMetrics(report: ResourceReport): MetricFamily[] {
  return [
    ...cpuMetrics(report.cpu),
    ...memoryMetrics(report.memory),
    ...pidsMetrics(report.pids),
    ...ioMetrics(report.io),
    counter(
      "tickbird_core_cgroup_pressure_stalled_seconds",
      "How long tasks of the app stood still for want of a resource, some or all (`full`) of them.",
      pressureValues(report.pressure),
    ),
  ];
}

function cpuMetrics(cpu: ResourceReport["cpu"]): MetricFamily[] {
  if (cpu === null) return [];
  const { throttling, limitCpus } = cpu;
  return [
    counter("tickbird_core_cgroup_cpu_seconds", "CPU time of the app's cgroup.", [
      [{ mode: "user" }, scaled(cpu.userNs, NS)],
      [{ mode: "system" }, scaled(cpu.systemNs, NS)],
    ]),
    counter(
      "tickbird_core_cgroup_cpu_usage_seconds",
      "CPU time of the app's cgroup, as the kernel's scheduler counts it.",
      scaled(cpu.usageNs, NS),
    ),
    gauge(
      "tickbird_core_cgroup_cpu_limit_cpus",
      "How many CPUs the app may use.",
      limitOf(limitCpus?.value ?? null),
    ),
    counter(
      "tickbird_core_cgroup_cpu_periods",
      "Periods of the CPU quota in which the app ran.",
      throttling.periods,
    ),
    counter(
      "tickbird_core_cgroup_cpu_throttled_periods",
      "Those in which it had used its quota up.",
      throttling.throttledPeriods,
    ),
    counter(
      "tickbird_core_cgroup_cpu_throttled_seconds",
      "For how long it was held back then.",
      scaled(throttling.throttledNs, NS),
    ),
  ];
}

function memoryMetrics(memory: ResourceReport["memory"]): MetricFamily[] {
  if (memory === null) return [];
  const { events } = memory;
  return [
    gauge(
      "tickbird_core_cgroup_memory_working_set_bytes",
      "Memory of the app that can't be freed at once, as Kubernetes counts it.",
      memory.workingSetBytes,
    ),
    gauge("tickbird_core_cgroup_memory_usage_bytes", "All memory of the app by its kind.", [
      [{ kind: "anon" }, memory.anonBytes],
      [{ kind: "file" }, memory.fileBytes],
      [{ kind: "kernel" }, memory.kernelBytes],
    ]),
    gauge(
      "tickbird_core_cgroup_memory_bytes",
      "All memory of the app, with the page cache.",
      memory.currentBytes,
    ),
    gauge("tickbird_core_cgroup_memory_peak_bytes", "The most that it was.", memory.peakBytes),
    gauge("tickbird_core_cgroup_swap_bytes", "Memory of the app that is swapped out.", memory.swapBytes),
    gauge(
      "tickbird_core_cgroup_memory_limit_bytes",
      "The lowest limit on the app's memory, that of the machine included.",
      limitOf(memory.effectiveLimitBytes?.value ?? null),
    ),
    counter(
      "tickbird_core_cgroup_memory_events",
      "What came of the limits: throttled (high), at the limit (max), nothing to free (oom), a process killed (oom_kill).",
      [
        [{ event: "high" }, events.high],
        [{ event: "max" }, events.max],
        [{ event: "oom" }, events.oom],
        [{ event: "oom_kill" }, events.oomKill],
      ],
    ),
  ];
}

function pidsMetrics(pids: ResourceReport["pids"]): MetricFamily[] {
  if (pids === null) return [];
  return [
    gauge("tickbird_core_cgroup_tasks", "Processes and threads of the app.", pids.current),
    gauge(
      "tickbird_core_cgroup_tasks_limit",
      "How many it may have.",
      limitOf(pids.effectiveLimit?.value ?? null),
    ),
    counter("tickbird_core_cgroup_tasks_limit_hits", "Forks that failed for the limit.", pids.limitHits),
  ];
}

function ioMetrics(io: ResourceReport["io"]): MetricFamily[] {
  if (io === null) return [];
  const devices = io.slice(0, MAX_DEVICES);
  const both = (value: (device: (typeof devices)[number]) => readonly [number, number]): MetricValues =>
    devices.flatMap((each) => {
      const [reads, writes] = value(each);
      const device = each.name ?? each.device;
      return [
        [{ device, operation: "read" }, reads] as const,
        [{ device, operation: "write" }, writes] as const,
      ];
    });
  return [
    counter(
      "tickbird_core_cgroup_io_bytes",
      "What the app has read from and written to block devices.",
      both(({ readBytes, writeBytes }) => [readBytes, writeBytes]),
    ),
    counter(
      "tickbird_core_cgroup_io_operations",
      "How often it did.",
      both(({ reads, writes }) => [reads, writes]),
    ),
  ];
}

/** `host`: the cgroup's own is not counted. That is no figure of the app's, and its label says so. */
function pressureValues(pressure: ResourceReport["pressure"]): MetricValues {
  return Object.entries(pressure ?? {}).flatMap(([resource, figures]) => {
    if (figures === null) return [];
    const of = { resource, of: figures.of };
    const value = (kind: "some" | "full"): readonly [Labels, number | null] => {
      return [{ ...of, kind }, scaled(figures[kind]?.totalNs ?? null, NS)];
    };
    return [value("some"), value("full")];
  });
}

function scaled(value: number | null, factor: number): number | null {
  return value === null ? null : value * factor;
}

function limitOf(limit: number | "unlimited" | null): number | null {
  return typeof limit === "number" ? limit : null;
}
