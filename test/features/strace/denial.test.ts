import { chmod, copyFile, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { run } from "../../../src/linux/spawn.ts";
import { fixturePath, startBelow, startTarget } from "../../linux/target-process.ts";
import { isMissing } from "../../support/needs.ts";
import { isFree } from "./serve-strace.ts";

/** Runs the sidecar's part in a process of its own, below `wrapper`, and gives its first word. */
async function traceFrom(wrapper: readonly string[], pid: number, options: object = {}) {
  const argv = [...wrapper, process.execPath, fixturePath("trace-process.ts"), String(pid), "100"];
  await using sidecar = await startTarget(argv, { cwd: "/", ...options });
  const first = JSON.parse(await sidecar.line());
  return { first, second: first.event === "attached" ? JSON.parse(await sidecar.line()) : undefined };
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp("/tmp/tickbird-denial-");
  onTestFinished(() => rm(folder, { recursive: true }));
  await chmod(folder, 0o755);
  return folder;
}

const NOBODY = { uid: 65_534, gid: 65_534, cwd: "/" };
const as = (id: number, ...more: string[]) => [
  "setpriv",
  `--reuid=${id}`,
  `--regid=${id}`,
  "--clear-groups",
  ...more,
];
const WITHOUT_CAPABILITIES = ["setpriv", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"];
const WITH_SYS_PTRACE = ["setpriv", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all,+sys_ptrace"];
const refused = { event: "refused", code: "permission-denied", status: 403 };

describe.skipIf(isMissing("ptrace") || isMissing("namespaces"))("why the kernel refuses", () => {
  test("root without capabilities: the app is another user", async () => {
    await using target = await startTarget(["sleep", "300"], NOBODY);
    expect((await traceFrom(WITHOUT_CAPABILITIES, target.pid)).first).toEqual({
      ...refused,
      refusal: "other-user",
      detail: expect.stringContaining("as uid:gid 65534:65534, the sidecar as 0:0 without"),
      remedy: expect.stringMatching(/^cap_add: \[SYS_PTRACE\], or user: "65534:65534" for the sidecar/),
    });
  });

  test("root with SYS_PTRACE alone may trace, and says that descriptors have no names without DAC_READ_SEARCH", async () => {
    await using target = await startTarget(["sleep", "300"], NOBODY);
    const { first, second } = await traceFrom(WITH_SYS_PTRACE, target.pid);
    expect(first).toEqual({ event: "attached" });
    expect(second.result).toMatchObject({
      ...{ endReason: "time-limit", released: true },
      warnings: [expect.stringMatching(/bare numbers.*DAC_READ_SEARCH/)],
    });
    expect(await isFree(target.pid)).toBe(true);
  });

  test("the same user, but the app has a capability that the sidecar lacks", async () => {
    const privileged = as(65_534, "--inh-caps=+net_bind_service", "--ambient-caps=+net_bind_service");
    await using target = await startBelow(privileged, "sleep", "300");
    expect((await traceFrom(as(65_534), target.pid)).first).toMatchObject({
      ...refused,
      refusal: "fewer-capabilities",
      detail: expect.stringContaining("has capabilities that the sidecar lacks"),
    });
  });

  test("the same user, but the app is not dumpable", async () => {
    // Who may not read an executable may not look into its process either (execve(2), PR_SET_DUMPABLE of prctl(2)).
    const program = join(await temporaryFolder(), "sleep");
    await copyFile("/bin/sleep", program);
    await chmod(program, 0o111);
    await using target = await startTarget([program, "300"], NOBODY);
    expect((await traceFrom(as(65_534), target.pid)).first).toMatchObject({
      ...refused,
      refusal: "not-dumpable",
      detail: expect.stringContaining("not dumpable"),
      remedy: expect.stringContaining("cap_add: [SYS_PTRACE]"),
    });
  });

  test("the sidecar is root in a user namespace of its own", async () => {
    await using target = await startTarget(["sleep", "300"]);
    expect((await traceFrom(["unshare", "--user", "--map-root-user"], target.pid)).first).toMatchObject({
      ...refused,
      refusal: "user-namespace",
      detail: expect.stringContaining("different user namespaces"),
      remedy: expect.stringContaining("userns_mode"),
    });
  });
});

describe.skipIf(isMissing("ptrace") || isMissing("namespaces"))("what strace needs beside the kernel", () => {
  async function programsIn(...programs: string[]): Promise<string> {
    const folder = await temporaryFolder();
    for (const program of programs) await copyFile(`/usr/bin/${program}`, join(folder, program));
    return folder;
  }
  /** A mount namespace in which /usr/bin has the programs of that folder only. */
  const within = (folder: string) => [
    ...["unshare", "--mount", "sh", "-c", `mount --bind ${folder} /usr/bin && exec "$@"`, "sh"],
  ];
  const withPrograms = async (...programs: string[]) => within(await programsIn(...programs));

  test("capabilities of its own are what the guards of strace end by: that is said", async () => {
    await using target = await startTarget(["sleep", "300"], NOBODY);
    const folder = await programsIn("setpriv", "prlimit", "strace");
    await run(["setcap", "cap_sys_ptrace+ep", join(folder, "strace")]);
    const { second } = await traceFrom([...within(folder), ...as(65_534)], target.pid);
    expect(second.result.warnings).toContainEqual(
      expect.stringMatching(/^strace has capabilities that the sidecar has not .* Mend: user: of the app/),
    );
    expect(await isFree(target.pid)).toBe(true);
  });

  test("without strace it is 501, with what to install", async () => {
    await using target = await startTarget(["sleep", "300"]);
    const { first } = await traceFrom(await withPrograms("setpriv", "prlimit"), target.pid);
    expect(first).toEqual({
      ...{ event: "refused", code: "not-supported", status: 501 },
      detail: "strace is not installed beside the sidecar.",
      remedy: expect.stringContaining("apt install strace"),
      refusal: "no-strace",
    });
  });

  test.each([[[]], [["setpriv"]]])("without util-linux (but for %j) it is 501 as well", async (programs) => {
    await using target = await startTarget(["sleep", "300"]);
    expect((await traceFrom(await withPrograms(...programs), target.pid)).first).toMatchObject({
      ...{ code: "not-supported", refusal: "no-util-linux" },
      remedy: expect.stringContaining("apt install util-linux"),
    });
  });
});
