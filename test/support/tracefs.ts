import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { poll } from "./poll.ts";

/** The kernel's tracefs, mounted in a folder of its own as long as a test needs it. For root. */
export interface MountedTracefs extends Disposable {
  readonly dir: string;
  /** The instances that there are, by name. */
  instances(): string[];
  /** Waits until an instance records system calls, and gives its name. */
  untilRecording(): Promise<string>;
}

/** Mounts it, read-only if asked for. */
export function mountTracefs(...options: readonly string[]): MountedTracefs {
  const dir = mkdtempSync(join(tmpdir(), "tickbird-tracefs-"));
  execFileSync("mount", ["-t", "tracefs", "none", dir, ...options]);
  const instances = () => readdirSync(join(dir, "instances")).filter((name) => name.startsWith("tickbird-"));
  const isRecording = (name: string) =>
    ["tracing_on", "events/raw_syscalls/enable"].every(
      (file) => readFileSync(join(dir, "instances", name, file), "utf8") === "1\n",
    );
  return {
    ...{ dir, instances },
    untilRecording: () => poll("an instance records", () => instances().find(isRecording)),
    [Symbol.dispose]() {
      execFileSync("umount", [dir]);
      rmdirSync(dir);
    },
  };
}
