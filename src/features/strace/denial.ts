import { AppError } from "../../base/errors.ts";
import {
  hasCapability,
  isOutsideUserNamespace,
  ownStatus,
  SAME_LABEL,
  SAME_USER_NAMESPACE,
  separatingLabels,
  yamaScope,
} from "../../linux/privileges.ts";
import { readStatus } from "../../linux/proc.ts";
import type { ProcStatus } from "../../linux/proc-status.ts";
import { accessRemedy, capabilityRemedy, isAll, isDumpable } from "../../linux/remedies.ts";

/**
 * The kernel answers every refusal of ptrace with the same EPERM. Here the rules of "Ptrace access mode checking" in
 * ptrace(2) are gone through in its order, so that the answer can say which one it was and what mends it.
 */

/** What forbids tracing, as a stable name. */
export type Refusal =
  | "yama-disabled"
  | "yama-scope"
  | "user-namespace"
  | "other-user"
  | "fewer-capabilities"
  | "not-dumpable"
  | "security-label"
  /** Not even a child of the sidecar may be traced: by a filter of system calls, because strace can't be executed, or unexplained. */
  | "seccomp"
  | "not-executable"
  | "no-ptrace"
  /** What it takes is not installed, or nothing can be written to `strace.dir`, or the machine is too busy to find out. */
  | "no-strace"
  | "no-util-linux"
  | "no-folder"
  | "no-time"
  | "unknown";

/** What forbids the sidecar to trace a process, and the line that mends it. */
export interface Denial {
  readonly refusal: Refusal;
  readonly reason: string;
  readonly remedy: string;
}

/** The error for a process that the kernel does not let us trace. */
export async function permissionDenied(pid: number): Promise<AppError> {
  const denial: Denial = (await findDenial(pid)) ?? {
    refusal: "unknown",
    reason:
      "The kernel refuses, for a reason that can't be seen from here: a security module, or a tracer outside this PID namespace.",
    remedy: `${capabilityRemedy(await ownStatus(), "SYS_PTRACE")}; where it is there already, look for denials in the host's audit log`,
  };
  return new AppError("permission-denied", `Process ${pid} can't be traced. ${denial.reason}`, {
    remedy: denial.remedy,
    extra: { refusal: denial.refusal },
  });
}

/** Says what forbids tracing a process; undefined where nothing that can be seen does. */
export async function findDenial(pid: number): Promise<Denial | undefined> {
  const [own, target, scope] = await Promise.all([ownStatus(), readStatus(pid), yamaScope()]);
  if (target === undefined) return undefined;
  if (scope === 3) {
    return {
      refusal: "yama-disabled",
      reason: "kernel.yama.ptrace_scope is 3: nobody may trace.",
      remedy: "Restart the host with kernel.yama.ptrace_scope=1: 3 can't be lowered while it runs.",
    };
  }
  return (
    (await userNamespaceDenial(pid)) ??
    (hasCapability(own.capEffective, "SYS_PTRACE")
      ? undefined
      : await uncapableDenial(pid, own, target, scope)) ??
    (await labelDenial(pid))
  );
}

async function userNamespaceDenial(pid: number): Promise<Denial | undefined> {
  if (!(await isOutsideUserNamespace(pid))) return undefined;
  return {
    refusal: "user-namespace",
    reason: "The sidecar and the app are in different user namespaces.",
    remedy: SAME_USER_NAMESPACE,
  };
}

async function uncapableDenial(
  pid: number,
  own: ProcStatus,
  target: ProcStatus,
  scope: number | null,
): Promise<Denial | undefined> {
  const { uids, gids } = target;
  const remedy = await accessRemedy(pid, "attach", own, target);
  if (!isAll(uids, own.uids.real) || !isAll(gids, own.gids.real)) {
    return {
      refusal: "other-user",
      reason: `It runs as uid:gid ${uids.effective}:${gids.effective}, the sidecar as ${own.uids.real}:${own.gids.real} without the capability SYS_PTRACE.`,
      remedy,
    };
  }
  if ((target.capPermitted & ~own.capPermitted) !== 0n) {
    return {
      refusal: "fewer-capabilities",
      reason: "It has capabilities that the sidecar lacks, and the sidecar lacks SYS_PTRACE.",
      remedy,
    };
  }
  if (!(await isDumpable(pid, target))) {
    return {
      refusal: "not-dumpable",
      reason:
        "It is not dumpable (it has changed its user, or protects itself), and the sidecar lacks SYS_PTRACE.",
      remedy,
    };
  }
  if (scope !== null && scope > 0) {
    return {
      refusal: "yama-scope",
      reason: `kernel.yama.ptrace_scope is ${scope}: without SYS_PTRACE only own children may be traced.`,
      remedy: scope === 1 ? `${remedy}, or kernel.yama.ptrace_scope=0 on the host` : remedy,
    };
  }
  return undefined;
}

/** AppArmor's container profile lets only those trace each other that have the same one. */
async function labelDenial(pid: number): Promise<Denial | undefined> {
  const labels = await separatingLabels(pid);
  if (labels === undefined) return undefined;
  const { ours, theirs } = labels;
  return {
    refusal: "security-label",
    reason: `A security module separates them: the sidecar runs as ${ours}, the app as ${theirs}.`,
    remedy: SAME_LABEL,
  };
}
