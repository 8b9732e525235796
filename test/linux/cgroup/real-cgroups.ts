import { mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { poll } from "../../support/poll.ts";

/** Cgroups of version 1, made for a test. Most machines have version 2 by now, and only root may make any. */

const MOUNT = "/sys/fs/cgroup";

/** A cgroup in some hierarchies of version 1. */
export interface RealCgroup extends AsyncDisposable {
  /** Below each hierarchy. */
  readonly path: string;
  write(file: string, text: string): Promise<void>;
  add(pid: number): Promise<void>;
}

/** Makes `/<name>` in each of these hierarchies; it is removed once what was in it has ended. */
export async function makeCgroup(path: string, hierarchies: readonly string[]): Promise<RealCgroup> {
  for (const hierarchy of hierarchies) await mkdir(`${MOUNT}/${hierarchy}${path}`, { recursive: true });
  return {
    path,
    write: (file, text) => writeFile(`${MOUNT}/${file.split(".")[0]}${path}/${file}`, text),
    async add(pid) {
      for (const hierarchy of hierarchies) {
        await writeFile(`${MOUNT}/${hierarchy}${path}/cgroup.procs`, String(pid));
      }
    },
    async [Symbol.asyncDispose]() {
      for (const hierarchy of hierarchies) {
        const folder = `${MOUNT}/${hierarchy}${path}`;
        await poll(
          `${folder} is empty`,
          async () => (await readFile(`${folder}/cgroup.procs`, "utf8")) === "",
        );
        await rmdir(folder);
      }
    },
  };
}
