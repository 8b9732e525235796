import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { nowMs } from "../../src/base/clock.ts";
import { RecentLatency } from "../../src/base/recent-latency.ts";
import { poll } from "../support/poll.ts";

const MODULE = new URL("../../src/base/recent-latency.ts", import.meta.url).href;

test("the second before is told with at most an eighth too much, and what went before that is forgotten", () => {
  const at = nowMs();
  for (const tookMs of [0.004, 3, 250, 90_000]) {
    const latency = new RecentLatency();
    latency.add(tookMs, at);
    const { count, p50Ms, p99Ms, meanMs } = latency.read(at + 1_000);
    expect({ count, meanMs }).toEqual({ count: 1, meanMs: tookMs });
    expect(p50Ms).toBe(p99Ms);
    expect(p50Ms).toBeGreaterThanOrEqual(tookMs);
    expect(p50Ms).toBeLessThanOrEqual(tookMs * 1.125 + 0.001);
  }
  const latency = new RecentLatency();
  latency.add(1_000, at);
  expect(latency.read(at).count).toBe(0);
  expect(latency.read(at + 2_000).count).toBe(0);
  expect(latency.read(at + 5_000).count).toBe(0);
  latency.add(8, at + 4_000);
  expect(latency.read(at + 5_000)).toMatchObject({ count: 1, meanMs: 8 });
});

test("half of the answers are not above the median, five in a hundred above p95, and only one above p99", () => {
  const latency = new RecentLatency();
  const at = nowMs();
  for (let index = 0; index < 99; index += 1) latency.add(2, at);
  latency.add(700, at);
  const { count, p50Ms, p99Ms, meanMs } = latency.read(at + 1_000);
  expect({ count, meanMs }).toEqual({ count: 100, meanMs: (99 * 2 + 700) / 100 });
  expect(p50Ms).toBeLessThan(2.5);
  expect(p99Ms).toBeLessThan(2.5);
  latency.add(700, at);
  expect(latency.read(at + 1_000).p99Ms).toBeGreaterThan(650);
  expect(latency.read(at + 1_000).p95Ms).toBeLessThan(2.5);
  for (let index = 0; index < 4; index += 1) latency.add(700, at);
  expect(latency.read(at + 1_000).p95Ms).toBeGreaterThan(650);
});

test("the second of another process is taken over, and read when all can have sent theirs", () => {
  const [one, other, sum] = [new RecentLatency(), new RecentLatency(), new RecentLatency()];
  const at = nowMs();
  one.add(4, at);
  one.wait(3);
  other.add(4, at);
  other.add(900, at);
  const second = one.handOver(at + 1_000);
  expect(second).toMatchObject({ sumMs: 4, buckets: [[expect.any(Number), 1]], waiting: 3 });
  sum.takeOver(second);
  sum.takeOver(other.handOver(at + 1_000));
  expect(sum.read(at + 1_000).count).toBe(0);
  const { count, meanMs, p50Ms, p99Ms, waiting } = sum.read(at + 2_000);
  expect({ count, meanMs, waiting }).toEqual({ count: 3, meanMs: 908 / 3, waiting: 0 });
  expect(p50Ms).toBeLessThan(5);
  expect(p99Ms).toBeGreaterThan(899);
  // Four seconds later the memory is another second's, which one that comes late must not disturb.
  other.add(1, at + 4_000);
  sum.takeOver(other.handOver(at + 5_000));
  sum.takeOver(second);
  expect(sum.read(at + 6_000)).toMatchObject({ count: 1, meanMs: 1 });
});

test("another thread reads what this one writes, and how much is still waited for", async () => {
  const latency = new RecentLatency();
  latency.wait(1);
  latency.wait(1);
  latency.wait(-1);
  const worker = new Worker(
    `const { parentPort, workerData } = require("node:worker_threads");
     import(workerData.module).then(({ RecentLatency }) => {
       const latency = new RecentLatency(workerData.buffer);
       parentPort.on("message", () => parentPort.postMessage(latency.read()));
       parentPort.postMessage("ready");
     });`,
    { eval: true, workerData: { buffer: latency.buffer, module: MODULE } },
  );
  try {
    await once(worker, "message");
    latency.add(5, nowMs());
    const reading = await poll("the second to be over", async () => {
      worker.postMessage("read");
      const [answer] = await once(worker, "message");
      return answer.count > 0 && answer;
    });
    expect(reading).toMatchObject({ count: 1, meanMs: 5, waiting: 1 });
  } finally {
    await worker.terminate();
  }
});
