import { randomBytes } from "node:crypto";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { changeResult } from "../../../../src/features/config/config-schema.ts";
import { versionDiff, versionList } from "../../../../src/features/config/history/history-schema.ts";
import { mountMemory } from "../../../support/mounts.ts";
import { isMissing } from "../../../support/needs.ts";
import { poll } from "../../../support/poll.ts";
import { OPERATOR_TOKEN } from "../../../support/serve-features.ts";
import { AS_VIEWER, type ServedConfig, serveConfig, testFolder } from "../support/serve-config.ts";

const AS_JSON = { headers: { accept: "application/json" } };

async function versionsOf(app: ServedConfig, name: string) {
  const answer = await app.get(`/config/${name}/versions`);
  expect(answer.status).toBe(200);
  return versionList.parse(await answer.json()).versions;
}

async function diffOf(app: ServedConfig, path: string) {
  const answer = await app.get(`/config/${path}`, AS_JSON);
  expect(answer.status).toBe(200);
  return versionDiff.parse(await answer.json());
}

test("every change has a version: who made it, when, why, in which request", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({ files: [await folder.write("app.ini", "a = 1\n")] });
  const answer = await app.put("app.ini?reason=more%20room", "a = 2\n", { "if-match": "*" });
  expect(answer.status).toBe(200);
  expect(changeResult.parse(await answer.json())).toMatchObject({ version: 2, changed: true });
  const [newest, oldest] = await versionsOf(app, "app.ini");
  expect(newest).toMatchObject({
    ...{ version: 2, kind: "change", author: "operator", reason: "more room", isCurrent: true },
    ...{ etag: answer.headers.get("etag"), sizeBytes: 6, verified: "not-asked" },
    requestId: answer.headers.get("x-request-id"),
  });
  expect(oldest).toMatchObject({ version: 1, kind: "found", author: null, isCurrent: false });
});

test("the author of a version is the name of the credential, and its time that of the change", async () => {
  await using folder = await testFolder();
  const files = [await folder.write("app.ini", "a = 1\n")];
  const tokens = [{ name: "ana.of.ops", token: OPERATOR_TOKEN, role: "operator" as const }];
  await using app = await serveConfig({ files }, { tokens });
  const before = Date.now();
  const answer = await app.put("app.ini", "a = 2\n");
  const after = Date.now();
  expect(answer.status).toBe(200);
  const [newest] = await versionsOf(app, "app.ini");
  expect(newest).toMatchObject({ version: 2, author: "ana.of.ops" });
  const at = Date.parse(newest?.at ?? "");
  expect(at).toBeGreaterThanOrEqual(before);
  expect(at).toBeLessThanOrEqual(after);
  expect(app.logged.find(({ audit }) => audit === "config.change")).toMatchObject({ user: "ana.of.ops" });
});

test("a change that writes nothing makes no version", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({ files: [await folder.write("app.ini", "a = 1\n")] });
  const answer = await app.put("app.ini", "a = 1\n");
  expect(await answer.json()).toMatchObject({ changed: false, version: null, change: null });
  expect(await versionsOf(app, "app.ini")).toHaveLength(1);
});

test("what another program writes is found and kept, without an author", async () => {
  await using folder = await testFolder();
  const path = await folder.write("app.ini", "a = 1\n");
  await using app = await serveConfig({ files: [path] });
  await poll("the first content is known", async () => (await versionsOf(app, "app.ini")).length === 1);
  await writeFile(path, "a = 7\n");
  const versions = await poll("the change is found", async () => {
    const found = await versionsOf(app, "app.ini");
    return found.length === 2 ? found : undefined;
  });
  expect(versions[0]).toMatchObject({ version: 2, kind: "external", author: null, isCurrent: true });
  expect((await diffOf(app, "app.ini/versions/2/diff")).diff).toContain("-a = 1\n+a = 7\n");
});

test("another program's change is kept also where ours comes right after it", async () => {
  await using folder = await testFolder();
  const path = await folder.write("app.ini", "a = 1\n");
  await using app = await serveConfig({ files: [path] });
  await writeFile(path, "a = 7\n");
  expect((await app.put("app.ini", "a = 8\n")).status).toBe(200);
  const kinds = (await versionsOf(app, "app.ini")).map(({ kind }) => kind);
  expect(kinds.slice(0, 2)).toEqual(["change", "external"]);
});

test("a version can be read, compared with another one, and put in place again", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({ files: [await folder.write("app.ini", "a = 1\nb = 1\n")] });
  await app.put("app.ini", "a = 2\nb = 1\n");
  await app.put("app.ini", "a = 3\nb = 1\n");
  expect(await (await app.get("/config/app.ini/versions/1")).text()).toBe("a = 1\nb = 1\n");
  expect(await diffOf(app, "app.ini/versions/3/diff?with=1")).toMatchObject({
    ...{ from: 1, to: 3, isSecretChanged: false },
    diff: "--- app.ini\tversion 1\n+++ app.ini\tversion 3\n@@ -1,2 +1,2 @@\n-a = 1\n+a = 3\n b = 1\n",
  });
  const without = await app.get("/config/app.ini/versions/1/restore", { method: "POST" });
  expect(without.status).toBe(428);
  const restored = await app.get("/config/app.ini/versions/1/restore", {
    method: "POST",
    headers: { "if-match": await app.etag("app.ini") },
  });
  expect(restored.status).toBe(200);
  expect(await folder.read("app.ini")).toBe("a = 1\nb = 1\n");
  expect((await versionsOf(app, "app.ini"))[0]).toMatchObject({ version: 4, kind: "restore", restored: 1 });
});

test("secrets stay masked in versions and diffs, unless an operator asks", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({ files: [await folder.write("app.ini", "password = one\n")] });
  await app.put("app.ini", "password = two\n");
  expect(await (await app.get("/config/app.ini/versions/1")).text()).toBe("password = ******\n");
  expect(await diffOf(app, "app.ini/versions/2/diff")).toMatchObject({ diff: "", isSecretChanged: true });
  expect((await diffOf(app, "app.ini/versions/2/diff?secrets=show")).diff).toContain("+password = two");
  const viewer = await app.get("/config/app.ini/versions/2/diff?secrets=show", { headers: AS_VIEWER });
  expect(viewer.status).toBe(403);
  expect((await app.get("/config/app.ini/versions", { headers: AS_VIEWER })).status).toBe(200);
});

test("what does not exist is a 404 that says what does", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({ files: [await folder.write("app.ini", "a = 1\n")] });
  await app.put("app.ini", "a = 2\n");
  for (const path of ["versions/9", "versions/9/diff", "versions/2/diff?with=9"]) {
    const answer = await app.get(`/config/app.ini/${path}`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ remedy: "Versions 1 to 2 are kept." });
  }
  expect((await app.get("/config/app.ini/versions/1/diff")).status).toBe(404);
  expect((await app.get("/config/app.ini/versions/x")).status).toBe(400);
});

test("of the versions of a file only so many are kept, and the newest in any case", async () => {
  await using folder = await testFolder();
  const files = [await folder.write("app.ini", "a = 0\n")];
  await using app = await serveConfig({ files, history: { maxVersions: 3 } });
  for (let index = 1; index <= 5; index++) await app.put("app.ini", `a = ${index}\n`);
  expect((await versionsOf(app, "app.ini")).map(({ version }) => version)).toEqual([6, 5, 4]);
  expect((await app.get("/config/app.ini/versions/3")).status).toBe(404);
});

test("of the versions of a file only so many bytes are kept", async () => {
  await using folder = await testFolder();
  await using state = await testFolder();
  const noise = () => Array.from({ length: 4_000 }, () => Math.random().toString(36).slice(2, 4)).join("");
  const files = [{ path: await folder.write("app.txt", noise()), format: "text" }];
  await using app = await serveConfig({ files, history: { maxBytes: 20_000 } }, { state: state.path });
  for (let index = 1; index <= 5; index++) await app.put("app.txt", noise());
  const kept = await versionsOf(app, "app.txt");
  expect(kept[0]).toMatchObject({ version: 6 });
  expect(kept.length).toBeGreaterThan(1);
  const history = join(state.path, "config-history", "app.txt.versions");
  const sizes = await Promise.all(
    (await readdir(history)).map(async (name) => (await stat(join(history, name))).size),
  );
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(20_000);
});

test("what the versions take is their size on disk, also after the sidecar has started again", async () => {
  await using folder = await testFolder();
  await using state = await testFolder();
  const letters = (letter: string) => letter.repeat(100_000);
  const files = [{ path: await folder.write("app.txt", letters("a")), format: "text" }];
  const settings = { files, history: { maxBytes: 50_000 } };
  {
    await using app = await serveConfig(settings, { state: state.path });
    for (const letter of "bcde") expect((await app.put("app.txt", letters(letter))).status).toBe(200);
    expect(await versionsOf(app, "app.txt")).toHaveLength(5);
  }
  await using app = await serveConfig(settings, { state: state.path });
  expect((await app.put("app.txt", letters("f"))).status).toBe(200);
  expect((await versionsOf(app, "app.txt")).map(({ version }) => version)).toEqual([6, 5, 4, 3, 2, 1]);
}, 120_000);

test("the history outlives the sidecar, and is readable to its user alone", async () => {
  await using folder = await testFolder();
  await using state = await testFolder();
  const files = [await folder.write("app.ini", "a = 1\n")];
  {
    await using app = await serveConfig({ files }, { state: state.path });
    await app.put("app.ini?reason=first", "a = 2\n", { "if-match": "*" });
  }
  await folder.write("app.ini", "a = 3\n");
  await using app = await serveConfig({ files }, { state: state.path });
  const versions = await versionsOf(app, "app.ini");
  expect(versions.map(({ kind }) => kind)).toEqual(["external", "change", "found"]);
  expect(versions[1]).toMatchObject({ reason: "first", author: "operator" });
  const history = join(state.path, "config-history", "app.ini.versions");
  expect((await stat(history)).mode & 0o777).toBe(0o700);
  for (const name of await readdir(history)) {
    expect((await stat(join(history, name))).mode & 0o777).toBe(0o600);
  }
});

test("a content that was damaged on disk is told, and never answered", async () => {
  await using folder = await testFolder();
  await using state = await testFolder();
  const files = [await folder.write("app.ini", "a = 1\n")];
  await using app = await serveConfig({ files }, { state: state.path });
  await app.put("app.ini", "a = 2\n");
  await writeFile(join(state.path, "config-history", "app.ini.versions", "00000001.gz"), "x");
  const answer = await app.get("/config/app.ini/versions/1");
  expect(answer.status).toBe(409);
  expect(await answer.json()).toMatchObject({ detail: expect.stringContaining("damaged") });
});

test("where the history can't be kept, nothing is changed and the answer says what mends it", async () => {
  await using folder = await testFolder();
  const blocked = await folder.write("blocked", "");
  const files = [await folder.write("app.ini", "a = 1\n")];
  await using app = await serveConfig({ files, history: { dir: join(blocked, "history") } });
  const answer = await app.put("app.ini", "a = 2\n");
  expect(answer.status).toBe(403);
  expect(await answer.json()).toMatchObject({
    remedy: expect.stringContaining("SIDECAR_CONFIG_HISTORY_DIR"),
  });
  expect(await folder.read("app.ini")).toBe("a = 1\n");
});

test.skipIf(isMissing("namespaces"))(
  "where the disk of the history is full, nothing is changed and nothing is left of what was begun",
  async () => {
    await using folder = await testFolder();
    await using small = await testFolder();
    await using _disk = mountMemory(small.path, 65_536);
    const path = await folder.write("app.txt", "old\n");
    const settings = { files: [{ path, format: "text" }], history: { dir: small.path } };
    await using app = await serveConfig(settings);
    const history = join(small.path, "app.txt.versions");
    await poll("the first version is kept", async () => (await versionsOf(app, "app.txt")).length === 1);
    const kept = await readdir(history);
    const noise = randomBytes(100_000).toString("base64");
    const answer = await app.put("app.txt", noise);
    expect(answer.status).toBe(507);
    expect(await answer.json()).toMatchObject({
      ...{ code: "storage-full", detail: expect.stringContaining("Nothing was changed.") },
      remedy: expect.stringContaining("SIDECAR_CONFIG_HISTORY_DIR"),
    });
    expect(await folder.read("app.txt")).toBe("old\n");
    expect(await readdir(history)).toEqual(kept);
    expect((await app.put("app.txt", "small\n")).status).toBe(200);
    expect((await versionsOf(app, "app.txt")).length).toBe(2);
  },
);

test("without a history changes still work, and its routes say how to keep one", async () => {
  await using folder = await testFolder();
  const files = [await folder.write("app.ini", "a = 1\n")];
  await using app = await serveConfig({ files, history: { enabled: false } });
  expect(await (await app.put("app.ini", "a = 2\n")).json()).toMatchObject({ version: null, changed: true });
  const answer = await app.get("/config/app.ini/versions");
  expect(answer.status).toBe(404);
  expect(await answer.json()).toMatchObject({ remedy: "SIDECAR_CONFIG_HISTORY_ENABLED=true" });
});
