import { spawnSync } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { timeOfTicks, uptimeTicks } from "../../src/linux/boot-clock.ts";
import {
  listPids,
  listThreads,
  MAX_COMMAND_LINE_BYTES,
  readCommandLine,
  readDescriptors,
  readExecutable,
  readNamespace,
  readStat,
  readStatus,
  readText,
} from "../../src/linux/proc.ts";
import { createUserNames } from "../../src/linux/user-names.ts";
import { poll } from "../support/poll.ts";
import { fixturePath, startFixture, startIdle, startNode, startTarget } from "./target-process.ts";

/** No pid can be this: the kernel's limit is 2^22 (PID_MAX_LIMIT). */
const NO_PID = 4_194_305;

test("a process that is not there is undefined, never a value", async () => {
  expect(await readStat(NO_PID)).toBeUndefined();
  expect(await readStatus(NO_PID)).toBeUndefined();
  expect(await readCommandLine(NO_PID)).toBeUndefined();
  expect(await listThreads(NO_PID)).toEqual([]);
  expect((await readExecutable(NO_PID)).value).toBeNull();
  expect(await listPids()).not.toContain(NO_PID);
});

test("arguments come out as they were given, also empty ones and those with line breaks", async () => {
  const argv = ["sh", "-c", "sleep 300; :", "name", "", "two\nlines", "a b"] as const;
  await using target = await startTarget([...argv]);
  expect((await readCommandLine(target.pid))?.value).toEqual({ argv: [...argv], isCut: false });
});

test("a title that a process wrote over its arguments is one text, without the padding behind it", async () => {
  await using target = await startNode(
    "process.title = 'server: idle'; setInterval(() => {}, 1000)",
    "x".repeat(200),
  );
  const read = await poll("the title is set", async () => {
    const { value } = (await readCommandLine(target.pid)) ?? {};
    return value?.argv[0]?.startsWith("server") ? value : undefined;
  });
  expect(read.argv).toEqual(["server: idle"]);
});

test("a command line beyond the limit is cut, and says so", async () => {
  await using target = await startTarget([
    "sh",
    "-c",
    "sleep 300; :",
    "x".repeat(100_000),
    "y".repeat(100_000),
  ]);
  const { value } = (await readCommandLine(target.pid)) ?? {};
  expect(value?.isCut).toBe(true);
  expect(Buffer.byteLength(value?.argv.join("\0") ?? "")).toBe(MAX_COMMAND_LINE_BYTES);
});

test("the executable, the descriptors, the threads and the namespaces of a process are read", async () => {
  await using target = await startFixture("threads.mjs");
  await poll("its threads run", async () => (await listThreads(target.pid)).length > 4);
  expect((await readExecutable(target.pid)).value).toBe((await readExecutable(process.pid)).value);
  expect((await readDescriptors(target.pid)).value?.get(0)).toBe("/dev/null");
  expect((await readNamespace(target.pid, "net")).value).toMatch(/^net:\[\d+\]$/);
  expect(await readNamespace(target.pid, "pid")).toEqual(await readNamespace("self", "pid"));
  expect((await readCommandLine(target.pid))?.value?.argv).toContain(fixturePath("threads.mjs"));
});

test("a start time is told to a second, and the age of a process fits to it", async () => {
  await using target = await startIdle();
  const stat = await readStat(target.pid);
  const startTime = Date.parse(timeOfTicks(stat?.startTicks ?? 0));
  expect(Math.abs(Date.now() - startTime)).toBeLessThan(5_000);
  expect(uptimeTicks()).toBeGreaterThanOrEqual(stat?.startTicks ?? Number.POSITIVE_INFINITY);
});

test("a uid gets its name from the password file of the process's own root", async () => {
  const names = createUserNames();
  expect(await names.nameOf(process.pid, 0)).toBe("root");
  expect(await names.nameOf(process.pid, 4_000_000)).toBeNull();
  expect(await names.nameOf(NO_PID, 0)).toBe("root");
});

test("neither a FIFO nor a link in the place of a file is followed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tickbird-proc-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  spawnSync("mkfifo", [join(folder, "fifo")]);
  await writeFile(join(folder, "file"), "12345678");
  await symlink(join(folder, "file"), join(folder, "link"));
  await expect(readText(join(folder, "fifo"), 100)).rejects.toThrow("not a regular file");
  await expect(readText(join(folder, "link"), 100)).rejects.toMatchObject({ code: "ELOOP" });
  expect(await readText(join(folder, "file"), 5)).toBe("12345");
});
