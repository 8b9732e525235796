import { execFileSync } from "node:child_process";

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

function mounted(path: string): Mount {
  return {
    path,
    async [Symbol.asyncDispose]() {
      execFileSync("umount", [path]);
    },
  };
}
