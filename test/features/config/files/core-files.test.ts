import { chmod, chown, readdir, readFile, rename, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { changeResult, fileList } from "../../../../src/features/config/config-schema.ts";
import type { CoreProcess } from "../../../../src/linux/core-process.ts";
import { isMissing } from "../../../support/needs.ts";
import { readAttribute, writeWithAttribute } from "../support/extended-attributes.ts";
import { startInOwnRoot } from "../support/own-root.ts";
import { type ServedConfig, serveConfig, testFolder } from "../support/serve-config.ts";

const FILL = "mkdir etc/app; printf 'a = 1\\n' > etc/app/app.ini";

function serve(core: CoreProcess, ...files: readonly unknown[]): Promise<ServedConfig> {
  return serveConfig({ files }, { process: () => core });
}

describe.skipIf(isMissing("namespaces"))("a file in the app's own root", () => {
  test("is listed, read and changed there, whole or not at all, and keeps its owner, mode and inode's folder", async () => {
    await using app = await startInOwnRoot(FILL);
    const path = `${app.root}/etc/app/app.ini`;
    await chown(path, 1234, 1235);
    await chmod(path, 0o640);
    const before = await stat(path);
    await using server = await serve(app.core, "core:/etc/app/app.ini");
    const list = fileList.strict().parse(await (await server.get("/config")).json());
    expect(list.files).toMatchObject([
      {
        ...{ name: "app.ini", path: "core:/etc/app/app.ini", format: "ini" },
        ...{ mode: "0640", uid: 1234, gid: 1235, readable: true, writable: true, atomic: true },
      },
    ]);
    const answer = await server.patch("app.ini", { a: "2" });
    expect(changeResult.parse(await answer.json())).toMatchObject({ changed: true, atomic: true });
    expect(await readFile(path, "utf8")).toBe("a = 2\n");
    const after = await stat(path);
    expect([after.uid, after.gid, after.mode]).toEqual([1234, 1235, before.mode]);
    expect(after.ino).not.toBe(before.ino);
    expect(await readdir(`${app.root}/etc/app`)).toEqual(["app.ini"]);
  });

  test("is created there where there is none, after the app's own check, and never beyond its root", async () => {
    await using outside = await testFolder();
    await using app = await startInOwnRoot(`${FILL}; ln -s ${outside.path} etc/away`);
    await chown(`${app.root}/etc/app`, 1234, 1235);
    await using server = await serve(
      app.core,
      { path: "core:/etc/app/new.ini", validate: { command: ["grep", "-q", "b", "{file}"], in: "core" } },
      { path: "core:/etc/away/new.ini", name: "away" },
    );
    const create = (name: string, body: string) =>
      server.get(`/config/${name}`, {
        method: "PUT",
        body,
        headers: { "content-type": "text/plain", "if-none-match": "*" },
      });
    expect((await create("new.ini", "a = 1\n")).status).toBe(422);
    expect((await create("new.ini", "b = 1\n")).status).toBe(201);
    const made = await stat(`${app.root}/etc/app/new.ini`);
    expect([made.uid, made.gid, made.mode & 0o777]).toEqual([1234, 1235, 0o644]);
    expect(await readdir(`${app.root}/etc/app`)).toEqual(["app.ini", "new.ini"]);
    // The link names a folder that there is outside, and none that there is in the app's root.
    expect((await create("away", "a = 1\n")).status).toBe(404);
    expect(await readdir(outside.path)).toEqual([]);
  });

  test("keeps its extended attributes", async (context) => {
    await using app = await startInOwnRoot(FILL);
    const path = `${app.root}/etc/app/app.ini`;
    if (!(await writeWithAttribute(path, "a = 1\n", "user.origin", "vendor"))) context.skip();
    await using server = await serve(app.core, "core:/etc/app/app.ini");
    expect((await server.put("app.ini", "a = 3\n")).status).toBe(200);
    expect(readAttribute(path, "user.origin")).toBe("vendor");
  });

  test("is reached through links as the app itself sees them, and never out of its root or its folder", async () => {
    await using outside = await testFolder();
    const secret = await outside.write("outside.ini", "a = outside\n");
    await using app = await startInOwnRoot(
      `${FILL}; mkdir -p opt/app; printf 'a = opt\\n' > opt/app/in.ini; ln -s /opt/app etc/linked`,
    );
    const here = `${app.root}/etc/app`;
    await symlink("/etc/app/app.ini", `${here}/absolute.ini`);
    await symlink(`../../../../../../${secret}`, `${here}/up.ini`);
    await symlink("/opt/app/in.ini", `${here}/away.ini`);
    await symlink("../app/app.ini", `${here}/around.ini`);
    await symlink("circle.ini", `${here}/circle.ini`);
    await symlink(`/proc/self/root${secret}`, `${here}/magic.ini`);
    const names = ["absolute.ini", "up.ini", "away.ini", "around.ini", "circle.ini", "magic.ini"];
    await using server = await serve(
      app.core,
      ...names.map((name) => `core:/etc/app/${name}`),
      "core:/etc/linked/in.ini",
      { path: "core:/../../etc/app/app.ini", name: "clamped" },
    );
    const answers = await Promise.all(
      [...names, "in.ini", "clamped"].map(async (name) => {
        const answer = await server.get(`/config/${name}`, { headers: { accept: "text/plain" } });
        return [name, answer.status === 200 ? await answer.text() : answer.status];
      }),
    );
    expect(Object.fromEntries(answers)).toEqual({
      "absolute.ini": "a = 1\n",
      "around.ini": "a = 1\n",
      "up.ini": 404,
      "away.ini": 409,
      "circle.ini": 409,
      "magic.ini": 404,
      "in.ini": "a = opt\n",
      clamped: "a = 1\n",
    });
    // A change goes to what the link leads to, and the link stays.
    expect((await server.put("absolute.ini", "a = 4\n")).status).toBe(200);
    expect(await readFile(`${here}/app.ini`, "utf8")).toBe("a = 4\n");
    expect((await server.put("away.ini", "a = 4\n", { "if-match": "*" })).status).toBe(409);
    expect(await readFile(secret, "utf8")).toBe("a = outside\n");
  });

  test("that is a mount of its own is changed in place, and one on a read-only mount is refused", async () => {
    await using app = await startInOwnRoot(
      `${FILL}; printf 'b = 1\\n' > host.ini; touch etc/app/b.ini; mount --bind host.ini etc/app/b.ini
       mkdir etc/ro; printf 'c = 1\\n' > etc/ro/c.ini; mount --bind etc/ro etc/ro; mount -o remount,bind,ro etc/ro`,
    );
    await using server = await serve(app.core, "core:/etc/app/b.ini", "core:/etc/ro/c.ini");
    const answer = await server.patch("b.ini", { b: "2" });
    expect(changeResult.parse(await answer.json())).toMatchObject({ changed: true, atomic: false });
    expect(await readFile(`${app.root}/host.ini`, "utf8")).toBe("b = 2\n");
    const refused = await server.patch("c.ini", { c: "2" });
    expect([refused.status, await refused.json()]).toMatchObject([403, { code: "permission-denied" }]);
  });

  test("that is a device, a FIFO or a folder is refused, and wakes nothing", async () => {
    await using app = await startInOwnRoot("mkdir etc/app; mkfifo etc/app/fifo; mknod etc/app/tty c 5 0");
    const names = ["etc/app/fifo", "etc/app/tty", "etc/app", "dev/zero"];
    await using server = await serve(app.core, ...names.map((name) => `core:/${name}`));
    for (const name of ["fifo", "tty", "app", "zero"]) {
      const answer = await server.get(`/config/${name}`);
      expect([name, answer.status]).toEqual([name, 409]);
      expect(await answer.json()).toMatchObject({ code: "conflict", remedy: expect.any(String) });
    }
  });

  test("is tidied of what a killed sidecar has left beside it, and missing files say what the path means", async () => {
    await using app = await startInOwnRoot(FILL);
    const left = `${app.root}/etc/app/.tickbird-0123456789ab.tmp`;
    await writeFile(left, "half");
    await utimes(left, 1, 1);
    await using server = await serve(app.core, "core:/etc/app/app.ini", "core:/etc/app/none.ini");
    expect(await readdir(`${app.root}/etc/app`)).toEqual(["app.ini"]);
    const missing = await server.get("/config/none.ini");
    expect([missing.status, await missing.json()]).toMatchObject([
      404,
      { code: "not-found", remedy: expect.stringContaining("as the app itself sees it") },
    ]);
  });

  test("is the file that was found first, whatever is put in its place meanwhile", async () => {
    await using app = await startInOwnRoot(`${FILL}; printf 'x = 1\\n' > etc/other.ini`);
    const path = `${app.root}/etc/app/app.ini`;
    let isSwapping = true;
    const swapping = (async () => {
      while (isSwapping) {
        await symlink("/etc/other.ini", `${path}.new`);
        await rename(`${path}.new`, path);
        await writeFile(`${path}.new`, "a = 1\n");
        await rename(`${path}.new`, path);
      }
    })();
    await using server = await serve(app.core, "core:/etc/app/app.ini");
    try {
      for (let round = 0; round < 200; round++) {
        const answer = await server.get("/config/app.ini", { headers: { accept: "text/plain" } });
        const text = await answer.text();
        expect([answer.status, text]).toEqual(answer.status === 200 ? [200, "a = 1\n"] : [409, text]);
        await server.put("app.ini", "a = 1\n# changed\n", { "if-match": "*" });
        expect(await readFile(join(app.root, "etc/other.ini"), "utf8")).toBe("x = 1\n");
      }
    } finally {
      isSwapping = false;
      await swapping;
    }
  });
});

test("without a known process of the app, its files are listed with what would make it known", async () => {
  await using server = await serve(
    { kind: "missing", reason: "Nothing is visible.", remedy: "Share the PID namespace." },
    "core:/etc/app/app.ini",
  );
  const { files } = fileList.parse(await (await server.get("/config")).json());
  expect(files).toMatchObject([{ readable: false, problem: { remedy: "Share the PID namespace." } }]);
  const answer = await server.get("/config/app.ini");
  expect([answer.status, await answer.json()]).toMatchObject([404, { code: "process-not-found" }]);
});

test("a path after core: that is not absolute is refused at the start", async () => {
  await expect(serveConfig({ files: ["core:etc/app.ini"] })).rejects.toThrow("absolute path after core:");
});
