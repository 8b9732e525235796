import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { fixturePath, startTarget, type TargetProcess } from "../../linux/target-process.ts";
import { buildProgram } from "../../support/built-programs.ts";
import { isMissing } from "../../support/needs.ts";
import { isFree } from "./serve-strace.ts";

/**
 * What security modules forbid. Few kernels have them all: a filter of system calls (seccomp(2)) refuses here what they
 * would, and what they say of themselves in /proc is put there, in a mount namespace of the sidecar's own.
 */

/** What is said in place of /proc/sys/kernel/yama/ptrace_scope and of the labels. */
interface Said {
  readonly yama?: number;
  readonly labels?: { readonly ours: string; readonly theirs: string };
}

const refused = { event: "refused", code: "permission-denied", status: 403 };
const UNCAPABLE = [
  ...["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"],
  ...["--inh-caps=-all", "--bounding-set=-all"],
];

async function write(path: string, text: string): Promise<string> {
  await writeFile(path, text);
  return path;
}

/** The mounts that say it, as commands of a shell whose pid the sidecar will have. */
async function mountsOf({ yama, labels }: Said, target: number): Promise<string> {
  const folder = await mkdtemp("/tmp/tickbird-modules-");
  onTestFinished(() => rm(folder, { recursive: true }));
  await chmod(folder, 0o755);
  const commands: string[] = [];
  if (yama !== undefined) {
    await mkdir(join(folder, "kernel/yama"), { recursive: true });
    await write(join(folder, "kernel/yama/ptrace_scope"), `${yama}\n`);
    commands.push(`mount --bind ${folder}/kernel /proc/sys/kernel`);
  }
  if (labels !== undefined) {
    const [ours, theirs] = [await write(join(folder, "ours"), labels.ours), join(folder, "theirs")];
    await write(theirs, labels.theirs);
    commands.push(`mount --bind ${ours} /proc/$$/attr/current`);
    commands.push(`mount --bind ${theirs} /proc/${target}/attr/current`);
  }
  return commands.map((command) => `${command} && `).join("");
}

/** Has a sidecar trace a process, where the kernel refuses it that (of all processes where `isAll`); its first word. */
async function traceWhere(said: Said, target: TargetProcess, { isAll = false, isCapable = true } = {}) {
  const forbid = await buildProgram("forbid-ptrace.c");
  await chmod(join(forbid, ".."), 0o755);
  const mounts = await mountsOf(said, target.pid);
  const argv = [
    ...["unshare", "--mount", "sh", "-c", `${mounts}exec "$@"`, "sh"],
    ...(isCapable ? [] : UNCAPABLE),
    ...[forbid, isAll ? "0" : String(target.pid)],
    ...[process.execPath, fixturePath("trace-process.ts"), String(target.pid), "100"],
  ];
  await using sidecar = await startTarget(argv, { cwd: "/" });
  const first: unknown = JSON.parse(await sidecar.line());
  expect(await isFree(target.pid)).toBe(true);
  return first;
}

const startApp = () => startTarget(["sleep", "300"], { uid: 65_534, gid: 65_534, cwd: "/" });

describe.skipIf(isMissing("ptrace") || isMissing("namespaces") || isMissing("compiler"))("a refusal", () => {
  test("of a filter of system calls is called so, before anything is attached to", async () => {
    await using target = await startApp();
    expect(await traceWhere({}, target, { isAll: true })).toMatchObject({
      ...{ ...refused, refusal: "seccomp" },
      detail: expect.stringMatching(/^A seccomp filter forbids ptrace\. strace says: .*not permitted/),
      remedy: expect.stringContaining("seccomp profile that allows ptrace"),
    });
  });

  test("of Yama names its scope, and the setting or capability that mends it", async () => {
    await using target = await startApp();
    expect(await traceWhere({ yama: 3 }, target)).toMatchObject({
      ...{ ...refused, refusal: "yama-disabled" },
      remedy: "Restart the host with kernel.yama.ptrace_scope=1: 3 can't be lowered while it runs.",
    });
    expect(await traceWhere({ yama: 1 }, target, { isCapable: false })).toMatchObject({
      ...{ ...refused, refusal: "yama-scope" },
      detail: expect.stringContaining("kernel.yama.ptrace_scope is 1"),
      remedy: expect.stringMatching(/cap_add: \[SYS_PTRACE\], or kernel\.yama\.ptrace_scope=0 on the host$/),
    });
    const second = await traceWhere({ yama: 2 }, target, { isCapable: false });
    expect(second).toMatchObject({ ...refused, refusal: "yama-scope" });
    expect(JSON.stringify(second)).not.toContain("ptrace_scope=0");
  });

  test("of Yama in scope 2 or 3 is told where not even an own child may be traced", async () => {
    await using target = await startApp();
    const all = { isAll: true };
    expect(await traceWhere({ yama: 3 }, target, all)).toMatchObject({
      ...refused,
      refusal: "yama-disabled",
    });
    expect(await traceWhere({ yama: 2 }, target, all)).toMatchObject({ ...refused, refusal: "yama-scope" });
  });

  test("by labels that differ names both, and the option that makes them one", async () => {
    await using target = await startApp();
    const labels = { ours: "docker-default (enforce)\n", theirs: "unconfined\n" };
    expect(await traceWhere({ labels }, target)).toMatchObject({
      ...{ ...refused, refusal: "security-label" },
      detail: expect.stringContaining("runs as docker-default (enforce), the app as unconfined"),
      remedy: expect.stringContaining("security_opt"),
    });
  });

  test("that nothing explains says so, and where to look", async () => {
    await using target = await startApp();
    const labels = { ours: "docker-default (enforce)\n", theirs: "docker-default (enforce)\n" };
    expect(await traceWhere({ yama: 0, labels }, target)).toMatchObject({
      ...{ ...refused, refusal: "unknown" },
      remedy: expect.stringContaining("the host's audit log"),
    });
  });
});
