import { chmod, chown, lstat, mkdir, readdir, readlink, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { changeResult } from "../../../src/features/config/config-schema.ts";
import { isMissing } from "../../support/needs.ts";
import { AS_VIEWER, MERGE_PATCH, serveConfig, testFolder } from "./support/serve-config.ts";

test("PUT replaces the content, keeps the mode, and answers the new ETag and what was done", async () => {
  await using folder = await testFolder();
  const path = await folder.write("app.ini", "a = 1\n");
  await chmod(path, 0o640);
  const before = await stat(path);
  await using app = await serveConfig({ files: [path] });
  const answer = await app.put("app.ini", "a = 2\n");
  const result = changeResult.parse(await answer.json());
  expect(answer.status).toBe(200);
  expect(result).toMatchObject({
    name: "app.ini",
    changed: true,
    atomic: true,
    attributes: { kept: true },
    reload: { kind: "none", done: false },
  });
  expect(result.etag).toBe(await app.etag("app.ini"));
  expect(answer.headers.get("etag")).toBe(result.etag);
  expect(await folder.read("app.ini")).toBe("a = 2\n");
  const after = await stat(path);
  expect(after.mode).toBe(before.mode);
  expect(after.ino).not.toBe(before.ino);
  expect(await readdir(folder.path)).toEqual(["app.ini"]);
});

test.skipIf(isMissing("namespaces"))(
  "the owner and group of the old file are those of the new one",
  async () => {
    await using folder = await testFolder();
    const path = await folder.write("app.ini", "a = 1\n");
    await chown(path, 4_321, 8_765);
    await using app = await serveConfig({ files: [path] });
    expect((await app.put("app.ini", "a = 2\n")).status).toBe(200);
    expect(await stat(path)).toMatchObject({ uid: 4_321, gid: 8_765 });
  },
);

test("PATCH changes the values that it names and nothing else", async () => {
  await using folder = await testFolder();
  const text = "# head\ndb:\n  port: 1 # the port\n  host: 'h'\n";
  await using app = await serveConfig({ files: [await folder.write("app.yaml", text)] });
  const answer = await app.patch("app.yaml", { db: { port: 2 } });
  expect(changeResult.parse(await answer.json())).toMatchObject({ changed: true });
  expect(await folder.read("app.yaml")).toBe(text.replace("port: 1", "port: 2"));
});

test("the same content again writes nothing and reloads nothing", async () => {
  await using folder = await testFolder();
  const path = await folder.write("app.yaml", "a: 1\n");
  const before = await stat(path);
  await using app = await serveConfig({ files: [path], reload: { kind: "signal" } });
  for (const answer of [
    await app.put("app.yaml", "a: 1\n"),
    await app.patch("app.yaml", { a: 1, b: null }),
  ]) {
    expect(answer.status).toBe(200);
    expect(changeResult.parse(await answer.json())).toMatchObject({
      changed: false,
      atomic: null,
      reload: { kind: "signal", done: false, detail: expect.stringContaining("The content is the same") },
    });
  }
  expect((await stat(path)).ino).toBe(before.ino);
  expect(app.logged.filter(({ audit }) => audit !== undefined)).toEqual([]);
});

test("every change is a line in the audit log, without any content", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({ files: [await folder.write("app.ini", "a = old-value\n")] });
  const oldEtag = await app.etag("app.ini");
  const answer = await app.put("app.ini", "a = new-value\n", { "x-request-id": "request-1" });
  expect(answer.status).toBe(200);
  expect(app.logged.find(({ audit }) => audit === "config.change")).toMatchObject({
    user: "operator",
    file: "app.ini",
    oldEtag,
    etag: answer.headers.get("etag"),
    requestId: "request-1",
  });
  expect(JSON.stringify(app.logged)).not.toMatch(/old-value|new-value/);
});

test("a link inside its folder stays, and the file that it leads to is replaced", async () => {
  await using folder = await testFolder();
  await mkdir(join(folder.path, "real"));
  await folder.write("real/app.ini", "a = 1\n");
  await symlink("real/app.ini", join(folder.path, "app.ini"));
  await using app = await serveConfig({ files: [join(folder.path, "app.ini")] });
  expect((await app.put("app.ini", "a = 2\n")).status).toBe(200);
  expect((await lstat(join(folder.path, "app.ini"))).isSymbolicLink()).toBe(true);
  expect(await readlink(join(folder.path, "app.ini"))).toBe("real/app.ini");
  expect(await folder.read("real/app.ini")).toBe("a = 2\n");
  expect(await readdir(join(folder.path, "real"))).toEqual(["app.ini"]);
});

test("bytes that are no text may be sent for plain text only when they were there before", async () => {
  await using folder = await testFolder();
  const latin1 = Buffer.from("name = Ren\xe9\n", "latin1");
  await using app = await serveConfig({
    files: [await folder.write("old.conf", latin1), await folder.write("app.conf", "name = x\n")],
  });
  const octets = { "content-type": "application/octet-stream" };
  expect((await app.put("app.conf", new Uint8Array(latin1), octets)).status).toBe(422);
  const changed = Buffer.concat([latin1, Buffer.from("b\n")]);
  expect((await app.put("old.conf", new Uint8Array(changed), octets)).status).toBe(200);
  expect(await folder.read("old.conf")).toBe(changed.toString());
  // Sent as UTF-8, as every JSON client has it, the file keeps its own encoding.
  expect((await app.put("old.conf", "name = Zoë\n")).status).toBe(200);
  const now = await app.get("/config/old.conf");
  expect(Buffer.from(await now.arrayBuffer()).toString("latin1")).toBe("name = Zoë\n");
  expect((await app.put("old.conf", "name = €\n")).status).toBe(422);
});

test("each format is taken under its own media type", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({
    files: [
      await folder.write("a.json", "{}"),
      await folder.write("b.yaml", ""),
      await folder.write("c.ini", ""),
    ],
  });
  expect(
    (await app.put("a.json", '{"a":1}', { "content-type": "application/json; charset=utf-8" })).status,
  ).toBe(200);
  expect((await app.put("b.yaml", "a: 1\n", { "content-type": "application/yaml" })).status).toBe(200);
  expect((await app.put("c.ini", "a = 1\n", { "content-type": "application/json" })).status).toBe(415);
});

test("valid content that has no tree may be written", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({ files: [await folder.write("app.yaml", "a: 1\n")] });
  expect((await app.put("app.yaml", "a: 1\n---\nb: 2\n")).status).toBe(200);
  const patch = await app.patch("app.yaml", { a: 2 });
  expect(patch.status).toBe(409);
  expect(await patch.json()).toMatchObject({ code: "conflict", remedy: "Send the whole file with PUT." });
});

test("of many writers with the same ETag one wins, and the others are told the new ETag", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({ files: [await folder.write("app.ini", "a = 0\n")] });
  const etag = await app.etag("app.ini");
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, index) => app.put("app.ini", `a = ${index + 1}\n`, { "if-match": etag })),
  );
  const winners = answers.filter(({ status }) => status === 200);
  expect(winners).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 412)).toHaveLength(7);
  const won = winners[0]?.headers.get("etag");
  for (const answer of answers) expect(answer.headers.get("etag")).toBe(won);
  expect(await app.etag("app.ini")).toBe(won);
});

test("two names of one file share its order: of two writers with the same ETag one wins", async () => {
  await using folder = await testFolder();
  const path = await folder.write("app.ini", "a = 0\n");
  await symlink("app.ini", join(folder.path, "link.ini"));
  await using app = await serveConfig({
    files: [path, join(folder.path, "link.ini"), { path, name: "again" }],
  });
  const etag = await app.etag("again");
  const answers = await Promise.all(
    ["app.ini", "link.ini", "again"].map((name) => app.put(name, `a = ${name}\n`, { "if-match": etag })),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
});

test("writers that read again after a refusal all get their change in", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({ files: [await folder.write("app.json", "{}")] });
  await Promise.all(
    Array.from({ length: 6 }, async (_, index) => {
      for (;;) if ((await app.patch("app.json", { [`k${index}`]: index })).status === 200) return;
    }),
  );
  expect(JSON.parse(await folder.read("app.json"))).toEqual({ k0: 0, k1: 1, k2: 2, k3: 3, k4: 4, k5: 5 });
});

test("a change of another program between reading and writing is not overwritten", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({ files: [await folder.write("app.ini", "a = 1\n")] });
  const etag = await app.etag("app.ini");
  await folder.write("app.ini", "a = 5\n");
  const answer = await app.patch("app.ini", { a: "2" }, { "if-match": etag });
  expect(answer.status).toBe(412);
  expect(await folder.read("app.ini")).toBe("a = 5\n");
});

test("If-Match: * changes whatever is there", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({ files: [await folder.write("app.ini", "a = 1\n")] });
  const answer = await app.patch("app.ini", { a: "2" }, { "if-match": "*" });
  expect(answer.status).toBe(200);
});

test("viewers change nothing, whatever they send", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({ files: [await folder.write("app.ini", "a = 1\n")] });
  for (const method of ["PUT", "PATCH"]) {
    const headers = { ...AS_VIEWER, "if-match": "*", "content-type": MERGE_PATCH };
    const answer = await app.get("/config/app.ini", { method, body: "{}", headers });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ code: "role-required" });
  }
  expect(await folder.read("app.ini")).toBe("a = 1\n");
});
