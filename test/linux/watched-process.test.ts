import { expect, test } from "vitest";
import { startTicksOf, watchProcess } from "../../src/linux/watched-process.ts";
import { poll } from "../support/poll.ts";
import { hasEnded, startIdle, startScript } from "./target-process.ts";

test("a watched process is killed with the group that it leads", async () => {
  await using leader = await startScript("sleep 300 & echo $!; wait");
  const child = Number(await leader.line());
  using watched = watchProcess(leader.pid, startTicksOf(leader.pid) ?? 0);
  expect(watched?.look()?.stat.pid).toBe(leader.pid);
  watched?.killGroup();
  await poll("both are gone", async () => (await hasEnded(leader.pid)) && (await hasEnded(child)));
  expect(watched?.look()).toBeUndefined();
});

test("a process with the same pid, but started at another time, is neither watched nor killed", async () => {
  await using other = await startIdle();
  expect(watchProcess(other.pid, (startTicksOf(other.pid) ?? 0) - 1)).toBeUndefined();
  expect(startTicksOf(4_194_303)).toBeUndefined();
  expect(await hasEnded(other.pid)).toBe(false);
});
