import { printable } from "../../base/printable.ts";
import { bytes, count, cpus, limit, percent, seconds } from "./figures-text.ts";
import type { ResourceReport } from "./resource-schema.ts";

/** One table of the report, as text and page show it. */
export interface Section {
  readonly title: string;
  readonly columns: readonly string[];
  /** The columns of figures. */
  readonly rightAligned: ReadonlySet<string>;
  readonly rows: readonly (readonly string[])[];
}

/** The report as tables; what it has nothing of is left out. */
export function sectionsOf(report: ResourceReport): Section[] {
  return [
    limits(report),
    fileSystems(report),
    pressure(report),
    network(report),
    io(report),
    gaps(report),
  ].filter(({ rows }) => rows.length > 0);
}

function limits({ cpu, memory, pids }: ResourceReport): Section {
  const rows: string[][] = [];
  if (cpu !== null) {
    const { usageNs, userNs, systemNs, throttling } = cpu;
    const { periods, throttledPeriods, throttledNs } = throttling;
    rows.push([
      ...["CPUs", cpus(cpu.usedCpus), limit(cpu.limitCpus, cpus), percent(cpu.usedRatio)],
      `${seconds(usageNs)} in all (user ${seconds(userNs)}, system ${seconds(systemNs)}); throttled in ${count(throttledPeriods)} of ${count(periods)} periods, ${seconds(throttledNs)}`,
    ]);
  }
  if (memory !== null) {
    const { events } = memory;
    rows.push([
      ...["memory", bytes(memory.workingSetBytes), limit(memory.effectiveLimitBytes, bytes)],
      percent(memory.usedRatio),
      `${bytes(memory.currentBytes)} with cache, peak ${bytes(memory.peakBytes)}; anonymous ${bytes(memory.anonBytes)}, files ${bytes(memory.fileBytes)}, kernel ${bytes(memory.kernelBytes)}, swap ${bytes(memory.swapBytes)}; at the limit ${count(events.max)} times, OOM kills ${count(events.oomKill)}`,
    ]);
  }
  if (pids !== null) {
    rows.push([
      ...["tasks", count(pids.current), limit(pids.effectiveLimit, String), percent(pids.usedRatio)],
      `forks refused ${count(pids.limitHits)}`,
    ]);
  }
  return section("Use and limits", ["RESOURCE", "USED", "LIMIT", "OF LIMIT", "MORE"], rows, [
    "USED",
    "OF LIMIT",
  ]);
}

function fileSystems({ fileSystems: list }: ResourceReport): Section {
  const rows = (list ?? []).map((each) => [
    ...[bytes(each.usedBytes), bytes(each.totalBytes), bytes(each.availableBytes), percent(each.usedRatio)],
    ...[printable(each.type), each.isReadOnly ? "read-only" : "writable"],
    `${printable(each.mountPoints.join(", "))}${each.reason === null ? "" : ` (${each.reason})`}`,
  ]);
  return section("File systems", ["USED", "SIZE", "FREE", "FULL", "TYPE", "ACCESS", "MOUNTED ON"], rows, [
    "USED",
    "SIZE",
    "FREE",
    "FULL",
  ]);
}

function pressure({ pressure: all }: ResourceReport): Section {
  const rows = Object.entries(all ?? {}).flatMap(([resource, found]) =>
    found === null
      ? []
      : (["some", "full"] as const).flatMap((kind) => {
          const stall = found[kind];
          if (stall === null) return [];
          return [
            [
              ...[resource, kind, found.of === "host" ? "the whole host" : "the app"],
              ...[stall.avg10Percent, stall.avg60Percent, stall.avg300Percent].map((each) => `${each}%`),
              seconds(stall.totalNs),
            ],
          ];
        }),
  );
  return section(
    "Pressure: the part of the time in which tasks stood still for want of it",
    ["RESOURCE", "TASKS", "OF", "10s", "60s", "300s", "TOTAL"],
    rows,
    ["10s", "60s", "300s", "TOTAL"],
  );
}

function network({ network: list }: ResourceReport): Section {
  const rows = (list ?? []).map((each) => [
    ...[bytes(each.receiveBytes), count(each.receivePackets), bytes(each.transmitBytes)],
    ...[count(each.transmitPackets), count(each.receiveErrors + each.transmitErrors)],
    ...[count(each.receiveDrops + each.transmitDrops), printable(each.name)],
  ]);
  const figures = ["RECEIVED", "PACKETS IN", "SENT", "PACKETS OUT", "ERRORS", "DROPPED"];
  return section("Network", [...figures, "INTERFACE"], rows, figures);
}

function io({ io: list }: ResourceReport): Section {
  const rows = (list ?? []).map((each) => [
    ...[bytes(each.readBytes), count(each.reads), bytes(each.writeBytes), count(each.writes)],
    `${each.name ?? "?"} (${each.device})`,
  ]);
  const figures = ["READ", "READS", "WRITTEN", "WRITES"];
  return section("Block devices", [...figures, "DEVICE"], rows, figures);
}

/** What could not be read, what has the same reason in one row. */
function gaps({ unreadable }: ResourceReport): Section {
  const groups = Map.groupBy(unreadable, ({ reason }) => reason);
  const rows = [...groups].map(([reason, list]) => [
    list.map(({ field }) => field).join(" "),
    reason,
    list[0]?.remedy ?? "-",
  ]);
  return section("Not known", ["WHAT", "WHY", "WHAT MENDS IT"], rows, []);
}

function section(
  title: string,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  rightAligned: readonly string[],
): Section {
  return { title, columns, rows, rightAligned: new Set(rightAligned) };
}
