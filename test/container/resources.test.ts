import { afterAll, beforeAll, expect, test } from "vitest";
import { type ComposeProject, upProject } from "../support/docker.ts";
import { poll } from "../support/poll.ts";
import { type Client, openClient } from "./client.ts";

/** Limits that Docker sets, as the sidecar sees them from its own container, without a capability and without a mount. */

const json = { headers: { Accept: "application/json" } };
let project: ComposeProject;
let client: Client;

beforeAll(async () => {
  project = await upProject(["compose.yaml", "test/container/resources.yaml"]);
  client = await openClient(project);
});

afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
});

const ask = async (path: string) => {
  const answer = await client.ask(path, json);
  expect(answer.status, answer.text).toBe(200);
  return JSON.parse(answer.text);
};

test("the limits of the core's container are found, and what it uses of them is not the sidecar's", async () => {
  const report = await ask("/resources");
  expect(report).toMatchObject({
    process: { pid: expect.any(Number) },
    cgroup: { seenThrough: "core" },
    cpu: { quotaNs: 50_000_000, periodNs: 100_000_000, limitCpus: { value: 0.5, from: "cgroup" } },
    memory: { limitBytes: 96 * 1_048_576, effectiveLimitBytes: { value: 96 * 1_048_576, from: "cgroup" } },
    pids: { limit: 60, effectiveLimit: { value: 60, from: "cgroup" } },
  });
  const { memory, pids, cpu } = report;
  expect(memory.workingSetBytes).toBeGreaterThan(1_048_576);
  expect(memory.workingSetBytes).toBeLessThan(96 * 1_048_576);
  expect(memory.usedRatio).toBeGreaterThan(0);
  expect(pids.current).toBeGreaterThan(0);
  expect(cpu.usageNs).toBeGreaterThan(1_000_000);
  const tasks = await project.compose("exec", "-T", "core", "sh", "-c", "ls -d /proc/1/task/* | wc -l");
  // The core's threads, and no others: the shell that counts them is gone by now, or was not there yet.
  expect(Math.abs(pids.current - Number(tasks))).toBeLessThanOrEqual(4);
  expect(report.network.map(({ name }: { name: string }) => name)).toEqual(
    expect.arrayContaining(["lo", "eth0"]),
  );
  const mounts = report.fileSystems.flatMap((each: { mountPoints: string[] }) => each.mountPoints);
  expect(mounts).toEqual(expect.arrayContaining(["/", "/etc/legacy-app"]));
});

test("a core that wants more than its quota is seen at it, throttled", { timeout: 200_000 }, async () => {
  // Until it is seen: on a busy machine it gets its quota only now and then. The end of the container ends it.
  await project.compose("exec", "--detach", "core", "timeout", "180", "sh", "-c", "while :; do :; done");
  const point = await poll(
    "a throttled second",
    async () => {
      const { points } = await ask("/resources/history?window=1m");
      return points.find(
        (each: { cpuRatio: number; throttledRatio: number }) =>
          each.cpuRatio > 0.8 && each.throttledRatio > 0.5,
      );
    },
    { timeoutMs: 170_000, intervalMs: 500 },
  );
  expect(point.usedCpus).toBeGreaterThan(0.4);
  expect(point.usedCpus).toBeLessThan(0.7);
});

test("the capabilities say that the core's cgroup and file systems can be read", async () => {
  const { capabilities } = await ask("/capabilities");
  const { parts } = capabilities.find(({ name }: { name: string }) => name === "resources");
  const works = parts
    .filter((part: { works: boolean }) => part.works)
    .map((part: { name: string }) => part.name);
  expect(works).toEqual(
    expect.arrayContaining([
      "read the app's cgroup (CPU, memory, tasks, I/O)",
      "read the room on the app's file systems",
    ]),
  );
});
