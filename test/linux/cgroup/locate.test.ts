import { readFile } from "node:fs/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { locateCgroup } from "../../../src/linux/cgroup/locate.ts";
import { readMemory } from "../../../src/linux/cgroup/memory.ts";
import { createCgroupReader, createNotes } from "../../../src/linux/cgroup/notes.ts";
import { readPids } from "../../../src/linux/cgroup/pids.ts";
import { readPressure } from "../../../src/linux/cgroup/pressure.ts";
import { readFileSystems } from "../../../src/linux/file-systems.ts";
import { holdFile } from "../../../src/linux/held-file.ts";
import { isMissing, isWithoutCgroups1 } from "../../support/needs.ts";
import { fixturePath, startIdle, startTarget } from "../target-process.ts";
import { makeCgroup } from "./real-cgroups.ts";

test("a process that has ended has no cgroup and no file systems", async () => {
  const target = await startIdle();
  await target.kill();
  expect(await locateCgroup(target.pid)).toBeUndefined();
  expect(await readFileSystems(target.pid)).toEqual({ reason: "the process has ended", remedy: null });
});

test("the folders that are found hold the process itself", async () => {
  await using target = await startIdle();
  const cgroup = await locateCgroup(target.pid);
  expect(cgroup?.places.size).toBeGreaterThan(0);
  for (const { folders } of cgroup?.places.values() ?? []) {
    expect((await readFile(`${folders[0]}/cgroup.procs`, "utf8")).split("\n")).toContain(String(target.pid));
  }
});

describe.skipIf(isWithoutCgroups1())("version 1, made here", () => {
  test("limits are found, the lower one of a cgroup above included", async () => {
    const name = `/tickbird-test-${process.pid}`;
    await using above = await makeCgroup(name, ["memory", "pids"]);
    await using own = await makeCgroup(`${name}/own`, ["memory", "pids"]);
    await using target = await startIdle();
    await above.write("memory.limit_in_bytes", "50331648");
    await above.write("pids.max", "20");
    await own.write("pids.max", "100");
    await own.add(target.pid);
    const cgroup = await locateCgroup(target.pid);
    expect(cgroup).toMatchObject({ path: `${name}/own`, version: expect.stringMatching(/v1|hybrid/) });
    if (cgroup === undefined) return;
    const reader = createCgroupReader(cgroup, createNotes());
    expect(await readMemory(reader)).toMatchObject({
      ...{ limitBytes: "unlimited", effectiveLimitBytes: { value: 50_331_648, from: "ancestor" } },
      currentBytes: expect.any(Number),
    });
    expect(await readPids(reader)).toEqual({
      ...{ current: 1, limit: 100, effectiveLimit: { value: 20, from: "ancestor" }, limitHits: 0 },
    });
    await target.kill();
  });
});

describe.skipIf(isMissing("namespaces"))("version 2, mounted here", () => {
  test("a cgroup of version 2 that only the process has mounted is found through its root", async () => {
    // A mount that nobody sees but the process: as in a container.
    const script =
      "mkdir -p /tmp/tickbird-cg2-$$ && mount -t cgroup2 none /tmp/tickbird-cg2-$$ && mkdir /tmp/tickbird-cg2-$$/tickbird-test-$$ && echo $$ > /tmp/tickbird-cg2-$$/tickbird-test-$$/cgroup.procs && echo in && exec sleep 300";
    await using target = await startTarget(["unshare", "--mount", "sh", "-c", script]);
    expect(await target.line()).toBe("in");
    onTestFinished(() => removeLeftovers(target.pid));
    const cgroup = await locateCgroup(target.pid);
    const place = cgroup?.places.get("pressure");
    expect(place).toMatchObject({ version: 2 });
    const [folder = ""] = place?.folders ?? [];
    expect(folder).toContain(`tickbird-test-${target.pid}`);
    if (cgroup === undefined) return;
    const { cpu } = await readPressure(createCgroupReader(cgroup, createNotes()));
    expect(cpu).toMatchObject({ of: "cgroup", some: { avg10Percent: expect.any(Number) } });
    await target.kill();
  });

  test("of a process in another cgroup namespace, as containers are, its own cgroup is found all the same", async () => {
    const folder = "/tmp/tickbird-cg2";
    const begin = `d=${folder}-$$; mkdir $d && mount -t cgroup2 none $d && mkdir $d/tickbird-test-$$ $d/tickbird-reader-$$ && echo $$ > $d/tickbird-test-$$/cgroup.procs`;
    const enter = `exec unshare --cgroup sh -c 'umount ${folder}-$$ && mount -t cgroup2 none ${folder}-$$ && echo in && exec sleep 300'`;
    await using target = await startTarget(["unshare", "--mount", "sh", "-c", `${begin} && ${enter}`]);
    expect(await target.line()).toBe("in");
    const { pid } = target;
    onTestFinished(() => removeLeftovers(pid));
    const own = `d=${folder}-${pid}; mount -t cgroup2 none $d && echo $$ > $d/tickbird-reader-${pid}/cgroup.procs && umount $d`;
    const read = `exec unshare --cgroup ${process.execPath} ${fixturePath("read-resources.ts")} ${pid}`;
    await using reader = await startTarget(["unshare", "--mount", "sh", "-c", `${own} && ${read}`]);
    const { report } = JSON.parse(await reader.line());
    expect(report.process.pid).toBe(pid);
    expect(report.pressure.cpu).toMatchObject({ of: "cgroup" });
    // Nothing of it has waited for the CPU for long; the machine has.
    const host = Number(/total=(\d+)/.exec(await readFile("/proc/pressure/cpu", "utf8"))?.[1]) * 1_000;
    expect(report.pressure.cpu.some.totalNs).toBeLessThan(host);
    await target.kill();
  });
});

/** The cgroups outlive the mount; the folder that it was mounted on too. */
async function removeLeftovers(pid: number): Promise<void> {
  const script = `d=/tmp/tickbird-cg2-${pid}; mount -t cgroup2 none $d; for c in $d/tickbird-*-${pid}; do while [ -d $c ]; do rmdir $c; done; done; umount $d; rmdir $d; echo gone`;
  await using cleaner = await startTarget(["unshare", "--mount", "sh", "-c", script]);
  expect(await cleaner.line()).toBe("gone");
}

test("a file that is held is read anew each time, whole beyond a page, and fails once its process has ended", async () => {
  // Before Node.js has started, its memory map is a few lines.
  const program = "console.log('up'); setInterval(() => {}, 1000)";
  await using target = await startTarget([process.execPath, "--eval", program]);
  expect(await target.line()).toBe("up");
  const path = `/proc/${target.pid}/maps`;
  const file = await holdFile(path);
  const text = await file.read();
  expect(text.length).toBeGreaterThan(4_096);
  expect(text.endsWith("\n")).toBe(true);
  expect((await file.read()).split("\n").at(-2)).toContain("[vsyscall]");
  await target.kill();
  await file.close();
  await expect(file.read()).rejects.toThrow("is closed");
  const stat = await holdFile(`/proc/${process.pid}/stat`);
  expect(await stat.read()).toMatch(/^\d+ \(/);
  await stat.close();
});
