import { readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTick } from "node:timers/promises";
import { expect, it } from "vitest";
import { withFolderLock } from "../../src/listener/certificates/folder-lock.ts";
import { temporaryFolder } from "./certificate-support.ts";

const never = new AbortController().signal;

it("the folder's lock lets one at a time work, and leaves nothing behind", async () => {
  await using folder = await temporaryFolder();
  let inside = 0;
  let most = 0;
  let runs = 0;
  await Promise.all(
    Array.from({ length: 8 }, () =>
      withFolderLock(folder.path, never, async () => {
        inside += 1;
        most = Math.max(most, inside);
        await nextTick();
        inside -= 1;
        runs += 1;
      }),
    ),
  );
  expect({ most, runs }).toEqual({ most: 1, runs: 8 });
  expect(await readdir(folder.path)).toEqual([]);
});

it.each([
  ["long ago", -3_600_000],
  ["just now, by a clock that is ahead,", 3_600_000],
])("a lock that a process killed %s left behind is broken, by one of those who wait", async (_, offsetMs) => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, ".lock");
  await writeFile(path, "gone");
  const time = new Date(Date.now() + offsetMs);
  await utimes(path, time, time);
  let inside = 0;
  const work = async () => {
    inside += 1;
    expect(inside).toBe(1);
    await nextTick();
    inside -= 1;
  };
  await Promise.all([1, 2, 3, 4].map(() => withFolderLock(folder.path, never, work)));
  expect(await readdir(folder.path)).toEqual([]);
});

it("who waits for the lock gives up when the signal fires", async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, ".lock"), "held");
  const stop = new AbortController();
  const waiting = withFolderLock(folder.path, stop.signal, async () => "never");
  stop.abort();
  await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
  expect(await readFile(join(folder.path, ".lock"), "utf8")).toBe("held");
});

it("the lock is free again after work that failed", async () => {
  await using folder = await temporaryFolder();
  const failing = withFolderLock(folder.path, never, async () => {
    throw new Error("it failed");
  });
  await expect(failing).rejects.toThrow("it failed");
  expect(await withFolderLock(folder.path, never, async () => "free")).toBe("free");
});
