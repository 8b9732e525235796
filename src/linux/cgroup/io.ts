import { readlink } from "node:fs/promises";
import { basename } from "node:path";
import { parseNested } from "./key-values.ts";
import type { CgroupReader } from "./notes.ts";

/** What a cgroup and those below it have read and written on one block device. */
export interface DeviceFigures {
  /** `major:minor` */
  readonly device: string;
  /** The kernel's name, such as `sda`; null where it can't be seen. */
  readonly name: string | null;
  readonly readBytes: number;
  readonly writeBytes: number;
  readonly reads: number;
  readonly writes: number;
}

/** The bytes read and written, all devices together. */
export interface IoTotals {
  readonly readBytes: number;
  readonly writeBytes: number;
}

const V1_FILES = [
  "blkio.throttle.io_service_bytes_recursive",
  "blkio.throttle.io_serviced_recursive",
] as const;

/** The file that the bytes stand in. */
export function ioFile(version: 1 | 2): string {
  return version === 2 ? "io.stat" : V1_FILES[0];
}

/**
 * Reads what a cgroup has read and written, by device; null where that can't be known. Only what reaches a device
 * counts: what the page cache gives or takes does not, and version 1 leaves out what the kernel writes back later.
 * (cgroup-v2.rst, "IO"; admin-guide/cgroup-v1/blkio-controller.rst.)
 */
export async function readIo(reader: CgroupReader): Promise<readonly DeviceFigures[] | null> {
  if (reader.version("blkio") === 2) {
    const stat = await reader.text("blkio", "io.stat", ["io"]);
    return stat === null ? null : withNames(parseIoStat(stat));
  }
  const [bytes, counts] = await Promise.all([
    reader.text("blkio", V1_FILES[0], ["io"]),
    reader.text("blkio", V1_FILES[1], []),
  ]);
  return bytes === null ? null : withNames(parseBlkio(bytes, counts ?? ""));
}

type Unnamed = Omit<DeviceFigures, "name">;

/** Parses `io.stat`. */
export function parseIoStat(text: string): Unnamed[] {
  return [...parseNested(text)].map(([device, values]) => ({
    device,
    readBytes: values.get("rbytes") ?? 0,
    writeBytes: values.get("wbytes") ?? 0,
    reads: values.get("rios") ?? 0,
    writes: values.get("wios") ?? 0,
  }));
}

/** Parses the two files of version 1, bytes and operations: `8:0 Read 4096` lines, and a total. */
export function parseBlkio(bytes: string, counts: string): Unnamed[] {
  const byDevice = (text: string) => {
    const values = new Map<string, Map<string, number>>();
    for (const [, device = "", kind = "", value = ""] of text.matchAll(/^(\d+:\d+) (\w+) (\d+)$/gm)) {
      values.set(device, (values.get(device) ?? new Map()).set(kind, Number(value)));
    }
    return values;
  };
  const operations = byDevice(counts);
  return [...byDevice(bytes)].map(([device, values]) => ({
    device,
    readBytes: values.get("Read") ?? 0,
    writeBytes: values.get("Write") ?? 0,
    reads: operations.get(device)?.get("Read") ?? 0,
    writes: operations.get(device)?.get("Write") ?? 0,
  }));
}

/** The bytes of all devices together, from the file that {@link ioFile} names. */
export function ioTotals(text: string, version: 1 | 2): IoTotals {
  const devices = version === 2 ? parseIoStat(text) : parseBlkio(text, "");
  return {
    readBytes: devices.reduce((sum, each) => sum + each.readBytes, 0),
    writeBytes: devices.reduce((sum, each) => sum + each.writeBytes, 0),
  };
}

function withNames(devices: readonly Unnamed[]): Promise<DeviceFigures[]> {
  return Promise.all(
    devices.map(async (each) => {
      const link = await readlink(`/sys/dev/block/${each.device}`).catch(() => undefined);
      return { ...each, name: link === undefined ? null : basename(link) };
    }),
  );
}
