import { readFile } from "node:fs/promises";
import { isErrno } from "../base/errors.ts";
import { readIfThere, readNamespace, readStatus } from "./proc.ts";
import type { ProcStatus } from "./proc-status.ts";

/** The numbers of the capabilities that matter here (capabilities(7)). */
export const CAPABILITIES = {
  KILL: 5,
  DAC_READ_SEARCH: 2,
  DAC_OVERRIDE: 1,
  SETGID: 6,
  SETUID: 7,
  SETPCAP: 8,
  SYS_CHROOT: 18,
  SYS_PTRACE: 19,
  SYS_ADMIN: 21,
} as const;

/** Tells whether a set of capabilities, as /proc shows it, holds one. */
export function hasCapability(set: bigint, name: keyof typeof CAPABILITIES): boolean {
  return ((set >> BigInt(CAPABILITIES[name])) & 1n) === 1n;
}

/** What this process may do. */
export async function ownStatus(): Promise<ProcStatus> {
  const status = await readStatus(process.pid);
  if (status === undefined) throw new Error("/proc/self/status can't be read: is /proc mounted?");
  return status;
}

/**
 * The scope of Yama, the security module that restricts ptrace (kernel: admin-guide/LSM/Yama): 0 classic, 1 only
 * descendants, 2 only with SYS_PTRACE, 3 nobody. Null where the kernel has no Yama.
 */
export async function yamaScope(): Promise<number | null> {
  const text = await readIfThere("/proc/sys/kernel/yama/ptrace_scope");
  return text === undefined ? null : Number.parseInt(text, 10);
}

/** The label that a security module (AppArmor, SELinux) has given a process; null where there is none. */
export async function securityLabel(pid: number): Promise<string | null> {
  try {
    const label = await readFile(`/proc/${pid}/attr/current`, "utf8");
    return label.replace(/[\0\n]+$/, "") || null;
  } catch (error) {
    // EINVAL: no security module has labels here.
    if (isErrno(error, "EINVAL", "ENOENT", "ESRCH", "EACCES", "EPERM")) return null;
    throw error;
  }
}

/** The labels of a security module by which it keeps us and a process apart; undefined where they are the same, or not known. */
export async function separatingLabels(
  pid: number,
): Promise<{ readonly ours: string; readonly theirs: string } | undefined> {
  const [ours, theirs] = await Promise.all([securityLabel(process.pid), securityLabel(pid)]);
  return ours === null || theirs === null || ours === theirs ? undefined : { ours, theirs };
}

/** What mends {@link separatingLabels}. */
export const SAME_LABEL = "Give both containers the same security_opt (apparmor=… or label=…)";

/**
 * Tells whether a process is in a user namespace that is neither ours nor below it: there a capability of ours counts
 * for nothing. The map of ids is readable where the link to the namespace is not, and differs between namespaces
 * (user_namespaces(7)).
 */
export async function isOutsideUserNamespace(pid: number): Promise<boolean> {
  const [ours, theirs] = await Promise.all([
    readIfThere("/proc/self/uid_map"),
    readIfThere(`/proc/${pid}/uid_map`),
  ]);
  if (ours === undefined || theirs === undefined || ours === theirs) return false;
  // Where its links can be read we are above it, and have the right (PTRACE_MODE_READ).
  return (await readNamespace(pid, "user")).value === null;
}

/** What mends {@link isOutsideUserNamespace}. */
export const SAME_USER_NAMESPACE =
  'Put both into the same user namespace: userns_mode: "host" for both, or the same rootless engine';
