import { expect, test } from "vitest";
import { readStat } from "../../src/linux/proc.ts";
import { ownPids, readProcessTable } from "../../src/linux/process-table.ts";
import { type Child, CommandError, run, start, startedPids } from "../../src/linux/spawn.ts";
import { poll } from "../support/poll.ts";
import { hasEnded, startIdle, startNode } from "./target-process.ts";

const failureOf = async (running: Promise<unknown>): Promise<CommandError> => {
  const error = await running.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CommandError)) throw new Error("it did not fail as a command", { cause: error });
  return error;
};

test("arguments reach the program as they are: no shell looks at them", async () => {
  const argument = "$(id) `id` ; echo * | cat > /dev/null 'x' \"y\"\n";
  expect((await run(["printf", "%s", argument])).stdout).toBe(argument);
});

test("the environment of the sidecar, where its tokens are, does not reach the program", async () => {
  process.env["SIDECAR_AUTH_TOKEN"] = "a-token-nobody-may-see";
  const { stdout } = await run(["env"]);
  delete process.env["SIDECAR_AUTH_TOKEN"];
  expect(stdout.split("\n").map((line) => line.split("=")[0])).toEqual(["PATH", "LC_ALL", "HOME", ""]);
});

test("a program that fails says its exit code, its complaint and how long it took", async () => {
  const { exit, message } = await failureOf(run(["sh", "-c", "echo no >&2; exit 3"]));
  expect(exit).toMatchObject({ exitCode: 3, signal: null, stderr: "no\n", stoppedBy: null });
  expect(exit.command).toEqual(["sh", "-c", "echo no >&2; exit 3"]);
  expect(exit.durationMs).toBeGreaterThan(0);
  expect(message).toBe("sh ended with 3: no");
});

test("a program that is not installed is told apart by the system's error", async () => {
  const error = await failureOf(run(["tickbird-no-such-program"]));
  expect(error.cause).toMatchObject({ code: "ENOENT" });
  expect(error.message).toContain("can't be started");
});

test("a program that takes too long is stopped", async () => {
  const { exit, message } = await failureOf(run(["sleep", "300"], { timeoutMs: 50 }));
  expect(exit).toMatchObject({ signal: "SIGTERM", stoppedBy: "timeout" });
  expect(message).toContain("did not end within 50 ms");
});

test("a program that ignores SIGTERM is killed", async () => {
  await using child = await start(
    ["sh", "-c", "trap '' TERM; echo ready >&2; while :; do sleep 0.05; done"],
    {
      killAfterMs: 100,
    },
  );
  await poll("it ignores SIGTERM by now", () => child.stderr() === "ready\n");
  expect(await child.stop()).toMatchObject({ signal: "SIGKILL", stoppedBy: "caller" });
  expect(await readStat(child.pid)).toBeUndefined();
});

test("an abort stops the program, one before the start as well", async () => {
  const controller = new AbortController();
  await using child = await start(["sleep", "300"], { signal: controller.signal });
  controller.abort();
  expect(await child.exited).toMatchObject({ signal: "SIGTERM", stoppedBy: "signal" });
  const { exit } = await failureOf(run(["sleep", "300"], { signal: controller.signal }));
  expect(exit.stoppedBy).toBe("signal");
});

test("output beyond the limit is read and thrown away, so that the program never waits for us", async () => {
  const { stdout, stderr } = await run(
    ["sh", "-c", "head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2"],
    {
      maxOutputBytes: 1_000,
      timeoutMs: 15_000,
    },
  );
  expect([stdout.length, stderr.length]).toEqual([1_000, 1_000]);
});

test("a grandchild that keeps the output open does not hold up the end", async () => {
  const { stdout } = await run(["sh", "-c", "sleep 5 & echo done"], { timeoutMs: 4_000 });
  expect(stdout).toBe("done\n");
});

/** A shell that leads a group, with a child that heeds no SIGTERM. */
const LEADER = ["sh", "-c", "(trap '' TERM; exec sleep 300) & wait"] as const;

const childOf = (pid: number) =>
  poll("its child runs", async () =>
    [...(await readProcessTable()).values()].find((stat) => stat.parentPid === pid && stat.comm === "sleep"),
  );

const untilGone = (pid: number) => poll("it is gone", () => hasEnded(pid));

test.each([
  ["it is stopped", (child: Child) => child.stop()],
  ["somebody kills it", (child: Child) => process.kill(child.pid, "SIGKILL")],
])("what a leader of a group has started is killed when %s", async (_, end) => {
  await using child = await start(LEADER, { leadsGroup: true });
  const { pid } = await childOf(child.pid);
  await end(child);
  await child.exited;
  await untilGone(pid);
});

test("a leader of a group, and what it has started, are killed when the sidecar exits", async () => {
  const url = new URL("../../src/linux/spawn.ts", import.meta.url);
  await using sidecar = await startNode(
    `import { start } from ${JSON.stringify(url)};
    const child = await start(${JSON.stringify(LEADER)}, { leadsGroup: true });
    console.log(child.pid);
    process.on("SIGUSR2", () => process.exit());`,
  );
  const leader = Number(await sidecar.line());
  const { pid } = await childOf(leader);
  sidecar.child.kill("SIGUSR2");
  await untilGone(leader);
  await untilGone(pid);
});

test("what the sidecar has started counts as its own, with what that has started, until it has ended", async () => {
  await using other = await startIdle();
  const child = await start(["sh", "-c", "sleep 300 & wait"]);
  const grandchild = await poll("the grandchild runs", async () =>
    [...(await readProcessTable()).values()].find(
      (stat) => stat.parentPid === child.pid && stat.comm === "sleep",
    ),
  );
  const own = ownPids(await readProcessTable());
  expect([process.pid, child.pid, grandchild.pid].every((pid) => own.has(pid))).toBe(true);
  expect(own.has(other.pid)).toBe(false);
  process.kill(grandchild.pid);
  await child.stop();
  expect(startedPids()).not.toContain(child.pid);
});
