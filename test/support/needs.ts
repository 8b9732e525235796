import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/**
 * What a test needs of the machine. Where it is not there the test is skipped, and says so; in a CI run (CI is set)
 * it fails instead, so that nothing is skipped there unseen; but for what a CI run can't get.
 */

/** Something that not every machine has or allows. */
export type Need = "ptrace" | "namespaces" | "compiler" | "tracefs";

const PROBES: Readonly<Record<Need, () => string | undefined>> = {
  ptrace: whyNoPtrace,
  namespaces: whyNoNamespaces,
  compiler: whyNoCompiler,
  tracefs: whyNoTracefs,
};
const answers = new Map<Need, string | undefined>();

/**
 * Tells whether tests that need something must be skipped here.
 * @example describe.skipIf(isMissing("ptrace"))("…", …)
 */
export function isMissing(need: Need): boolean {
  if (!answers.has(need)) answers.set(need, PROBES[need]());
  const reason = answers.get(need);
  if (reason === undefined) return false;
  if (process.env["CI"] !== undefined) throw new Error(`These tests need ${need}: ${reason}`);
  console.warn(`skipped, needs ${need}: ${reason}`);
  return true;
}

/**
 * Tells whether tests must be skipped that need a program which no package has, and which so is missing in a CI run too.
 * @param home where the program comes from.
 */
export function isNotOnPath(program: string, home: string): boolean {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  if (folders.some((folder) => existsSync(join(folder, program)))) return false;
  console.warn(
    `skipped, needs ${program}: no such program on PATH, and no package of Debian or npm has it (${home})`,
  );
  return true;
}

/** Tells whether tests must be skipped that make cgroups of version 1: a CI run's machine has version 2 as a rule. */
export function isWithoutCgroups1(): boolean {
  if (existsSync("/sys/fs/cgroup/memory/memory.limit_in_bytes") && process.getuid?.() === 0) return false;
  console.warn("skipped, needs root and version 1 of cgroups, with the controllers memory and pids");
  return true;
}

/** Tells whether tests must be skipped that need quotas: btrfs has them for root too, where the kernel has btrfs. */
export function isWithoutQuotas(): boolean {
  const hasBtrfs = spawnSync("mkfs.btrfs", ["--version"]).status === 0;
  const isInKernel = /\tbtrfs$/m.test(readFileSync("/proc/filesystems", "utf8"));
  if (hasBtrfs && isInKernel && process.getuid?.() === 0) return false;
  console.warn("skipped, needs root, a kernel with btrfs, and mkfs.btrfs: apt install btrfs-progs");
  return true;
}

/** Tells whether tests must be skipped that mount a small disk, in a file: with a loop device. */
export function isWithoutDisks(): boolean {
  const hasExt4 = spawnSync("mkfs.ext4", ["-V"]).status === 0;
  if (hasExt4 && existsSync("/dev/loop-control") && process.getuid?.() === 0) return false;
  console.warn("skipped, needs root, loop devices, and mkfs.ext4: apt install e2fsprogs");
  return true;
}

function whyNoCompiler(): string | undefined {
  const { error } = spawnSync("cc", ["--version"], { encoding: "utf8", timeout: 10_000 });
  return error && `cc does not run (${error.message}); apt install gcc libc6-dev`;
}

/**
 * Attaches strace to a process that is not below it, as the sidecar does with the core. A busy machine may take longer
 * to start strace than the process lives, and then it is tried with one that lives longer.
 */
function whyNoPtrace(): string | undefined {
  return whyNoAttach("0.3") && whyNoAttach("2") && whyNoAttach("8");
}

function whyNoAttach(seconds: string): string | undefined {
  const target = spawn("sleep", [seconds], { stdio: "ignore" });
  const { error, stderr, status } = spawnSync(
    "strace",
    ["-qq", "-e", "trace=none", "-o", "/dev/null", "-p", String(target.pid)],
    { encoding: "utf8", timeout: 20_000 },
  );
  target.kill();
  if (error !== undefined) return `strace does not run (${error.message}); apt install strace`;
  return status === 0 ? undefined : `${stderr.trim()} (kernel.yama.ptrace_scope above 0, or no SYS_PTRACE?)`;
}

/** Mounts the kernel's tracefs for a moment; for root only. */
function whyNoTracefs(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "tickbird-tracefs-"));
  const { error, stderr, status } = spawnSync("mount", ["-t", "tracefs", "none", folder], {
    encoding: "utf8",
  });
  const isThere = existsSync(join(folder, "events/raw_syscalls"));
  if (status === 0) spawnSync("umount", [folder]);
  rmdirSync(folder);
  if (error !== undefined) return `mount does not run (${error.message})`;
  if (status !== 0) return `${stderr.trim()} (only root may)`;
  return isThere ? undefined : "the kernel has no trace events of system calls";
}

/** Makes a PID and a network namespace, as containers have them; for root only. */
function whyNoNamespaces(): string | undefined {
  const { error, stderr, status } = spawnSync(
    "unshare",
    ["--pid", "--net", "--fork", "--mount-proc", "true"],
    {
      encoding: "utf8",
      timeout: 10_000,
    },
  );
  if (error !== undefined) return `unshare does not run (${error.message})`;
  return status === 0 ? undefined : `${stderr.trim()} (only root may)`;
}
