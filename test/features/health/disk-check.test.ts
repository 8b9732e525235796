import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { diskCheck } from "../../../src/features/health/disk-check.ts";

const never = new AbortController().signal;

test("it passes with room enough, and its figures are those of df", async () => {
  const result = await diskCheck(tmpdir(), 0).run(never);

  const [, line = ""] = execFileSync("df", ["--block-size=1", "--output=size", tmpdir()], {
    encoding: "utf8",
  }).split("\n");
  expect(result.status).toBe("pass");
  expect(result.figures).toMatchObject({ totalBytes: Number(line.trim()), freePercent: expect.any(Number) });
  expect(result.detail).toContain(tmpdir());
});

test("it warns where less is free than asked for, and says how to mend it", async () => {
  const result = await diskCheck(tmpdir(), 101).run(never);

  expect(result).toMatchObject({
    status: "warn",
    remedy: expect.stringContaining("SIDECAR_HEALTH_MIN_DISK_FREE_PERCENT"),
  });
});

test("a file system without a number of inodes is judged by its space alone", async () => {
  const result = await diskCheck("/proc", 0).run(never);

  expect(result.figures).toMatchObject({ totalBytes: 0, freePercent: null, freeInodesPercent: null });
  expect(result.status).toBe("pass");
});

test("a folder that is not there fails", async () => {
  await expect(diskCheck("/no/such/folder", 5).run(never)).rejects.toThrow(/ENOENT.*\/no\/such\/folder/);
});
