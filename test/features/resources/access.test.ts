import { expect, test } from "vitest";
import { type ResourceReport, resourceReport } from "../../../src/features/resources/resource-schema.ts";
import { fixturePath, startIdle, startTarget } from "../../linux/target-process.ts";

/** What a sidecar of another user sees, and of the same one. Root can be either; others are one of them only. */

const NOBODY = { uid: 65_534, gid: 65_534, cwd: "/" };

async function readAs(pid: number, options: object) {
  await using reader = await startTarget([process.execPath, fixturePath("read-resources.ts"), String(pid)], {
    ...options,
  });
  const {
    report,
    parts,
  }: { report: ResourceReport; parts: { name: string; works: boolean; remedy?: string }[] } = JSON.parse(
    await reader.line(),
  );
  return { report: resourceReport.parse(report), parts };
}

test("another user without capabilities: the root is closed, which is said with the user and the capability that mend it", async (context) => {
  context.skip(process.getuid?.() !== 0, "needs root to be somebody else");
  await using target = await startIdle();
  const { report, parts } = await readAs(target.pid, NOBODY);
  expect(report.fileSystems).toBeNull();
  const note = report.unreadable.find(({ field }) => field === "fileSystems");
  expect(note).toMatchObject({
    reason: "the app runs as uid:gid 0:0, the sidecar as 65534:65534 without the capability SYS_PTRACE",
    remedy: expect.stringMatching(
      /^user: "0:0" with cap_add: \[SYS_PTRACE\], or user: "0:0" for the sidecar/,
    ),
  });
  // Neither these nor the sidecar's own mounts need any right.
  expect(report.network?.map(({ name }) => name)).toContain("lo");
  expect(report.pressure?.cpu ?? null).not.toBeUndefined();
  expect(parts.find(({ name }) => name.includes("file systems"))).toMatchObject({
    works: false,
    remedy: note?.remedy,
  });
});

test("the app's own user and group need no capability", async (context) => {
  context.skip(process.getuid?.() !== 0, "needs root to be somebody else; all other tests show it then");
  await using target = await startTarget(["sleep", "300"], NOBODY);
  const { report, parts } = await readAs(target.pid, NOBODY);
  expect(
    report.fileSystems?.find(({ mountPoints }) => mountPoints.includes("/"))?.totalBytes,
  ).toBeGreaterThan(0);
  expect(report.cgroup?.seenThrough).not.toBeNull();
  expect(parts.find(({ name }) => name.includes("file systems"))).toMatchObject({ works: true });
});

test("root without its capabilities is told so where the app has them", async (context) => {
  context.skip(process.getuid?.() !== 0, "needs root");
  await using target = await startIdle();
  await using reader = await startTarget([
    ...["setpriv", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all", process.execPath],
    ...[fixturePath("read-resources.ts"), String(target.pid)],
  ]);
  const { report } = JSON.parse(await reader.line());
  expect(resourceReport.parse(report).unreadable.find(({ field }) => field === "fileSystems")).toMatchObject({
    reason: "the app has capabilities that the sidecar lacks, and the sidecar lacks SYS_PTRACE",
    remedy: "cap_add: [SYS_PTRACE]",
  });
});
