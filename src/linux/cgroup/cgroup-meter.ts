import { isErrno } from "../../base/errors.ts";
import { type HeldFile, holdFile } from "../held-file.ts";
import { parseNetDev } from "../network-interfaces.ts";
import { isZombie, parseStat } from "../proc-stat.ts";
import { ioFile, ioTotals } from "./io.ts";
import { keyedValue, parseNumber } from "./key-values.ts";
import { type Cgroup, type Controller, locateCgroup } from "./locate.ts";

/** The counters and sizes that are read every second. NaN stands for what can't be read. */
export interface MeterReading {
  readonly cpuNs: number;
  readonly periods: number;
  readonly throttledPeriods: number;
  readonly memoryBytes: number;
  readonly workingSetBytes: number;
  readonly pids: number;
  readonly readBytes: number;
  readonly writeBytes: number;
  readonly receiveBytes: number;
  readonly transmitBytes: number;
}

/** Reads the figures of one process's cgroup again and again, cheaply. */
export interface CgroupMeter extends AsyncDisposable {
  readonly pid: number;
  readonly cgroup: Cgroup;
  /** The figures now; undefined once the process has ended. */
  read(): Promise<MeterReading | undefined>;
}

/** The files that are held open; those that can't be opened are left out. */
interface Files {
  readonly cpu: HeldFile | undefined;
  readonly throttling: HeldFile | undefined;
  readonly memory: HeldFile | undefined;
  readonly memoryStat: HeldFile | undefined;
  readonly pids: HeldFile | undefined;
  readonly io: HeldFile | undefined;
  readonly network: HeldFile | undefined;
}

/**
 * Opens the meter of a process; undefined where it has ended.
 * While it is open it holds the process's cgroup and network namespace, so it is to be closed when the process ends.
 */
export async function openCgroupMeter(pid: number): Promise<CgroupMeter | undefined> {
  await using stack = new AsyncDisposableStack();
  const hold = async (path: string | undefined): Promise<HeldFile | undefined> => {
    if (path === undefined) return undefined;
    try {
      return stack.adopt(await holdFile(path), (file) => file.close());
    } catch {
      return undefined;
    }
  };
  // It stays that of this process, and fails once it has ended, whoever gets its pid next.
  const process = await hold(`/proc/${pid}/stat`);
  const cgroup = process === undefined ? undefined : await locateCgroup(pid);
  if (process === undefined || cgroup === undefined) return undefined;
  const files = await openFiles(pid, cgroup, hold);
  const owned = stack.move();
  return {
    ...{ pid, cgroup },
    async read() {
      return (await isAlive(process)) ? readFigures(files, cgroup) : undefined;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function openFiles(
  pid: number,
  cgroup: Cgroup,
  hold: (path: string | undefined) => Promise<HeldFile | undefined>,
): Promise<Files> {
  const path = (controller: Controller, v1: string, v2: string) => {
    const place = cgroup.places.get(controller);
    return place === undefined ? undefined : `${place.folders[0]}/${place.version === 2 ? v2 : v1}`;
  };
  const cpu = cgroup.places.get("cpu");
  return {
    cpu: await hold(
      cpu?.version === 2 ? `${cpu.folders[0]}/cpu.stat` : path("cpuacct", "cpuacct.usage", "cpu.stat"),
    ),
    // In version 2 it is the file that tells the use as well.
    throttling: cpu?.version === 2 ? undefined : await hold(path("cpu", "cpu.stat", "")),
    memory: await hold(path("memory", "memory.usage_in_bytes", "memory.current")),
    memoryStat: await hold(path("memory", "memory.stat", "memory.stat")),
    pids: await hold(path("pids", "pids.current", "pids.current")),
    io: await hold(path("blkio", ioFile(1), ioFile(2))),
    network: await hold(`/proc/${pid}/net/dev`),
  };
}

async function isAlive(file: HeldFile): Promise<boolean> {
  try {
    const stat = parseStat(await file.read());
    return stat !== undefined && !isZombie(stat);
  } catch (error) {
    if (isErrno(error, "ESRCH")) return false;
    throw error;
  }
}

async function readFigures(files: Files, { places }: Cgroup): Promise<MeterReading> {
  const [cpu, throttling, memory, memoryStat, pids, io, network] = await Promise.all(
    [files.cpu, files.throttling, files.memory, files.memoryStat, files.pids, files.io, files.network].map(
      (file) => file?.read().catch(() => undefined),
    ),
  );
  const isCpu2 = places.get("cpu")?.version === 2;
  const counts = isCpu2 ? cpu : throttling;
  const memoryBytes = numberOf(memory);
  const inactive = places.get("memory")?.version === 2 ? "inactive_file" : "total_inactive_file";
  return {
    cpuNs:
      isCpu2 || cpu?.startsWith("usage_usec") ? keyedValue(cpu ?? "", "usage_usec") * 1_000 : numberOf(cpu),
    periods: keyedValue(counts ?? "", "nr_periods"),
    throttledPeriods: keyedValue(counts ?? "", "nr_throttled"),
    memoryBytes,
    workingSetBytes: Math.max(0, memoryBytes - keyedValue(memoryStat ?? "", inactive)),
    pids: numberOf(pids),
    ...totalsOf(io, places.get("blkio")?.version ?? 2),
    ...trafficOf(network),
  };
}

function totalsOf(text: string | undefined, version: 1 | 2) {
  return text === undefined ? { readBytes: Number.NaN, writeBytes: Number.NaN } : ioTotals(text, version);
}

/** All interfaces but loopback: what stays in the container is no traffic. */
function trafficOf(text: string | undefined) {
  if (text === undefined) return { receiveBytes: Number.NaN, transmitBytes: Number.NaN };
  const interfaces = parseNetDev(text).filter(({ name }) => name !== "lo");
  return {
    receiveBytes: interfaces.reduce((sum, each) => sum + each.receiveBytes, 0),
    transmitBytes: interfaces.reduce((sum, each) => sum + each.transmitBytes, 0),
  };
}

function numberOf(text: string | undefined): number {
  return text === undefined ? Number.NaN : (parseNumber(text) ?? Number.NaN);
}
