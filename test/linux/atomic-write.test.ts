import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, stat, symlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { removeFromBefore, removeLeftovers, writeFileAtomic } from "../../src/linux/atomic-write.ts";
import { testFolder } from "../features/config/support/serve-config.ts";
import { poll } from "../support/poll.ts";

const WRITER = fileURLToPath(new URL("../fixtures/atomic-writer.ts", import.meta.url));

test("a file is made with exactly the mode that is asked for, whatever the umask", async () => {
  await using folder = await testFolder();
  for (const mode of [0o600, 0o644, 0o666, 0o440, 0o2750]) {
    await writeFileAtomic(join(folder.path, "file"), "content", { mode });
    expect((await stat(join(folder.path, "file"))).mode & 0o7777).toBe(mode);
  }
  expect(await readdir(folder.path)).toEqual(["file"]);
});

test("a link is replaced, not followed", async () => {
  await using folder = await testFolder();
  await folder.write("target", "old");
  await symlink("target", join(folder.path, "link"));
  await writeFileAtomic(join(folder.path, "link"), "new", { mode: 0o600 });
  expect(await folder.read("target")).toBe("old");
  expect(await folder.read("link")).toBe("new");
});

test("what fails before the rename leaves the old file and no other", async () => {
  await using folder = await testFolder();
  const path = await folder.write("file", "old");
  const fail = () => Promise.reject(new Error("not now"));
  await expect(writeFileAtomic(path, "new", { mode: 0o600, beforeRename: fail })).rejects.toThrow("not now");
  await expect(writeFileAtomic(path, "new", { mode: 0o600, prepare: fail })).rejects.toThrow("not now");
  await expect(writeFileAtomic(join(path, "below"), "new", { mode: 0o600 })).rejects.toThrow("ENOTDIR");
  expect(await folder.read("file")).toBe("old");
  expect(await readdir(folder.path)).toEqual(["file"]);
});

test("a writer that is killed at any instant leaves the old content or the new one, whole", async () => {
  await using folder = await testFolder();
  const path = await folder.write("file", "x".repeat(200_000));
  const seen = new Set<string>();
  for (let kill = 0; kill < 12; kill++) {
    const writer = spawn(process.execPath, [WRITER, path, String(kill)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let writes = 0;
    writer.stdout.on("data", (chunk: Buffer) => {
      writes += chunk.length;
    });
    // A few writes on, so that each one dies at another point of its loop.
    await poll("the writer writes", () => writes > 2 + kill * 3, { intervalMs: 1 });
    writer.kill("SIGKILL");
    await once(writer, "exit");
    const content = await readFile(path, "utf8");
    expect(content).toHaveLength(200_000);
    expect(new Set(content).size).toBe(1);
    seen.add(content.slice(0, 1));
  }
  expect(seen.size).toBeGreaterThan(1);
  await removeLeftovers(folder.path, Date.now() + 120_000);
  expect(await readdir(folder.path)).toEqual(["file"]);
});

test("only old files with the name of ours are taken for leftovers; a check may take longer than a write", async () => {
  await using folder = await testFolder();
  const ages: readonly (readonly [name: string, ageMs: number, isLeftover: boolean])[] = [
    [".tickbird-0123456789ab.tmp", 61_000, true],
    [".tickbird-abcdefabcdef.tmp", 0, false],
    [".tickbird-0123456789ac.check.conf", 901_000, true],
    [".tickbird-0123456789ad.check", 901_000, true],
    [".tickbird-0123456789ae.check.conf", 700_000, false],
    [".tickbird-xyz.tmp", 901_000, false],
    ["app.ini.tmp", 901_000, false],
  ];
  const now = Date.now();
  for (const [name, ageMs] of ages) {
    const changedAt = new Date(now - ageMs);
    await utimes(await folder.write(name, ""), changedAt, changedAt);
  }
  await removeLeftovers(folder.path, now);
  const stay = ages.flatMap(([name, , isLeftover]) => (isLeftover ? [] : [name]));
  expect((await readdir(folder.path)).sort()).toEqual(stay.sort());
  await removeLeftovers(join(folder.path, "missing"));
});

test("of what was there before we began nothing is left, however young; what is ours stays", async () => {
  await using folder = await testFolder();
  const startedAtMs = Date.now();
  const write = async (name: string, atMs: number) => {
    await utimes(await folder.write(name, ""), new Date(atMs), new Date(atMs));
  };
  await write(".tickbird-0123456789ab.tmp", startedAtMs - 20);
  await write(".tickbird-0123456789ac.check.conf", startedAtMs - 20);
  await write(".tickbird-0123456789ad.tmp", startedAtMs + 20);
  await write("app.ini.tmp", startedAtMs - 20);
  await removeFromBefore(folder.path, startedAtMs);
  expect((await readdir(folder.path)).sort()).toEqual([".tickbird-0123456789ad.tmp", "app.ini.tmp"]);
});
