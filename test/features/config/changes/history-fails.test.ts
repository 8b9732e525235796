import { mkdir, readdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { changeList } from "../../../../src/features/config/changes/change-schema.ts";
import { FileHistory } from "../../../../src/features/config/history/file-history.ts";
import { versionList } from "../../../../src/features/config/history/history-schema.ts";
import type { VersionAbout } from "../../../../src/features/config/history/version-record.ts";
import { poll } from "../../../support/poll.ts";
import { startCore } from "../support/core-fixture.ts";
import { type ServedConfig, serveConfig, type TestFolder, testFolder } from "../support/serve-config.ts";

/** Changes whose files are written when it turns out that the history can't be. */

const ABOUT: VersionAbout = {
  ...{ kind: "change", author: null, requestId: null, reason: null },
  ...{ changeId: null, restored: null, verified: "not-asked" },
};

async function versionsOf(app: ServedConfig, name: string) {
  const { versions } = versionList.parse(await (await app.get(`/config/${name}/versions`)).json());
  return versions.map(({ version, kind, verified }) => `${version} ${kind} ${verified}`);
}

const historyOf = (state: TestFolder, name: string) => join(state.path, "config-history", `${name}.versions`);

/** A folder in the place of the record: the version can be staged, and not be committed. */
async function bar(state: TestFolder, name: string, version: number) {
  const path = join(historyOf(state, name), `0000000${version}.json`);
  await mkdir(path);
  return { lift: () => rmdir(path) };
}

async function changeBoth(app: ServedConfig, content: string) {
  const files = ["a.ini", "b.ini"].map((name) => ({ name, ifMatch: "*", content }));
  const headers = { "content-type": "application/json" };
  const answer = await app.get("/changes", { method: "POST", body: JSON.stringify({ files }), headers });
  return { status: answer.status, body: await answer.json() };
}

const auditedIn = (app: ServedConfig) =>
  app.logged.filter(({ audit }) => audit === "config.change").map(({ file }) => file);

async function servedBoth(folder: TestFolder, state: TestFolder, more: object = {}, url?: string) {
  const files = [await folder.write("a.ini", "x = 1\n"), await folder.write("b.ini", "x = 1\n")];
  const settings = { files, ...more };
  const core = { state: state.path, ...(url === undefined ? {} : { url }) };
  return { settings, app: await serveConfig(settings, core) };
}

test("a version that can't be committed does not hold up a change that is written, and is kept at the next start", async () => {
  await using folder = await testFolder();
  await using state = await testFolder();
  await using core = await startCore(() => 200);
  const more = { reload: { kind: "http", path: "/reload" } };
  const { settings, app } = await servedBoth(folder, state, more, core.url);
  const barred = await bar(state, "a.ini", 2);
  {
    await using _ = app;
    expect(await changeBoth(app, "x = 2\n")).toMatchObject({ status: 200, body: { state: "done" } });
    expect(core.calls).toHaveLength(1);
    expect(auditedIn(app)).toEqual(["a.ini", "b.ini"]);
    expect(app.logged).toContainEqual(expect.objectContaining({ level: "error", file: "a.ini", version: 2 }));
    expect(await versionsOf(app, "b.ini")).toEqual(["2 change not-asked", "1 found not-asked"]);
    // Who reads it is not troubled.
    expect((await app.get("/config/a.ini")).status).toBe(200);
    expect(await versionsOf(app, "a.ini")).toEqual(["1 found not-asked"]);
  }
  expect([await folder.read("a.ini"), await folder.read("b.ini")]).toEqual(["x = 2\n", "x = 2\n"]);
  await barred.lift();
  await using next = await serveConfig(settings, { state: state.path });
  expect(await versionsOf(next, "a.ini")).toEqual(["2 change not-asked", "1 found not-asked"]);
  expect(await folder.read("a.ini")).toBe("x = 2\n");
});

test("a version that could not be committed is before the next change of its file, and no other is left of its change", async () => {
  await using folder = await testFolder();
  await using state = await testFolder();
  const { settings, app } = await servedBoth(folder, state);
  const barred = [await bar(state, "a.ini", 2), await bar(state, "b.ini", 2)];
  {
    await using _ = app;
    expect((await changeBoth(app, "x = 2\n")).status).toBe(200);
    // As long as it can't be: nothing comes on top of it.
    expect((await app.put("b.ini", "x = 3\n")).ok).toBe(false);
    for (const { lift } of barred) await lift();
    expect((await app.put("b.ini", "x = 3\n")).status).toBe(200);
    const expected = ["3 change not-asked", "2 change not-asked", "1 found not-asked"];
    expect(await versionsOf(app, "b.ini")).toEqual(expected);
  }
  await using next = await serveConfig(settings, { state: state.path });
  // It was never amid that change.
  expect([await folder.read("a.ini"), await folder.read("b.ini")]).toEqual(["x = 2\n", "x = 3\n"]);
  expect(await versionsOf(next, "a.ini")).toEqual(["2 change not-asked", "1 found not-asked"]);
});

test("what can't be committed is verified, and put back, all the same", async () => {
  await using folder = await testFolder();
  await using state = await testFolder();
  await using core = await startCore(() => 500);
  const path = await folder.write("a.ini", "x = 1\n");
  const files = [{ path, verify: { kind: "http", path: "/", timeoutMs: 200 } }];
  await using app = await serveConfig({ files }, { state: state.path, url: core.url });
  const barred = [await bar(state, "a.ini", 2), await bar(state, "a.ini", 3)];
  expect((await app.put("a.ini", "x = 2\n")).status).toBe(202);
  await poll("it is put back", async () => {
    const { changes } = changeList.parse(await (await app.get("/changes")).json());
    return changes[0]?.state === "rolled-back";
  });
  expect(await folder.read("a.ini")).toBe("x = 1\n");
  expect(app.logged).toContainEqual(expect.objectContaining({ audit: "config.rollback", file: "a.ini" }));
  for (const { lift } of barred) await lift();
  expect((await app.patch("a.ini", { y: "1" })).status).toBe(202);
  expect((await versionsOf(app, "a.ini")).slice(1)).toEqual([
    ...["3 rollback not-asked", "2 change failed", "1 found not-asked"],
  ]);
});

test("a version that is committed late stands before those that came after it", async () => {
  await using state = await testFolder();
  const history = await FileHistory.open(state.path, { maxVersions: 10, maxBytes: 1_000_000 });
  const about = { ...ABOUT, verified: "pending" } as const;
  const first = await history.stage(Buffer.from("x = 1\n"), about);
  const record = join(state.path, "00000001.json");
  await mkdir(record);
  await expect(first.commit()).rejects.toThrow("EISDIR");
  await history.add(Buffer.from("x = 2\n"), ABOUT);
  await rmdir(record);
  await history.settle(1, "failed");
  expect(history.versions).toMatchObject([
    { version: 1, verified: "failed" },
    { version: 2, verified: "not-asked" },
  ]);
});

test("a history that is gone, with a version that could not be committed, refuses changes until there is a folder again", async () => {
  await using folder = await testFolder();
  await using state = await testFolder();
  const path = await folder.write("a.ini", "x = 1\n");
  await using app = await serveConfig({ files: [path] }, { state: state.path });
  await bar(state, "a.ini", 2);
  expect((await app.put("a.ini", "x = 2\n")).status).toBe(200);
  await rename(historyOf(state, "a.ini"), join(state.path, "away"));
  await writeFile(historyOf(state, "a.ini"), "in its place");
  const refused = await app.put("a.ini", "x = 3\n");
  expect([refused.status, await refused.json()]).toMatchObject([
    403,
    {
      code: "permission-denied",
      detail: expect.stringContaining("Nothing was changed."),
      remedy: expect.any(String),
    },
  ]);
  await rm(historyOf(state, "a.ini"));
  await mkdir(historyOf(state, "a.ini"));
  expect((await app.put("a.ini", "x = 3\n")).status).toBe(200);
  expect(await folder.read("a.ini")).toBe("x = 3\n");
});

test("a version that can't be removed to make room for the next one does not hold that up", async () => {
  await using folder = await testFolder();
  await using state = await testFolder();
  const path = await folder.write("a.ini", "x = 1\n");
  const settings = { files: [path], history: { maxVersions: 1 } };
  const oldest = join(historyOf(state, "a.ini"), "00000001.gz");
  {
    await using app = await serveConfig(settings, { state: state.path });
    // A folder that holds something, where `rm` expects a file.
    await rename(oldest, `${oldest}.moved`);
    await mkdir(join(oldest, "inside"), { recursive: true });
    expect((await app.put("a.ini", "x = 2\n")).status).toBe(200);
    expect(auditedIn(app)).toEqual(["a.ini"]);
    expect(app.logged.filter(({ level }) => level === "error")).toEqual([]);
    expect(await versionsOf(app, "a.ini")).toEqual(["2 change not-asked"]);
  }
  await rm(oldest, { recursive: true });
  await using app = await serveConfig(settings, { state: state.path });
  expect(await versionsOf(app, "a.ini")).toEqual(["2 change not-asked"]);
  expect(await readdir(historyOf(state, "a.ini"))).not.toContain("00000001.json");
});

test("what became of a version before it could be committed is written down with it", async () => {
  await using state = await testFolder();
  const limits = { maxVersions: 10, maxBytes: 1_000_000 };
  const history = await FileHistory.open(state.path, limits);
  const staged = await history.stage(Buffer.from("x = 1\n"), { ...ABOUT, verified: "pending" });
  const record = join(state.path, "00000001.json");
  await mkdir(record);
  await expect(staged.commit()).rejects.toThrow("EISDIR");
  await expect(history.settle(1, "passed")).rejects.toThrow("EISDIR");
  await rmdir(record);
  expect(await history.commitLate()).toBeUndefined();
  for (const each of [history, await FileHistory.open(state.path, limits)]) {
    expect(each.versions).toMatchObject([{ version: 1, verified: "passed" }]);
  }
});
