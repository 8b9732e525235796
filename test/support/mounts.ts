import { execFileSync } from "node:child_process";
import { truncateSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Real mounts, for tests that need them; only where `isMissing("namespaces")` says that this user may. */

/** Something mounted, until the end of the test. */
export interface Mount extends AsyncDisposable {
  readonly path: string;
}

/** Mounts an empty file system in memory that holds no more than this. */
export function mountMemory(path: string, sizeBytes: number): Mount {
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${sizeBytes}`, "tickbird-test", path]);
  return mounted(path);
}

/** Mounts a file or folder at another place as well, as Docker does with volumes. */
export function bindMount(source: string, path: string, options: { readOnly?: boolean } = {}): Mount {
  execFileSync("mount", ["--bind", source, path]);
  if (options.readOnly === true) execFileSync("mount", ["-o", "remount,bind,ro", path]);
  return mounted(path);
}

/** Mounts an empty file system of this size that is on a disk; only where `isWithoutDisks()` says no. */
export function mountDisk(path: string, sizeBytes: number): Mount {
  const image = `${path}.image`;
  writeFileSync(image, "");
  truncateSync(image, sizeBytes);
  execFileSync("mkfs.ext4", ["-q", image]);
  execFileSync("mount", ["-o", "loop", image, path]);
  // It stays there until it is mounted no more.
  unlinkSync(image);
  return mounted(path);
}

/**
 * Mounts a file system whose folder `limited` may hold no more than this, root's files included; only where
 * `isWithoutQuotas()` says no.
 * @param image the file that holds it; made anew.
 */
export function mountWithQuota(path: string, image: string, limitBytes: number): Mount {
  truncateSync(image, 134_217_728);
  execFileSync("mkfs.btrfs", ["--quiet", image]);
  execFileSync("mount", ["-o", "loop", image, path]);
  const limited = join(path, "limited");
  execFileSync("btrfs", ["quota", "enable", path]);
  execFileSync("btrfs", ["subvolume", "create", limited]);
  execFileSync("btrfs", ["qgroup", "limit", String(limitBytes), limited]);
  return mounted(path);
}

function mounted(path: string): Mount {
  return {
    path,
    async [Symbol.asyncDispose]() {
      execFileSync("umount", [path]);
    },
  };
}
