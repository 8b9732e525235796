import type { CoreProcess } from "../../../../src/linux/core-process.ts";
import { startTarget, type TargetProcess } from "../../../linux/target-process.ts";

/** A process that has another root: a folder that it was moved into (chroot(2)), in a mount namespace of its own. */
export interface OwnRoot extends TargetProcess {
  /** Its root as this process reaches it. */
  readonly root: string;
  readonly core: CoreProcess;
}

/**
 * Starts one. Its root has Debian's programs, read-only, and whatever `script` puts below `$ROOT` before.
 * @param program what then runs in it.
 * @param namespaces which it has of its own beside, as options of unshare(1).
 */
export async function startInOwnRoot(
  script: string,
  program = "exec sleep 300",
  namespaces: readonly string[] = [],
): Promise<OwnRoot> {
  const lines = [
    "set -e",
    'ROOT=/mnt; mount -t tmpfs none "$ROOT"; cd "$ROOT"',
    "mkdir usr etc proc tmp dev run; mount --bind /usr usr; mount --bind /dev dev",
    "mount -t proc none proc; chmod 1777 tmp",
    "for each in bin lib lib64 sbin; do ln -s usr/$each $each; done",
    script,
    `exec chroot "$ROOT" /bin/sh -c ${quoted(`echo up; ${program}`)}`,
  ];
  const target = await startTarget(["unshare", "--mount", ...namespaces, "sh", "-c", lines.join("\n")]);
  const line = await target.line();
  if (line !== "up") throw new Error(`it does not come up: ${line}`);
  return {
    ...target,
    root: `/proc/${target.pid}/root`,
    core: { kind: "found", pid: target.pid, startTime: "2026-01-01T00:00:00.000Z", foundBy: "test" },
  };
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
