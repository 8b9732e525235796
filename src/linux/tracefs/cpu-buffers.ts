import { closeSync, constants, openSync, readSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "../../base/errors.ts";
import type { TraceInstance } from "./instance.ts";
import { createRecordReader, type KernelRecord } from "./kernel-records.ts";
import { createPageReader } from "./ring-buffer.ts";
import type { Tracefs } from "./tracefs-mount.ts";

/** What the kernel has recorded on each CPU, put into one order. */

/** Events were overwritten before they could be read: what was under way then may have ended unseen. */
export interface GapRecord {
  readonly kind: "gap";
  readonly timeNs: number;
}

/** The buffers of an instance. */
export interface CpuBuffers extends Disposable {
  /**
   * Reads what there is, for about so long at the most, without ever waiting.
   * @returns records in the order of their times: what is yet to be read is later than all of them.
   */
  read(budgetMs: number): ReadBatch;
}

/** What one reading has brought. */
export interface ReadBatch {
  readonly records: readonly (KernelRecord | GapRecord)[];
  /** Whether everything has been read that was there when the reading began. */
  readonly isDrained: boolean;
  /** Pages that were not what the kernel says they are. */
  readonly brokenPages: number;
}

interface CpuBuffer {
  readonly descriptor: number;
  /** What is yet to be read of this CPU is not earlier. */
  watermarkNs: number;
}

/** The clocks of the kernel and of Node.js are one, but that the kernel's may be behind itself while it is set. */
const CLOCK_TOLERANCE_NS = 1_000_000;
const ONLINE = "/sys/devices/system/cpu/online";

/**
 * Opens the buffers. Times are in nanoseconds after `baseNs` of CLOCK_MONOTONIC, the clock of the instance.
 * @throws the system error where they can't be opened.
 */
export async function openCpuBuffers(
  tracefs: Tracefs,
  instance: TraceInstance,
  baseNs: bigint,
): Promise<CpuBuffers> {
  const [online, offsetNs] = await Promise.all([onlineCpus(instance.path), clockOffsetNs()]);
  using stack = new DisposableStack();
  const cpus = online.map((cpu): CpuBuffer => {
    const path = join(instance.path, "per_cpu", cpu, "trace_pipe_raw");
    const descriptor = stack.adopt(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), closeSync);
    return { descriptor, watermarkNs: Number.NEGATIVE_INFINITY };
  });
  const page = Buffer.allocUnsafeSlow(tracefs.layout.pageBytes);
  const readPage = createPageReader(tracefs.layout, baseNs);
  const toRecord = createRecordReader(tracefs.formats);
  let held: (KernelRecord | GapRecord)[] = [];
  let brokenPages = 0;

  /** False where there is nothing to read. */
  const readOne = (cpu: CpuBuffer): boolean => {
    const bytes = readNow(cpu.descriptor, page);
    if (bytes === 0) return false;
    const before = held.length;
    const end = readPage(page, bytes, (timeNs, words, at, length) => {
      const record = toRecord(timeNs, words, at, length);
      if (record !== undefined) held.push(record);
    });
    if (end.lostBefore !== 0)
      held.push({ kind: "gap", timeNs: (held[before]?.timeNs ?? cpu.watermarkNs) - 1 });
    if (end.isBroken) brokenPages += 1;
    for (let index = before; index < held.length; index += 1)
      cpu.watermarkNs = Math.max(cpu.watermarkNs, held[index]?.timeNs ?? 0);
    return true;
  };

  const owned = stack.move();
  return {
    read(budgetMs) {
      const startedAtMs = performance.now();
      const startNs = Number(process.hrtime.bigint() + offsetNs - baseNs) - CLOCK_TOLERANCE_NS;
      const unread = new Set(cpus);
      // Always the one that is furthest behind: so that what waits for the others is never more than some pages.
      while (unread.size > 0 && performance.now() - startedAtMs < budgetMs) {
        const cpu = furthestBehind(unread);
        if (cpu === undefined) break;
        if (cpu.watermarkNs < startNs && readOne(cpu)) continue;
        cpu.watermarkNs = Math.max(cpu.watermarkNs, startNs);
        unread.delete(cpu);
      }
      const limitNs = Math.min(...cpus.map(({ watermarkNs }) => watermarkNs));
      const records = held.sort((a, b) => a.timeNs - b.timeNs);
      let count = records.findIndex(({ timeNs }) => timeNs > limitNs);
      if (count === -1) count = records.length;
      held = records.slice(count);
      return { records: records.slice(0, count), isDrained: unread.size === 0, brokenPages };
    },
    [Symbol.dispose]: () => owned.dispose(),
  };
}

function furthestBehind(cpus: ReadonlySet<CpuBuffer>): CpuBuffer | undefined {
  let found: CpuBuffer | undefined;
  for (const cpu of cpus) {
    if (found === undefined || cpu.watermarkNs < found.watermarkNs) found = cpu;
  }
  return found;
}

/** One page: the kernel never gives more at a time. */
function readNow(descriptor: number, page: Buffer): number {
  try {
    return readSync(descriptor, page);
  } catch (error) {
    // A CPU that was taken away while we read has no more to give.
    if (isErrno(error, "EAGAIN", "EINTR", "ENODEV")) return 0;
    throw error;
  }
}

/** The kernel has a buffer for each CPU that the machine could have; only those that run are filled. */
async function onlineCpus(path: string): Promise<readonly string[]> {
  const all = await readdir(join(path, "per_cpu"));
  const text = await readFile(ONLINE, "utf8").catch(() => "");
  const online = text
    .trim()
    .split(",")
    .flatMap((range) => {
      const [first = Number.NaN, last = first] = range.split("-").map(Number);
      return all.filter((cpu) => Number(cpu.slice(3)) >= first && Number(cpu.slice(3)) <= last);
    });
  return online.length === 0 ? all : online;
}

/** What a time namespace takes off the clock that we see (time_namespaces(7)); the kernel's events know nothing of it. */
async function clockOffsetNs(): Promise<bigint> {
  const text = await readFile("/proc/self/timens_offsets", "utf8").catch(() => "");
  const [, seconds = "0", nanoseconds = "0"] = /^monotonic\s+(-?\d+)\s+(\d+)$/m.exec(text) ?? [];
  return -(BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds));
}
