import { stat } from "node:fs/promises";
import { ownStatus, yamaScope } from "./privileges.ts";
import { readStatus } from "./proc.ts";
import type { Ids, ProcStatus } from "./proc-status.ts";

/** The lines of a compose file that let the sidecar look into a process, trace it or send it signals. */

/** A capability, as compose names it. */
type CapabilityName =
  | "SYS_PTRACE"
  | "DAC_READ_SEARCH"
  | "DAC_OVERRIDE"
  | "KILL"
  | "SYS_CHROOT"
  | "SETUID"
  | "SETGID"
  | "SETPCAP"
  | "SYS_ADMIN";
/** What changing the root (chroot(2)) and the user (setgroups(2), setuid(2)) takes. */
export const CHANGING_USER = ["SYS_CHROOT", "SETUID", "SETGID"] as const;
/** The two kinds of "Ptrace access mode checking" in ptrace(2). */
export type AccessMode = "read" | "attach";

/**
 * Gives the sidecar capabilities. Those of a container reach only root: for other users the engine fills no more than
 * the bounding set.
 */
export function capabilityRemedy(own: ProcStatus, ...names: readonly CapabilityName[]): string {
  const line = `cap_add: [${names.join(", ")}]`;
  return own.uids.effective === 0 ? line : `user: "0:0" with ${line}`;
}

/** Lets the sidecar look into a process (`read`) or trace it (`attach`), where its ids or capabilities are what is wrong. */
export async function accessRemedy(
  pid: number,
  mode: AccessMode,
  own: ProcStatus,
  target: ProcStatus,
): Promise<string> {
  return oneOf(capabilityRemedy(own, "SYS_PTRACE"), await userRemedy(pid, mode, own, target));
}

/** Lets the sidecar read the files of a process in /proc; undefined where it has ended. */
export async function readingRemedy(pid: number): Promise<string | undefined> {
  const [own, target] = await Promise.all([ownStatus(), readStatus(pid)]);
  if (target === undefined) return undefined;
  // Root passes the file modes of what is its own by itself.
  const isOfRoot = (await fileOwner(pid)) === 0;
  const capabilities = isOfRoot
    ? capabilityRemedy(own, "SYS_PTRACE")
    : capabilityRemedy(own, "SYS_PTRACE", "DAC_READ_SEARCH");
  return oneOf(capabilities, await userRemedy(pid, "read", own, target));
}

/** Lets the sidecar send signals to a process (kill(2)); undefined where it has ended. */
export async function signalRemedy(pid: number): Promise<string | undefined> {
  const [own, target] = await Promise.all([ownStatus(), readStatus(pid)]);
  if (target === undefined) return undefined;
  const { uids, gids } = target;
  return oneOf(capabilityRemedy(own, "KILL"), userLine(uids.real, gids.real));
}

/**
 * Tells whether others of the same user may look into a process: not after it has changed its user, or asked for that
 * (PR_SET_DUMPABLE of prctl(2)). Its files in /proc then belong to root (proc(5)).
 */
export async function isDumpable(pid: number, target: ProcStatus): Promise<boolean> {
  return ((await fileOwner(pid)) ?? target.uids.effective) === target.uids.effective;
}

/** Tells whether all ids are this one. */
export function isAll(ids: Ids, id: number): boolean {
  return ids.real === id && ids.effective === id && ids.saved === id;
}

/** The process's own user and group, where being them is enough and the sidecar is not yet. */
async function userRemedy(
  pid: number,
  mode: AccessMode,
  own: ProcStatus,
  target: ProcStatus,
): Promise<string | undefined> {
  const { uids, gids, capPermitted } = target;
  const [uid, gid] = [uids.effective, gids.effective];
  if (!isAll(uids, uid) || !isAll(gids, gid)) return undefined;
  if (isAll(own.uids, uid) && isAll(own.gids, gid)) return undefined;
  // A user other than root would have none; root has all that the engine leaves in the bounding set.
  if ((capPermitted & ~(uid === 0 ? own.capBounding : 0n)) !== 0n) return undefined;
  if (!(await isDumpable(pid, target))) return undefined;
  if (mode === "attach" && ((await yamaScope()) ?? 0) > 0) return undefined;
  return userLine(uid, gid);
}

function userLine(uid: number, gid: number): string {
  return `user: "${uid}:${gid}" for the sidecar (the app's own user; needs no capability)`;
}

function oneOf(first: string, second: string | undefined): string {
  return second === undefined ? first : `${first}, or ${second}`;
}

/** Whom the files of a process in /proc belong to; undefined where it has ended. */
async function fileOwner(pid: number): Promise<number | undefined> {
  try {
    return (await stat(`/proc/${pid}/status`)).uid;
  } catch {
    return undefined;
  }
}
