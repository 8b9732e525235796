import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { changeResult, fileList } from "../../../../src/features/config/config-schema.ts";
import { bindMount, mountMemory, mountWithQuota } from "../../../support/mounts.ts";
import { isMissing, isWithoutQuotas } from "../../../support/needs.ts";
import { type ServedConfig, serveConfig, testFolder } from "../support/serve-config.ts";

async function described(app: ServedConfig) {
  const { files } = fileList.parse(await (await app.get("/config")).json());
  return files[0];
}

describe.skipIf(isMissing("namespaces"))("a file in a container", () => {
  test("that is mounted by itself is changed in place, and both list and answer say so", async () => {
    await using folder = await testFolder();
    const path = await folder.write("app.ini", "");
    await using _mount = bindMount(await folder.write("host.ini", "a = 1\n"), path);
    await using app = await serveConfig({ files: [path] });
    expect(await described(app)).toMatchObject({ writable: true, atomic: false });
    const answer = await app.patch("app.ini", { a: "a longer value" });
    expect(changeResult.parse(await answer.json())).toMatchObject({ changed: true, atomic: false });
    expect(await folder.read("host.ini")).toBe("a = a longer value\n");
  });

  test("that is mounted read-only can be read, and a change is 403 with the key that mends it", async () => {
    await using folder = await testFolder();
    await folder.write("app.ini", "a = 1\n");
    await mkdir(join(folder.path, "ro"));
    await using _mount = bindMount(folder.path, join(folder.path, "ro"), { readOnly: true });
    await using app = await serveConfig({ files: [join(folder.path, "ro", "app.ini")] });
    expect(await described(app)).toMatchObject({
      readable: true,
      writable: false,
      problem: { remedy: expect.stringContaining(":ro") },
    });
    const answer = await app.put("app.ini", "a = 2\n");
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({
      code: "permission-denied",
      remedy: expect.stringContaining(":ro"),
    });
    expect(await (await app.get("/config/app.ini")).text()).toBe("a = 1\n");
  });

  test("on a full file system answers a change with 507 and stays whole", async () => {
    await using folder = await testFolder();
    const place = join(folder.path, "small");
    await mkdir(place);
    await using _memory = mountMemory(place, 65_536);
    await writeFile(join(place, "app.ini"), "a = 1\n");
    await using app = await serveConfig({ files: [join(place, "app.ini")] });
    const answer = await app.put("app.ini", `a = ${"2".repeat(100_000)}\n`);
    expect(answer.status).toBe(507);
    expect(await answer.json()).toMatchObject({ code: "storage-full", remedy: expect.any(String) });
    expect(await (await app.get("/config/app.ini")).text()).toBe("a = 1\n");
    expect(await readdir(place)).toEqual(["app.ini"]);
    expect(app.logged.filter(({ audit }) => audit !== undefined)).toEqual([]);
  });

  test.skipIf(isWithoutQuotas())(
    "where the quota is used up answers a change with 507 and stays whole",
    async () => {
      await using folder = await testFolder();
      const place = join(folder.path, "fs");
      await mkdir(place);
      await folder.write("image", "");
      await using _quota = mountWithQuota(place, join(folder.path, "image"), 1_048_576);
      const path = join(place, "limited", "app.ini");
      await writeFile(path, "a = 1\n");
      await using app = await serveConfig({ files: [path], maxBytes: 8_388_608 });
      const answer = await app.put("app.ini", `a = ${"2".repeat(4_000_000)}\n`);
      expect([answer.status, await answer.json()]).toMatchObject([
        507,
        { code: "storage-full", remedy: expect.any(String) },
      ]);
      expect(await (await app.get("/config/app.ini")).text()).toBe("a = 1\n");
      expect(await readdir(join(place, "limited"))).toEqual(["app.ini"]);
      expect((await app.put("app.ini", "a = 2\n")).status).toBe(200);
    },
    // Making and mounting the disk takes a busy machine long.
    120_000,
  );
});
