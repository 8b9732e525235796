import { stat } from "node:fs/promises";
import { isErrno, messageOf } from "../base/errors.ts";
import {
  hasCapability,
  isOutsideUserNamespace,
  ownStatus,
  SAME_LABEL,
  SAME_USER_NAMESPACE,
  separatingLabels,
} from "./privileges.ts";
import { isGone, readStatus } from "./proc.ts";
import type { ProcStatus } from "./proc-status.ts";
import { accessRemedy, isAll, readingRemedy } from "./remedies.ts";

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
    if (await isOutsideUserNamespace(pid)) {
      return {
        reason: "the sidecar and the app are in different user namespaces",
        remedy: SAME_USER_NAMESPACE,
      };
    }
    if (!hasCapability(own.capEffective, "SYS_PTRACE")) {
      const reason = uncapableReason(own, target);
      if (reason !== undefined) return { reason, remedy: await accessRemedy(pid, "read", own, target) };
    }
    return (
      (await labelObstacle(pid)) ?? {
        reason: `the kernel refuses to look into process ${pid} (it may not be dumpable): ${messageOf(error)}`,
        remedy: await accessRemedy(pid, "read", own, target),
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
  const obstacle = await whyNotInto(pid);
  if (obstacle?.remedy === SAME_LABEL || obstacle?.remedy === SAME_USER_NAMESPACE) return obstacle;
  return {
    reason:
      obstacle?.reason ??
      "the file belongs to the process's own user, and the sidecar lacks the capability DAC_READ_SEARCH",
    // One line for both obstacles: who has passed the first would meet the second.
    remedy: (await readingRemedy(pid)) ?? null,
  };
}

/** What of a process's credentials stands in the way of one without SYS_PTRACE. */
function uncapableReason(own: ProcStatus, target: ProcStatus): string | undefined {
  const { uids, gids } = target;
  if (!isAll(uids, own.uids.effective) || !isAll(gids, own.gids.effective)) {
    return `the app runs as uid:gid ${uids.effective}:${gids.effective}, the sidecar as ${own.uids.effective}:${own.gids.effective} without the capability SYS_PTRACE`;
  }
  const hasMore = (target.capPermitted & ~own.capPermitted) !== 0n;
  return hasMore
    ? "the app has capabilities that the sidecar lacks, and the sidecar lacks SYS_PTRACE"
    : undefined;
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
