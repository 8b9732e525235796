import { expect, test } from "vitest";
import { readStat } from "../../src/linux/proc.ts";
import { parseStat, stateWord } from "../../src/linux/proc-stat.ts";
import { poll } from "../support/poll.ts";
import { startIdle, startNode } from "./target-process.ts";

const TAIL =
  "S 7 42 42 0 -1 4194304 101 0 6 0 33 11 0 0 25 5 5 0 215520 3133440 381 18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 3";

test("a name with parentheses, blanks and newlines does not shift the fields", () => {
  for (const comm of ["sh", "a) S (b", "tmux: server", "x\ny) R 1 1", ")", ""]) {
    expect(parseStat(`42 (${comm}) ${TAIL}`)).toEqual({
      pid: 42,
      comm,
      stateLetter: "S",
      parentPid: 7,
      isKernelThread: false,
      userTicks: 33,
      systemTicks: 11,
      threads: 5,
      startTicks: 215520,
      minorFaults: 101,
      majorFaults: 6,
      nice: 5,
      lastCpu: 3,
    });
  }
});

test("what is no stat line is nothing, rather than a process of zeros", () => {
  expect(parseStat("")).toBeUndefined();
  expect(parseStat("42 (sh")).toBeUndefined();
  expect(parseStat("42 (sh) S")).toBeUndefined();
});

test("a kernel thread is told by its flag", () => {
  expect(parseStat(`2 (kthreadd) ${TAIL.replace("4194304", "2129984")}`)?.isKernelThread).toBe(true);
});

test("a process that names itself like the end of its own stat line is read right", async () => {
  await using target = await startNode("process.title = 'x) Z (y'; setInterval(() => {}, 1000)");
  const stat = await poll("the process has taken its name", async () => {
    const now = await readStat(target.pid);
    return now?.comm === "x) Z (y" ? now : undefined;
  });
  expect(stat).toMatchObject({ pid: target.pid, parentPid: process.pid });
  expect(["R", "S"]).toContain(stat.stateLetter);
});

test("a state is read, and has a word", async () => {
  await using target = await startIdle();
  target.child.kill("SIGSTOP");
  await poll("it is stopped", async () => (await readStat(target.pid))?.stateLetter === "T");
  expect(stateWord("T")).toBe("stopped");
  expect(stateWord("?")).toBe("unknown");
});
