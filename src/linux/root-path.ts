import { readlinkSync } from "node:fs";
import { readlink } from "node:fs/promises";

/**
 * The root of a process as we see it: `/` where it is its mount namespace's own, else the folder of a chroot(2).
 * Throws the system error where that can't be read.
 */
export function readRoot(pid: number): Promise<string> {
  return readlink(`/proc/${pid}/root`);
}

/** As {@link readRoot}, without a wait: the process may be gone by then, and /proc is memory. Undefined where it can't be read. */
export function readRootNow(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/root`);
  } catch {
    return undefined;
  }
}

/**
 * A path that the kernel shows us (/proc/<pid>/fd, maps) as the process itself would write it. What lies outside of its
 * root, opened before a chroot(2), stays as it is.
 */
export function pathInRoot(path: string, root: string): string {
  if (root === "/" || !path.startsWith(root)) return path;
  if (path.length === root.length) return "/";
  return path.charAt(root.length) === "/" ? path.slice(root.length) : path;
}
