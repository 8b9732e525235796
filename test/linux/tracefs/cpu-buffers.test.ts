import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { openCpuBuffers, type ReadBatch } from "../../../src/linux/tracefs/cpu-buffers.ts";
import { openInstance } from "../../../src/linux/tracefs/instance.ts";
import { lookAtTracefs } from "../../../src/linux/tracefs/tracefs-mount.ts";
import { isMissing } from "../../support/needs.ts";
import { mountTracefs } from "../../support/tracefs.ts";
import { startTarget } from "../target-process.ts";

const CALLS = 20_000;
/** The calls of a shell that becomes dd, and of dd until it begins. */
const OTHER_CALLS = 500;
/** See `CpuBuffers.read`: what is younger may not be in order yet. */
const SETTLE_MS = 5;

describe.skipIf(isMissing("tracefs"))("the kernel's buffers", () => {
  const mounted = mountTracefs();
  afterAll(() => mounted[Symbol.dispose]());

  /** Records so many reads and writes of a byte, reads all of it when they are over, and never in between. */
  async function record(bufferKb: number) {
    const tracefs = await lookAtTracefs(mounted.dir);
    await using instance = await openInstance(mounted.dir, { bufferKb });
    using buffers = await openCpuBuffers(tracefs, instance, process.hrtime.bigint());
    const script = `read go; exec dd if=/dev/zero of=/dev/null bs=1 count=${CALLS / 2} status=none`;
    await using target = await startTarget(["sh", "-c", script], { stdio: ["pipe", "ignore", "inherit"] });
    await instance.follow([target.pid]);
    for (const kind of ["return", "enter"] as const) await instance.enable(kind);
    target.child.stdin?.end("go\n");
    await once(target.child, "exit");
    const { waiting } = await instance.counts();
    await delay(SETTLE_MS);
    const records: ReadBatch["records"][number][] = [];
    let batch: ReadBatch;
    do {
      batch = buffers.read(50);
      records.push(...batch.records);
    } while (!batch.isDrained);
    return { records, waiting, brokenPages: batch.brokenPages, lost: (await instance.counts()).lost };
  }

  test("hold everything where they are large enough, in the order of the times", async () => {
    const { records, waiting, lost, brokenPages } = await record(4_096);
    expect({ lost, brokenPages }).toEqual({ lost: 0, brokenPages: 0 });
    expect(records).toHaveLength(waiting);
    expect(records.filter(({ kind }) => kind === "return").length).toBeGreaterThan(CALLS);
    const times = records.map(({ timeNs }) => timeNs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test("lose the oldest where they are too small, show where, and how many there were", async () => {
    const { records, lost, brokenPages } = await record(64);
    const read = records.filter(({ kind }) => kind !== "gap").length;
    expect(brokenPages).toBe(0);
    expect(read).toBeLessThan(CALLS);
    expect(read).toBeGreaterThan(100);
    expect(records.filter(({ kind }) => kind === "gap").length).toBeGreaterThan(0);
    expect(lost + read).toBeGreaterThanOrEqual(CALLS * 2);
    expect(lost + read).toBeLessThan((CALLS + OTHER_CALLS) * 2);
  });
});
