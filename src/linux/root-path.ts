import { readlink } from "node:fs/promises";

/**
 * The root of a process as we see it: `/` where it is its mount namespace's own, else the folder of a chroot(2).
 * Throws the system error where that can't be read.
 */
export function readRoot(pid: number): Promise<string> {
  return readlink(`/proc/${pid}/root`);
}

/**
 * A path that the kernel shows us (/proc/<pid>/fd, maps) as the process itself would write it. What lies outside of its
 * root, opened before a chroot(2), stays as it is.
 */
export function pathInRoot(path: string, root: string): string {
  if (root === "/" || !path.startsWith(`${root}/`)) return path;
  return path.slice(root.length);
}
