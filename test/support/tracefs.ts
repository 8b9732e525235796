import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { poll } from "./poll.ts";

/** The kernel's tracefs, mounted in a folder of its own as long as a test needs it. For root. */
export interface MountedTracefs extends Disposable {
  readonly dir: string;
  /** The names of the instances of a process. Other tests have some as well: there is one kernel. */
  instances(pid: number): string[];
  /** Waits until an instance of a process records system calls. */
  untilRecording(pid: number): Promise<string>;
}

/** Mounts it, read-only if asked for. */
export function mountTracefs(...options: readonly string[]): MountedTracefs {
  const dir = mkdtempSync(join(tmpdir(), "tickbird-tracefs-"));
  execFileSync("mount", ["-t", "tracefs", "none", dir, ...options]);
  const instances = (pid: number) =>
    readdirSync(join(dir, "instances")).filter((name) => name.startsWith(`tickbird-${pid}-`));
  const isRecording = (name: string) =>
    ["tracing_on", "events/raw_syscalls/enable"].every(
      (file) => readFileSync(join(dir, "instances", name, file), "utf8") === "1\n",
    );
  return {
    ...{ dir, instances },
    untilRecording: (pid) => poll("an instance records", () => instances(pid).find(isRecording)),
    [Symbol.dispose]() {
      execFileSync("umount", [dir]);
      rmdirSync(dir);
    },
  };
}
