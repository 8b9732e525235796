import { type FileHandle, readFile } from "node:fs/promises";
import { normalize } from "node:path";
import { type Mount, parseMountInfo } from "./mount-info.ts";

/** The mount that a descriptor lies on (proc_pid_fdinfo(5)), or undefined where the kernel does not say. */
export async function mountOf(handle: FileHandle): Promise<string | undefined> {
  const text = await readFile(`/proc/self/fdinfo/${handle.fd}`, "utf8");
  return /^mnt_id:\s*(\d+)$/m.exec(text)?.[1];
}

/**
 * Whether what was opened by an absolute path lies on another mount than the one that the path names: then a link on the
 * way leads out of it. Never so where the path names the root mount. What is mounted where, only who mounts can change,
 * and not who may make links in what is mounted.
 */
export async function leavesMount(path: string, opened: FileHandle): Promise<boolean> {
  const named = await namedMount(normalize(path));
  return named !== undefined && named !== (await mountOf(opened));
}

async function namedMount(path: string): Promise<string | undefined> {
  const mounts = parseMountInfo(await readFile("/proc/self/mountinfo", "utf8"));
  let found: Mount | undefined;
  for (const mount of mounts) {
    const { mountPoint } = mount;
    if (path !== mountPoint && !path.startsWith(mountPoint === "/" ? "/" : `${mountPoint}/`)) continue;
    // Of those at one place the last is on top.
    if (found === undefined || mountPoint.length >= found.mountPoint.length) found = mount;
  }
  return found?.mountPoint === "/" ? undefined : found?.id;
}
