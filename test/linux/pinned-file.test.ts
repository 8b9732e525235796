import { mkdir, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { pinFile, readPinned } from "../../src/linux/pinned-file.ts";
import { testFolder } from "../features/config/support/serve-config.ts";
import { bindMount } from "../support/mounts.ts";
import { isMissing } from "../support/needs.ts";

test("what is read is the file that was pinned, whatever is put in its place", async () => {
  await using folder = await testFolder();
  const path = await folder.write("app.ini", "pinned");
  await using pinned = await pinFile(path);
  await rename(path, join(folder.path, "moved"));
  await symlink("/etc/passwd", path);
  expect((await readPinned(pinned, 100)).toString()).toBe("pinned");
});

test("a folder on the way may be a link; the file must not leave the folder that is named", async () => {
  await using folder = await testFolder();
  await using elsewhere = await testFolder();
  await elsewhere.write("app.ini", "there");
  await symlink(elsewhere.path, join(folder.path, "link"));
  await using pinned = await pinFile(join(folder.path, "link", "app.ini"));
  expect(pinned).toMatchObject({
    realPath: join(elsewhere.path, "app.ini"),
    isMount: false,
    name: "app.ini",
  });
  await symlink(join(elsewhere.path, "app.ini"), join(folder.path, "away.ini"));
  await expect(pinFile(join(folder.path, "away.ini"))).rejects.toMatchObject({
    code: "conflict",
    remedy: expect.stringContaining(join(elsewhere.path, "app.ini")),
  });
});

test("a folder whose name only begins alike is another folder", async () => {
  await using folder = await testFolder();
  await using sibling = await testFolder(folder.path);
  const target = await sibling.write("app.ini", "sibling");
  await using inner = await testFolder(folder.path);
  await symlink(target, join(inner.path, "app.ini"));
  await expect(pinFile(join(inner.path, "app.ini"))).rejects.toMatchObject({ code: "conflict" });
});

test("a dangling link and a path through a file are missing files", async () => {
  await using folder = await testFolder();
  await symlink("nowhere", join(folder.path, "dangling"));
  const path = await folder.write("file", "");
  for (const missing of [
    join(folder.path, "dangling"),
    join(path, "below"),
    join(folder.path, "none", "x"),
  ]) {
    await expect(pinFile(missing)).rejects.toMatchObject({ code: "not-found", remedy: expect.any(String) });
  }
});

test("no descriptor is left open, whether a file is pinned or refused", async () => {
  await using folder = await testFolder();
  const path = await folder.write("app.ini", "x");
  const { readdir } = await import("node:fs/promises");
  const open = async () => (await readdir("/proc/self/fd")).length;
  const before = await open();
  for (let turn = 0; turn < 20; turn++) {
    {
      await using pinned = await pinFile(path);
      await readPinned(pinned, 100);
    }
    await expect(pinFile(folder.path)).rejects.toMatchObject({ code: "conflict" });
    await expect(pinFile("/dev/null")).rejects.toMatchObject({ code: "conflict" });
  }
  expect(await open()).toBeLessThanOrEqual(before + 2);
});

describe.skipIf(isMissing("namespaces"))("a file that is itself a mount", () => {
  test("is known as one", async () => {
    await using folder = await testFolder();
    const source = await folder.write("source", "mounted");
    const path = await folder.write("app.ini", "");
    await using _mount = bindMount(source, path);
    await using pinned = await pinFile(path);
    expect(pinned.isMount).toBe(true);
    expect((await readPinned(pinned, 100)).toString()).toBe("mounted");
  });

  test("and was removed on the host is refused: what it shows is nobody's any more", async () => {
    await using folder = await testFolder();
    const source = await folder.write("source", "mounted");
    const path = await folder.write("app.ini", "");
    await using _mount = bindMount(source, path);
    await rm(source);
    await expect(pinFile(path)).rejects.toMatchObject({
      code: "conflict",
      remedy: expect.stringContaining("mount its folder"),
    });
  });
});

describe.skipIf(isMissing("namespaces"))("a path into a volume", () => {
  test("may go by links inside of it, and not out of it, whoever made them", async () => {
    await using folder = await testFolder();
    const volume = join(folder.path, "volume");
    for (const name of ["secrets", "source/real", "volume"]) {
      await mkdir(join(folder.path, name), { recursive: true });
    }
    await folder.write("secrets/app.ini", "of the sidecar");
    await folder.write("source/real/app.ini", "of the app");
    await using _mount = bindMount(join(folder.path, "source"), volume);
    const path = join(volume, "conf", "app.ini");
    await symlink("real", join(volume, "conf"));
    await using pinned = await pinFile(path);
    expect((await readPinned(pinned, 100)).toString()).toBe("of the app");
    await rm(join(volume, "conf"));
    await symlink(join(folder.path, "secrets"), join(volume, "conf"));
    await expect(pinFile(path)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("out of what is mounted there"),
      remedy: expect.stringContaining(join(folder.path, "secrets", "app.ini")),
    });
  });
});
