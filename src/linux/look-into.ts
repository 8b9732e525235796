import { stat } from "node:fs/promises";
import { isErrno, messageOf } from "../base/errors.ts";
import { hasCapability, ownStatus, SAME_LABEL, separatingLabels } from "./privileges.ts";
import { isGone, readStatus } from "./proc.ts";
import type { ProcStatus } from "./proc-status.ts";

/** Why something can't be read, and the line that mends it where there is one. */
export interface Obstacle {
  readonly reason: string;
  readonly remedy: string | null;
}

/**
 * Says why the kernel does not let us look through `/proc/<pid>/root`: the rules of "Ptrace access mode checking" in
 * ptrace(2) for PTRACE_MODE_READ_FSCREDS, in their order. Undefined where we may.
 */
export async function whyNotInto(pid: number): Promise<Obstacle | undefined> {
  try {
    await stat(`/proc/${pid}/root/`);
    return undefined;
  } catch (error) {
    if (isGone(error)) return { reason: "the process has ended", remedy: null };
    const [own, target] = await Promise.all([ownStatus(), readStatus(pid)]);
    if (target === undefined) return { reason: "the process has ended", remedy: null };
    return (
      idObstacle(own, target) ??
      capabilityObstacle(own, target) ??
      (await labelObstacle(pid)) ?? {
        reason: `the kernel refuses to look into process ${pid} (it may be in another user namespace, or not dumpable): ${messageOf(error)}`,
        remedy: capabilityRemedy(own),
      }
    );
  }
}

/**
 * Says why something of a process could not be read, once reading it has failed with `error`. What the kernel refuses
 * although we may look into the process is a file of the app's user: that takes another capability (proc(5)).
 */
export async function whyUnreadable(pid: number, error: unknown): Promise<Obstacle> {
  if (isGone(error)) return { reason: "the process has ended", remedy: null };
  if (!isErrno(error, "EACCES", "EPERM")) return { reason: messageOf(error), remedy: null };
  return (
    (await whyNotInto(pid)) ?? {
      reason:
        "the file belongs to the process's own user, and the sidecar lacks the capability DAC_READ_SEARCH",
      remedy: "cap_add: [SYS_PTRACE, DAC_READ_SEARCH]",
    }
  );
}

function idObstacle(own: ProcStatus, { uids, gids }: ProcStatus): Obstacle | undefined {
  if (hasCapability(own.capEffective, "SYS_PTRACE")) return undefined;
  const isSame = [uids.real, uids.effective, uids.saved].every((id) => id === own.uids.effective);
  const isSameGroup = [gids.real, gids.effective, gids.saved].every((id) => id === own.gids.effective);
  if (isSame && isSameGroup) return undefined;
  return {
    reason: `the app runs as uid:gid ${uids.effective}:${gids.effective}, the sidecar as ${own.uids.effective}:${own.gids.effective} without the capability SYS_PTRACE`,
    remedy: `user: "${uids.effective}:${gids.effective}" for the sidecar, or ${capabilityRemedy(own)}`,
  };
}

function capabilityObstacle(own: ProcStatus, target: ProcStatus): Obstacle | undefined {
  const isMore = (target.capPermitted & ~own.capPermitted) !== 0n;
  if (!isMore || hasCapability(own.capEffective, "SYS_PTRACE")) return undefined;
  return {
    reason: "the app has capabilities that the sidecar lacks, and the sidecar lacks SYS_PTRACE",
    remedy: capabilityRemedy(own),
  };
}

async function labelObstacle(pid: number): Promise<Obstacle | undefined> {
  const labels = await separatingLabels(pid);
  if (labels === undefined) return undefined;
  const { ours, theirs } = labels;
  return {
    reason: `a security module separates them: the sidecar runs as ${ours}, the app as ${theirs}`,
    remedy: SAME_LABEL,
  };
}

/** A capability given to a container reaches only root: for other users the engine fills no more than the bounding set. */
function capabilityRemedy(own: ProcStatus): string {
  return own.uids.effective === 0 ? "cap_add: [SYS_PTRACE]" : 'user: "0:0" with cap_add: [SYS_PTRACE]';
}
