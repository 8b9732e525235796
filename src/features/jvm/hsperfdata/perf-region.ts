import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { Obstacle } from "../../../linux/look-into.ts";
import { whyUnreadable } from "../../../linux/look-into.ts";
import { type MemoryMapping, readMaps } from "../../../linux/memory-maps.ts";
import { openInRoot } from "../../../linux/open-in-root.ts";
import { ownStatus } from "../../../linux/privileges.ts";
import { readStatus } from "../../../linux/proc.ts";
import { accessRemedy } from "../../../linux/remedies.ts";
import { readRoot } from "../../../linux/root-path.ts";
import { beginsPerfData, MAX_PERF_BYTES, PERF_HEAD_BYTES } from "./perf-layout.ts";

/**
 * Where the performance data of a JVM is. As a rule it is a file that the JVM has mapped, and which the maps of the
 * process name. Where there is none (a uid without a name, `-XX:+PerfDisableSharedMem`, a root that can't be written to,
 * a file that was swept away) the same bytes are in its memory.
 */

/** An open region. Whoever opened it closes `file`. */
export interface PerfRegion {
  readonly where: "file" | "memory";
  readonly file: FileHandle;
  /** Where in `file` it begins. */
  readonly start: bigint;
  readonly bytes: number;
}

/** A region, or why there is none. */
export type PerfRegionFound =
  | { readonly region: PerfRegion; readonly obstacle?: undefined }
  | { readonly region: null; readonly obstacle: Obstacle };

const PERF_FILE = /\/hsperfdata_[^/]+\/\d+$/;
/** HotSpot makes the region of whole pages, of which the head stands in the first. */
const PAGE_BYTES = 4_096;
/** A JVM has the region among its smallest mappings: found after 20 to 40 probes as a rule. */
const MAX_PROBES = 4_096;

/** Finds and opens the region of a JVM. No signal, no socket, nothing written: the JVM does not notice. */
export async function openPerfRegion(pid: number): Promise<PerfRegionFound> {
  let mappings: MemoryMapping[];
  try {
    mappings = await readMaps(pid, await readRoot(pid));
  } catch (error) {
    return { region: null, obstacle: await whyUnreadable(pid, error) };
  }
  const mapped = mappings.find((each) => each.permissions === "rw-s" && PERF_FILE.test(withoutDeleted(each)));
  if (mapped?.path != null && mapped.path === withoutDeleted(mapped)) {
    const region = await openPerfFile(pid, mapped.path).catch(() => undefined);
    if (region !== undefined) return { region };
  }
  return await openInMemory(pid, mapped === undefined ? anonymous(mappings) : [mapped]);
}

function withoutDeleted({ path }: MemoryMapping): string {
  return path?.replace(/ \(deleted\)$/, "") ?? "";
}

async function openPerfFile(pid: number, path: string): Promise<PerfRegion | undefined> {
  // What lies there may be anything by now: a link is followed inside of the app's root only, a FIFO is not opened.
  const file = await openInRoot(pid, path);
  const { size } = await file.stat();
  const head = Buffer.alloc(PERF_HEAD_BYTES);
  await file.read(head, 0, head.length, 0);
  if (beginsPerfData(head)) {
    return { where: "file", file, start: 0n, bytes: Math.min(size, MAX_PERF_BYTES) };
  }
  await file.close();
  return undefined;
}

/** Private memory that belongs to no file; the smallest first, since the region has 32 KiB unless told otherwise. */
function anonymous(mappings: readonly MemoryMapping[]): MemoryMapping[] {
  return mappings
    .filter(({ path, permissions, bytes }) => {
      return path === null && permissions.startsWith("rw") && bytes <= 4 * MAX_PERF_BYTES;
    })
    .sort((a, b) => a.bytes - b.bytes);
}

async function openInMemory(pid: number, mappings: readonly MemoryMapping[]): Promise<PerfRegionFound> {
  let memory: FileHandle;
  try {
    memory = await open(`/proc/${pid}/mem`, constants.O_RDONLY);
  } catch (error) {
    return { region: null, obstacle: await whyNoMemory(pid, error) };
  }
  const found = await search(memory, mappings).catch(() => undefined);
  if (found !== undefined) return { region: { where: "memory", file: memory, ...found } };
  await memory.close();
  return {
    region: null,
    obstacle: {
      reason:
        "the JVM keeps no performance data: it was started with -XX:-UsePerfData, has only just begun, or is no HotSpot",
      remedy: "Start the app without -XX:-UsePerfData",
    },
  };
}

async function search(
  memory: FileHandle,
  mappings: readonly MemoryMapping[],
): Promise<{ readonly start: bigint; readonly bytes: number } | undefined> {
  const head = Buffer.alloc(PERF_HEAD_BYTES);
  let probes = 0;
  for (const { start, bytes } of mappings) {
    const first = BigInt(`0x${start}`);
    for (let offset = 0; offset < bytes; offset += PAGE_BYTES) {
      probes += 1;
      if (probes > MAX_PROBES) return undefined;
      const at = first + BigInt(offset);
      // A page that is gone since, or that may not be read, is none of it.
      const read = await memory.read(head, 0, head.length, at).catch(() => ({ bytesRead: 0 }));
      if (read.bytesRead === head.length && beginsPerfData(head)) {
        return { start: at, bytes: Math.min(bytes - offset, MAX_PERF_BYTES) };
      }
    }
  }
  return undefined;
}

/** Its memory takes more rights than its files (ptrace(2), PTRACE_MODE_ATTACH). */
async function whyNoMemory(pid: number, error: unknown): Promise<Obstacle> {
  const obstacle = await whyUnreadable(pid, error);
  const [own, target] = await Promise.all([ownStatus(), readStatus(pid)]);
  if (target === undefined) return obstacle;
  return {
    reason: `the JVM has no file of performance data that can be read, and its memory can't be either: ${obstacle.reason}`,
    remedy: await accessRemedy(pid, "attach", own, target),
  };
}
