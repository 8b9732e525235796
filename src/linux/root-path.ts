import { readlinkSync } from "node:fs";
import { readlink } from "node:fs/promises";

const MAX_LINKS = 40;

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

/**
 * Where a path of a process leads, behind symbolic links, as the kernel shows it to us (/proc/<pid>/fd). What is not there,
 * or what we may not look at, stays as it is written; undefined where the links have no end.
 * @param path absolute, as the process itself would write it.
 * @param root what {@link readRoot} gives.
 */
export async function realPathIn(pid: number, path: string, root: string): Promise<string | undefined> {
  const done: string[] = [];
  const rest = path.split("/");
  for (let links = 0; rest.length > 0; ) {
    const name = rest.shift();
    if (name === undefined || name === "" || name === ".") continue;
    if (name === "..") {
      done.pop();
      continue;
    }
    // Name by name: the kernel would take an absolute link for one of our own root.
    const link = await readlink(`/proc/${pid}/root/${[...done, name].join("/")}`).catch(() => undefined);
    if (link === undefined) {
      done.push(name);
      continue;
    }
    links += 1;
    if (links > MAX_LINKS) return undefined;
    if (link.startsWith("/")) done.length = 0;
    rest.unshift(...link.split("/"));
  }
  return `${root === "/" ? "" : root}/${done.join("/")}`;
}
