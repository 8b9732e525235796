import { execFile, execFileSync } from "node:child_process";
import { chmod, chown, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { accessOf } from "../../src/linux/file-access.ts";
import { pinFile, readPinned } from "../../src/linux/pinned-file.ts";
import { replacePinned } from "../../src/linux/replace-file.ts";
import { readAttribute, writeWithAttribute } from "../features/config/support/extended-attributes.ts";
import { testFolder } from "../features/config/support/serve-config.ts";
import { bindMount, mountMemory } from "../support/mounts.ts";
import { isMissing } from "../support/needs.ts";

const FIXTURE = fileURLToPath(new URL("../fixtures/replace-file.ts", import.meta.url));
const IS_ROOT = process.getuid?.() === 0;
const NOBODY = 65_534;

/** Reads and replaces a file as a user without any rights: as nobody where this is root, else as ourselves. */
async function asNobody(path: string, content: string): Promise<Record<string, unknown>> {
  const user = IS_ROOT ? { uid: NOBODY, gid: NOBODY } : {};
  const { stdout } = await promisify(execFile)(process.execPath, [FIXTURE, path, content], user);
  return JSON.parse(stdout);
}

async function giveToNobody(path: string): Promise<void> {
  if (IS_ROOT) await chown(path, NOBODY, NOBODY);
}

async function replace(path: string, content: string) {
  await using pinned = await pinFile(path);
  return await replacePinned(pinned, Buffer.from(content));
}

test("mode and extended attributes are those of the old file", async ({ skip }) => {
  await using folder = await testFolder();
  const path = join(folder.path, "app.ini");
  skip(
    !(await writeWithAttribute(path, "old", "user.test", "kept")),
    "no extended attributes on this file system",
  );
  await chmod(path, 0o4750);
  expect(await replace(path, "new")).toEqual({ atomic: true, attributes: { kept: true } });
  expect(await folder.read("app.ini")).toBe("new");
  expect((await stat(path)).mode & 0o7777).toBe(0o4750);
  expect(readAttribute(path, "user.test")).toBe("kept");
});

test.skipIf(isMissing("ptrace"))(
  "what is written is on the disk before it takes the place of the old, and so is the folder after that",
  async () => {
    await using folder = await testFolder();
    await using traces = await testFolder();
    const path = await folder.write("app.ini", "old");
    const trace = join(traces.path, "trace");
    const calls = "fsync,fdatasync,rename,renameat,renameat2";
    const strace = ["-f", "-y", "-s", "4096", "-e", `trace=${calls}`, "-o", trace];
    await promisify(execFile)("strace", [...strace, process.execPath, FIXTURE, path, "new"]);
    expect(await folder.read("app.ini")).toBe("new");
    const steps = (await traces.read("trace")).split("\n").flatMap((line) => {
      const synced = /\bf(?:data)?sync\(\d+<([^>]+)>/.exec(line)?.[1];
      if (synced !== undefined) return [`sync ${synced === folder.path ? "folder" : "file"}`];
      return /\brename(?:at2?)?\(.*"(?:[^"]*\/)?app\.ini"/.test(line) ? ["rename"] : [];
    });
    expect(steps).toEqual(["sync file", "rename", "sync folder"]);
  },
);

test("a file that another program changed, replaced or removed since is left to it", async () => {
  await using folder = await testFolder();
  const path = await folder.write("app.ini", "old");
  const changes = [
    () => writeFile(path, "changed by another"),
    () => replace(path, "replaced by another"),
    async () => execFileSync("rm", [path]),
  ];
  for (const change of changes) {
    await using pinned = await pinFile(path);
    await change();
    await expect(replacePinned(pinned, Buffer.from("new"))).rejects.toMatchObject({
      code: "precondition-failed",
    });
  }
  expect(await readdir(folder.path)).toEqual([]);
});

describe("a user without rights", () => {
  test("replaces a file of its own in a folder of its own", async () => {
    await using folder = await testFolder();
    const path = await folder.write("app.ini", "old");
    await Promise.all([giveToNobody(folder.path), giveToNobody(path), chmod(path, 0o400)]);
    expect(await asNobody(path, "new")).toMatchObject({
      canRead: true,
      canWrite: true,
      read: "old",
      write: { atomic: true, attributes: { kept: true } },
    });
    expect(await folder.read("app.ini")).toBe("new");
  });

  test("is told who may read a file", async () => {
    await using folder = await testFolder();
    const path = await folder.write("app.ini", "old");
    await Promise.all([chmod(folder.path, 0o755), chmod(path, 0)]);
    const { canRead, read } = await asNobody(path, "new");
    expect(canRead).toBe(false);
    expect(read).toMatchObject({
      code: "permission-denied",
      remedy: expect.stringContaining(`user: "${process.getuid?.()}:${process.getgid?.()}"`),
    });
  });

  test("can't replace a file in a folder that it may not write, and nothing is left half-done", async () => {
    await using folder = await testFolder();
    const path = await folder.write("app.ini", "old");
    await Promise.all([giveToNobody(path), giveToNobody(folder.path), chmod(folder.path, 0o555)]);
    const { canWrite, write } = await asNobody(path, "new");
    await chmod(folder.path, 0o755);
    expect(canWrite).toBe(false);
    expect(write).toMatchObject({ code: "permission-denied", remedy: expect.stringContaining("user:") });
    expect(await folder.read("app.ini")).toBe("old");
    expect(await readdir(folder.path)).toEqual(["app.ini"]);
  });

  test.skipIf(isMissing("namespaces"))("can't take a file away from its owner", async () => {
    await using folder = await testFolder();
    const path = await folder.write("app.ini", "old");
    await chmod(folder.path, 0o777);
    const { canWrite, write } = await asNobody(path, "new");
    expect(canWrite).toBe(false);
    expect(write).toMatchObject({ code: "permission-denied", remedy: expect.stringContaining("CHOWN") });
    expect(await folder.read("app.ini")).toBe("old");
    expect(await stat(path)).toMatchObject({ uid: 0, gid: 0 });
    expect(await readdir(folder.path)).toEqual(["app.ini"]);
  });

  test("is told where a folder can't be entered", async () => {
    await using folder = await testFolder();
    const path = await folder.write("app.ini", "old");
    await giveToNobody(folder.path);
    await chmod(folder.path, 0o600);
    expect(await asNobody(path, "new")).toMatchObject({
      code: "permission-denied",
      remedy: expect.stringContaining("user:"),
    });
  });
});

describe.skipIf(isMissing("namespaces"))("on mounts", () => {
  test("a file that is itself a mount is written in place, and the answer says so", async () => {
    await using folder = await testFolder();
    const host = await folder.write("host.ini", "old content");
    const path = await folder.write("app.ini", "");
    await using _mount = bindMount(host, path);
    for (const content of ["longer than the old content", "short", ""]) {
      expect(await replace(path, content)).toEqual({ atomic: false, attributes: { kept: true } });
      expect(await folder.read("host.ini")).toBe(content);
    }
  });

  test("a file on a read-only file system is refused, with the key that mends it", async () => {
    await using folder = await testFolder();
    const path = await folder.write("app.ini", "old");
    const single = await folder.write("single.ini", "");
    await mkdir(join(folder.path, "ro"));
    await using _folder = bindMount(folder.path, join(folder.path, "ro"), { readOnly: true });
    await using _file = bindMount(path, single, { readOnly: true });
    for (const refused of [join(folder.path, "ro", "app.ini"), single]) {
      await using pinned = await pinFile(refused);
      const { readProblem, writeProblem } = await accessOf(pinned);
      expect(readProblem).toBeUndefined();
      expect(writeProblem).toMatchObject({
        code: "permission-denied",
        remedy: expect.stringContaining(":ro"),
      });
      await expect(replacePinned(pinned, Buffer.from("new"))).rejects.toMatchObject({
        code: "permission-denied",
        remedy: expect.stringContaining(":ro"),
      });
    }
    expect(await folder.read("app.ini")).toBe("old");
  });

  test("a full file system is 507, and the old file is whole, also where it can only be written in place", async () => {
    await using folder = await testFolder();
    const place = join(folder.path, "small");
    const single = await folder.write("single.ini", "");
    await mkdir(place);
    await using _memory = mountMemory(place, 65_536);
    const path = join(place, "app.ini");
    await writeFile(path, "a".repeat(20_000));
    await using _file = bindMount(path, single);
    for (const full of [path, single]) {
      await using pinned = await pinFile(full);
      const tooMuch = Buffer.from("b".repeat(100_000));
      await expect(replacePinned(pinned, tooMuch)).rejects.toMatchObject({
        code: "storage-full",
        status: 507,
      });
      expect((await readPinned(pinned, 100_000)).toString()).toBe("a".repeat(20_000));
    }
    expect(await readdir(place)).toEqual(["app.ini"]);
  });

  test("a mount over the folder of a file hides the old one and shows the new", async () => {
    await using folder = await testFolder();
    await mkdir(join(folder.path, "one"));
    await mkdir(join(folder.path, "two"));
    await writeFile(join(folder.path, "one", "app.ini"), "one");
    await writeFile(join(folder.path, "two", "app.ini"), "two");
    await using _mount = bindMount(join(folder.path, "two"), join(folder.path, "one"));
    expect(await replace(join(folder.path, "one", "app.ini"), "new")).toMatchObject({ atomic: true });
    expect(await folder.read("two/app.ini")).toBe("new");
  });
});
