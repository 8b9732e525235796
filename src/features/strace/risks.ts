import { statfs } from "node:fs/promises";
import { readCpu } from "../../linux/cgroup/cpu.ts";
import { locateCgroup } from "../../linux/cgroup/locate.ts";
import { createCgroupReader, createNotes } from "../../linux/cgroup/notes.ts";
import { isInMemory } from "../../linux/memory-file-system.ts";
import { ownStatus } from "../../linux/privileges.ts";
import { readStatus } from "../../linux/proc.ts";
import type { Shortcoming } from "./surroundings.ts";

/** What makes a trace here riskier for the app than it need be. It does not stop one: the governor ends those that do harm. */
export async function findRisks(dir: string, maxFileBytes: number): Promise<readonly Shortcoming[]> {
  const found = await Promise.all([quotaRisk(), ...roomRisks(dir, maxFileBytes)]);
  return found.filter((risk) => risk !== undefined);
}

/**
 * What is wrong with the guards of a strace that runs. The kernel forgets which signal a process is to get when its parent
 * dies as soon as that executes a program with capabilities of its own (prctl(2), PR_SET_PDEATHSIG).
 */
export async function findGuardRisk(stracePid: number): Promise<Shortcoming | null> {
  const [strace, own] = await Promise.all([readStatus(stracePid), ownStatus()]);
  if (strace === undefined || (strace.capPermitted & ~own.capPermitted) === 0n) return null;
  return {
    reason:
      "strace has capabilities that the sidecar has not (capabilities(7), file capabilities): should the sidecar be killed, nothing ends strace, and the process would be traced on.",
    remedy:
      "user: of the app for the sidecar, or cap_add: [SYS_PTRACE] as root, and strace without: setcap -r",
  };
}

/** A throttled strace holds the app up: 0.05 CPUs left a busy one a third of its speed. */
async function quotaRisk(): Promise<Shortcoming | undefined> {
  const cgroup = await locateCgroup(process.pid);
  if (cgroup === undefined) return undefined;
  const { limitCpus } = await readCpu(createCgroupReader(cgroup, createNotes()), process.pid);
  if (limitCpus === null || limitCpus.value === "unlimited" || limitCpus.value >= 1) return undefined;
  return {
    reason: `The sidecar may use ${limitCpus.value} of a CPU only: when that is used up, the app waits with it.`,
    remedy: "cpus: 1 or more for the sidecar (Kubernetes: limits.cpu)",
  };
}

function roomRisks(dir: string, maxFileBytes: number): Promise<Shortcoming | undefined>[] {
  const system = statfs(dir);
  return [
    system.then((found) =>
      isInMemory(found)
        ? undefined
        : {
            reason: `${dir}, where strace writes, is no tmpfs: the app may have to wait for a disk.`,
            remedy: "SIDECAR_STRACE_DIR=/dev/shm, or another tmpfs",
          },
    ),
    system.then(({ bavail, bsize, blocks }) =>
      blocks === 0 || bavail * bsize >= maxFileBytes
        ? undefined
        : {
            reason: `${dir} has room for ${bavail * bsize} of the ${maxFileBytes} bytes that a trace may write.`,
            remedy: `shm_size: "64m" for the sidecar, or a lower SIDECAR_STRACE_MAX_BYTES`,
          },
    ),
  ];
}
