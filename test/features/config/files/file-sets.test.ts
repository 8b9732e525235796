import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fileList } from "../../../../src/features/config/config-schema.ts";
import { isMissing } from "../../../support/needs.ts";
import { startInOwnRoot } from "../support/own-root.ts";
import { type ServedConfig, serveConfig, testFolder } from "../support/serve-config.ts";

async function list(app: ServedConfig) {
  return fileList.strict().parse(await (await app.get("/config")).json()).files;
}

async function names(app: ServedConfig): Promise<string[]> {
  return (await list(app)).map(({ name }) => name);
}

const asText = { headers: { accept: "text/plain" } };

describe("a pattern in config.files", () => {
  test("stands for what matches at the moment: files come and go, are read and changed", async () => {
    await using folder = await testFolder();
    await folder.write("b.conf", "b 1;\n");
    await folder.write("c.txt", "no");
    await folder.write(".hidden.conf", "no");
    await folder.write(".tickbird-0123456789ab.tmp", "no");
    await mkdir(join(folder.path, "folder.conf"));
    await using app = await serveConfig({ files: [join(folder.path, "*.conf")] });
    expect(await names(app)).toEqual(["b.conf"]);
    await folder.write("a.conf", "a 1;\n");
    expect(await names(app)).toEqual(["a.conf", "b.conf"]);
    expect(await (await app.get("/config/a.conf", asText)).text()).toBe("a 1;\n");
    expect((await app.put("a.conf", "a 2;\n")).status).toBe(200);
    expect(await folder.read("a.conf")).toBe("a 2;\n");
    await rm(join(folder.path, "b.conf"));
    expect(await names(app)).toEqual(["a.conf"]);
    const gone = await app.get("/config/b.conf");
    expect([gone.status, await gone.json()]).toMatchObject([404, { remedy: "Did you mean a.conf?" }]);
  });

  test("has nothing but what matches: no other file, no other folder, no link out of it", async () => {
    await using folder = await testFolder();
    await using outside = await testFolder();
    await outside.write("outside.conf", "secret");
    await folder.write("app.conf", "x 1;\n");
    await folder.write("other.txt", "no");
    await mkdir(join(folder.path, "below"));
    await writeFile(join(folder.path, "below", "in.conf"), "no");
    await symlink(join(outside.path, "outside.conf"), join(folder.path, "away.conf"));
    await symlink("app.conf", join(folder.path, "alias.conf"));
    await using app = await serveConfig({ files: [join(folder.path, "**.conf"), join(folder.path, ".*")] });
    expect(await names(app)).toEqual(["alias.conf", "app.conf", "away.conf"]);
    expect(await (await app.get("/config/alias.conf", asText)).text()).toBe("x 1;\n");
    const statuses: unknown[] = [];
    for (const name of ["away.conf", "other.txt", "below%2Fin.conf", "..%2Fx.conf", "..", "app.conf%00"]) {
      statuses.push([name, (await app.get(`/config/${name}`)).status]);
    }
    expect(statuses).toEqual([
      ["away.conf", 409],
      ["other.txt", 404],
      ["below%2Fin.conf", 404],
      ["..%2Fx.conf", 404],
      ["..", 404],
      ["app.conf%00", 404],
    ]);
    expect((await list(app)).find(({ name }) => name === "away.conf")).toMatchObject({
      readable: false,
      problem: { detail: expect.stringContaining("leads out of its folder") },
    });
  });

  test("may have a name, which then stands before those of its files; without one a name taken is said", async () => {
    await using one = await testFolder();
    await using other = await testFolder();
    for (const folder of [one, other]) {
      await folder.write("app.ini", `in = ${folder.path}\n`);
      await folder.write("own.ini", "x = 1\n");
    }
    await using app = await serveConfig({
      files: [
        { name: "own", path: join(one.path, "own.ini"), format: "text" },
        join(one.path, "*.ini"),
        join(other.path, "*.ini"),
        { name: "set", path: join(other.path, "a*.ini"), reload: { kind: "signal" } },
      ],
    });
    const files = await list(app);
    expect(files.map(({ name, path, format }) => [name, path.startsWith(one.path), format])).toEqual([
      ["own", true, "text"],
      ["app.ini", true, "ini"],
      ["app.ini", false, "ini"],
      ["own.ini", false, "ini"],
    ]);
    expect(files[2]?.problem?.remedy).toContain(`{name: other, path: "${join(other.path, "*.ini")}"}`);
    expect(await (await app.get("/config/app.ini", asText)).text()).toBe(`in = ${one.path}\n`);

    await using named = await serveConfig({
      files: [join(one.path, "*.ini"), { name: "set", path: join(other.path, "*.ini") }],
    });
    expect(await names(named)).toEqual(["app.ini", "own.ini", "set:app.ini", "set:own.ini"]);
    expect(await (await named.get("/config/set:app.ini", asText)).text()).toBe(`in = ${other.path}\n`);
    expect((await named.put("set:own.ini", "x = 2\n")).status).toBe(200);
    expect(await other.read("own.ini")).toBe("x = 2\n");
    const page = await (await named.get("/config", { headers: { accept: "text/html" } })).text();
    expect(page).toContain('href="config/set%3Aapp.ini"');
  });

  test("with more files than allowed, or no folder, is listed with what mends it", async () => {
    await using folder = await testFolder();
    for (const name of ["a", "b", "c"]) await folder.write(`${name}.ini`, "");
    const pattern = join(folder.path, "*.ini");
    await using app = await serveConfig({ files: [pattern, "/nowhere/*.ini"], maxSetFiles: 2 });
    expect(await list(app)).toMatchObject([
      { name: "*.ini", path: pattern, problem: { remedy: expect.stringContaining("MAX_SET_FILES=4") } },
      { name: "*.ini", path: "/nowhere/*.ini", problem: { remedy: expect.stringContaining("/nowhere") } },
    ]);
    expect((await app.get("/config/a.ini")).status).toBe(409);
  });

  test("that nothing matches yet is an empty list until something does", async () => {
    await using folder = await testFolder();
    await using app = await serveConfig({ files: [join(folder.path, "*.ini")] });
    expect(await list(app)).toEqual([]);
    await rename(await folder.write("a", ""), join(folder.path, "a.ini"));
    expect(await names(app)).toEqual(["a.ini"]);
  });

  test("stands in the last part of a path only", async () => {
    await expect(serveConfig({ files: ["/etc/*/app.ini"] })).rejects.toThrow("only the last part of a path");
  });

  test.skipIf(isMissing("namespaces"))("looks into the app's own root where it says core:", async () => {
    await using app = await startInOwnRoot(
      'mkdir -p opt/app etc/app; for each in a b; do echo "$each = 1" > opt/app/$each.ini; done; ln -s /opt/app etc/app/conf.d',
    );
    await using server = await serveConfig(
      { files: ["core:/etc/app/conf.d/*.ini"] },
      { process: () => app.core },
    );
    expect((await list(server)).map(({ name, path }) => [name, path])).toEqual([
      ["a.ini", "core:/etc/app/conf.d/a.ini"],
      ["b.ini", "core:/etc/app/conf.d/b.ini"],
    ]);
    expect((await server.patch("b.ini", { b: "2" })).status).toBe(200);
    expect(await (await server.get("/config/b.ini", asText)).text()).toBe("b = 2\n");
    await using without = await serveConfig({ files: ["core:/etc/app/conf.d/*.ini"] });
    const missing = await without.get("/config/a.ini");
    expect([missing.status, await missing.json()]).toMatchObject([404, { code: "process-not-found" }]);
  });
});
