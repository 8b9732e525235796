import { stat } from "node:fs/promises";
import { AppError } from "../../base/errors.ts";
import { hasCapability, ownStatus, SAME_LABEL, separatingLabels, yamaScope } from "../../linux/privileges.ts";
import { readIfThere, readNamespace, readStatus } from "../../linux/proc.ts";
import type { Ids, ProcStatus } from "../../linux/proc-status.ts";

/**
 * The kernel answers every refusal of ptrace with the same EPERM. Here the rules of "Ptrace access mode checking" in
 * ptrace(2) are gone through in its order, so that the answer can say which one it was and what mends it.
 */

/** What forbids the sidecar to trace a process, and the line that mends it. */
export interface Denial {
  readonly reason: string;
  readonly remedy: string;
}

const ADD_CAPABILITY = "cap_add: [SYS_PTRACE]";

/** The error for a process that the kernel does not let us trace. */
export async function permissionDenied(pid: number): Promise<AppError> {
  const denial = (await findDenial(pid)) ?? {
    reason:
      "The kernel refuses, for a reason that can't be seen from here: a security module, or a tracer outside this PID namespace.",
    remedy: `${ADD_CAPABILITY}; where it is there already, look for denials in the host's audit log`,
  };
  return new AppError("permission-denied", `Process ${pid} can't be traced. ${denial.reason}`, {
    remedy: denial.remedy,
  });
}

/** Says what forbids tracing a process; undefined where nothing that can be seen does. */
export async function findDenial(pid: number): Promise<Denial | undefined> {
  const [own, target, scope] = await Promise.all([ownStatus(), readStatus(pid), yamaScope()]);
  if (target === undefined) return undefined;
  if (scope === 3) {
    return {
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

/**
 * A capability counts only in the user namespace it was given in, and in those below. The map of ids is readable where
 * the link to the namespace is not, and differs between namespaces (user_namespaces(7)).
 */
async function userNamespaceDenial(pid: number): Promise<Denial | undefined> {
  const [ours, theirs] = await Promise.all([
    readIfThere("/proc/self/uid_map"),
    readIfThere(`/proc/${pid}/uid_map`),
  ]);
  if (ours === undefined || theirs === undefined || ours === theirs) return undefined;
  // Where its links can be read we are above it, and have the right (PTRACE_MODE_READ).
  if ((await readNamespace(pid, "user")).value !== null) return undefined;
  return {
    reason: "The sidecar and the app are in different user namespaces.",
    remedy:
      'Put both into the same user namespace: userns_mode: "host" for both, or the same rootless engine',
  };
}

async function uncapableDenial(
  pid: number,
  own: ProcStatus,
  target: ProcStatus,
  scope: number | null,
): Promise<Denial | undefined> {
  const { uids, gids } = target;
  const sameUser = isAll(uids, own.uids.real) && isAll(gids, own.gids.real);
  const theirs = `${uids.effective}:${gids.effective}`;
  const capability = capabilityRemedy(own);
  if (!sameUser) {
    const other =
      isPlain(uids) && isPlain(gids)
        ? `, or user: "${theirs}" for the sidecar (the app's own user; needs no capability)`
        : "";
    return {
      reason: `It runs as uid:gid ${theirs}, the sidecar as ${own.uids.real}:${own.gids.real} without the capability SYS_PTRACE.`,
      remedy: `${capability}${other}`,
    };
  }
  if ((target.capPermitted & ~own.capPermitted) !== 0n) {
    return {
      reason: "It has capabilities that the sidecar lacks, and the sidecar lacks SYS_PTRACE.",
      remedy: capability,
    };
  }
  if (!(await isDumpable(pid, uids))) {
    return {
      reason:
        "It is not dumpable (it has changed its user, or protects itself), and the sidecar lacks SYS_PTRACE.",
      remedy: capability,
    };
  }
  if (scope !== null && scope > 0) {
    return {
      reason: `kernel.yama.ptrace_scope is ${scope}: without SYS_PTRACE only own children may be traced.`,
      remedy: scope === 1 ? `${capability}, or kernel.yama.ptrace_scope=0 on the host` : capability,
    };
  }
  return undefined;
}

/** A capability given to a container reaches only root: for other users the engine fills no more than the bounding set. */
function capabilityRemedy(own: ProcStatus): string {
  return own.uids.real === 0 ? ADD_CAPABILITY : `user: "0:0" with ${ADD_CAPABILITY}`;
}

function isAll(ids: Ids, id: number): boolean {
  return ids.real === id && ids.effective === id && ids.saved === id;
}

function isPlain(ids: Ids): boolean {
  return isAll(ids, ids.real);
}

/** The files in /proc of a process that is not dumpable belong to root (proc(5)). */
async function isDumpable(pid: number, uids: Ids): Promise<boolean> {
  try {
    return (await stat(`/proc/${pid}/status`)).uid === uids.effective;
  } catch {
    return true;
  }
}

/** AppArmor's container profile lets only those trace each other that have the same one. */
async function labelDenial(pid: number): Promise<Denial | undefined> {
  const labels = await separatingLabels(pid);
  if (labels === undefined) return undefined;
  const { ours, theirs } = labels;
  return {
    reason: `A security module separates them: the sidecar runs as ${ours}, the app as ${theirs}.`,
    remedy: SAME_LABEL,
  };
}
