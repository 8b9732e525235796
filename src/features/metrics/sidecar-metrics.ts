import type { EventLoopMeter } from "../../base/event-loop-delay.ts";
import { TICKS_PER_SECOND, timeOfTicks } from "../../linux/boot-clock.ts";
import { countDescriptors, readStat } from "../../linux/proc.ts";
import { readLimits } from "../../linux/proc-limits.ts";
import { counter, gauge, info, type MetricFamily } from "../../web/metrics/metric-family.ts";

/** The sidecar's own process, by the names that Prometheus' clients give to theirs. With `cluster`, the one that answers. */
export async function sidecarMetrics(version: string, meter: EventLoopMeter): Promise<MetricFamily[]> {
  const [stat, openFiles, limits] = await Promise.all([
    readStat(process.pid),
    countDescriptors(process.pid),
    readLimits(process.pid),
  ]);
  const memory = process.memoryUsage();
  const { p99Ms, maxMs } = meter.read();
  const maxFiles = limits.find(({ name }) => name === "open files")?.soft;
  const cpuTicks = stat === undefined ? null : stat.userTicks + stat.systemTicks;
  return [
    info("tickbird_build", "What runs here.", { version, node: process.versions.node }),
    counter("process_cpu_seconds", "CPU time of the sidecar.", inSeconds(cpuTicks, 1 / TICKS_PER_SECOND)),
    gauge("process_resident_memory_bytes", "Resident memory of the sidecar.", memory.rss),
    gauge("nodejs_heap_size_used_bytes", "Memory of its JavaScript heap that is in use.", memory.heapUsed),
    gauge(
      "process_start_time_seconds",
      "When the sidecar started, since the epoch.",
      stat === undefined ? null : Date.parse(timeOfTicks(stat.startTicks)) / 1_000,
    ),
    gauge("process_open_fds", "Its open file descriptors.", openFiles),
    gauge("process_max_fds", "How many it may have.", typeof maxFiles === "number" ? maxFiles : null),
    gauge("process_threads", "Its threads.", stat?.threads ?? null),
    gauge(
      "nodejs_eventloop_lag_p99_seconds",
      "How late its event loop was since the scrape before: 99th percentile.",
      inSeconds(p99Ms, 1e-3),
    ),
    gauge(
      "nodejs_eventloop_lag_max_seconds",
      "How late its event loop was since the scrape before, at most.",
      inSeconds(maxMs, 1e-3),
    ),
  ];
}

function inSeconds(value: number | null, unitSeconds: number): number | null {
  return value === null ? null : value * unitSeconds;
}
