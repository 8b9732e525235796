import { linesOf } from "./lines-of.ts";
import { pathInRoot } from "./root-path.ts";

/** One mapping of memory (proc_pid_maps(5)). */
export interface MemoryMapping {
  /** Hexadecimal, as the kernel prints them. */
  readonly start: string;
  readonly end: string;
  readonly bytes: number;
  /** `r`, `w`, `x`, and `p` for private or `s` for shared. */
  readonly permissions: string;
  /** Where in the file it begins. */
  readonly offsetBytes: number;
  /** The file relative to the root of the process, or `[heap]`, `[stack]`…; null for anonymous memory. */
  readonly path: string | null;
}

/** Reads `/proc/<pid>/maps`; throws the system error where that can't be read. */
export async function readMaps(pid: number, root: string): Promise<MemoryMapping[]> {
  const mappings: MemoryMapping[] = [];
  for await (const line of linesOf(`/proc/${pid}/maps`)) {
    const [, start = "", end = "", permissions = "", offset = "", path = ""] =
      /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) ([0-9a-f]+) \S+ \d+ *(.*)$/.exec(line) ?? [];
    if (start === "") continue;
    mappings.push({
      ...{ start, end, permissions },
      bytes: Number(BigInt(`0x${end}`) - BigInt(`0x${start}`)),
      offsetBytes: Number.parseInt(offset, 16),
      path: path === "" ? null : pathInRoot(path, root),
    });
  }
  return mappings;
}
