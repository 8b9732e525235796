import { readdir, rename, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { changeList } from "../../../../src/features/config/changes/change-schema.ts";
import { FileHistory } from "../../../../src/features/config/history/file-history.ts";
import { versionList } from "../../../../src/features/config/history/history-schema.ts";
import type { VersionAbout } from "../../../../src/features/config/history/version-record.ts";
import { bindMount } from "../../../support/mounts.ts";
import { isMissing } from "../../../support/needs.ts";
import { poll } from "../../../support/poll.ts";
import { startCore } from "../support/core-fixture.ts";
import { type ServedConfig, serveConfig, type TestFolder, testFolder } from "../support/serve-config.ts";

/** What a sidecar that is killed at its worst moments leaves behind, and what the next one makes of it. */

const ABOUT: VersionAbout = {
  kind: "change",
  author: "operator",
  requestId: null,
  reason: null,
  changeId: "of-both",
  restored: null,
  verified: "not-asked",
};

async function kindsOf(app: ServedConfig, name: string) {
  const { versions } = versionList.parse(await (await app.get(`/config/${name}/versions`)).json());
  return versions.map(({ kind }) => kind);
}

/** As a sidecar does before it writes files: it has looked at them, and written down what is to come. */
async function stageBoth(state: TestFolder, folder: TestFolder, next = "x = 2\n") {
  const files = [await folder.write("a.ini", "x = 1\n"), await folder.write("b.ini", "x = 1\n")];
  await (await serveConfig({ files }, { state: state.path }))[Symbol.asyncDispose]();
  for (const name of ["a.ini", "b.ini"]) {
    const path = join(state.path, "config-history", `${name}.versions`);
    const history = await FileHistory.open(path, { maxVersions: 10, maxBytes: 1_000_000 });
    await history.stage(Buffer.from(next), ABOUT);
  }
  return files;
}

test("killed between two files of a change: the first is put back", async () => {
  await using folder = await testFolder();
  await using state = await testFolder();
  const files = await stageBoth(state, folder);
  await folder.write("a.ini", "x = 2\n");
  await using app = await serveConfig({ files }, { state: state.path });
  expect(await folder.read("a.ini")).toBe("x = 1\n");
  expect(await folder.read("b.ini")).toBe("x = 1\n");
  expect(await kindsOf(app, "a.ini")).toEqual(["found"]);
  expect(app.logged).toContainEqual(
    expect.objectContaining({ audit: "config.rollback", file: "a.ini", changeId: "of-both" }),
  );
});

test("killed after the last file of a change was written: it is kept, with who made it", async () => {
  await using folder = await testFolder();
  await using state = await testFolder();
  const files = await stageBoth(state, folder);
  await folder.write("a.ini", "x = 2\n");
  await folder.write("b.ini", "x = 2\n");
  await using app = await serveConfig({ files }, { state: state.path });
  expect(await folder.read("a.ini")).toBe("x = 2\n");
  expect(await kindsOf(app, "a.ini")).toEqual(["change", "found"]);
  expect(await kindsOf(app, "b.ini")).toEqual(["change", "found"]);
});

test("killed before anything was written: nothing of the change is left", async () => {
  await using folder = await testFolder();
  await using state = await testFolder();
  const files = await stageBoth(state, folder);
  await using app = await serveConfig({ files }, { state: state.path });
  expect(await kindsOf(app, "a.ini")).toEqual(["found"]);
  const left = await readdir(join(state.path, "config-history", "a.ini.versions"));
  expect(left.toSorted()).toEqual(["00000001.gz", "00000001.json"]);
});

test.skipIf(isMissing("namespaces"))(
  "killed while a file that is itself a mount was written in place: it is put back, and one that another program wrote is not",
  async () => {
    await using folder = await testFolder();
    await using state = await testFolder();
    const files = await stageBoth(state, folder, "yy = 22\n");
    await using _a = bindMount(await folder.write("host-a", "x = 1\n"), files[0] ?? "");
    await using _b = bindMount(await folder.write("host-b", "x = 1\n"), files[1] ?? "");
    await folder.write("a.ini", "yy= 1\n2\n");
    await folder.write("b.ini", "z = 1\n");
    await using app = await serveConfig({ files }, { state: state.path });
    expect(await folder.read("host-a")).toBe("x = 1\n");
    expect(await kindsOf(app, "a.ini")).toEqual(["found"]);
    expect(app.logged).toContainEqual(
      expect.objectContaining({ audit: "config.rollback", file: "a.ini", changeId: "of-both" }),
    );
    expect(await folder.read("host-b")).toBe("z = 1\n");
    expect(await kindsOf(app, "b.ini")).toEqual(["external", "found"]);
  },
);

test("a file that can't be reached at the start is looked at when it can", async () => {
  await using folder = await testFolder();
  await using state = await testFolder();
  const files = await stageBoth(state, folder);
  await folder.write("a.ini", "x = 2\n");
  await rename(join(folder.path, "b.ini"), join(folder.path, "away"));
  await using _app = await serveConfig({ files }, { state: state.path });
  await rename(join(folder.path, "away"), join(folder.path, "b.ini"));
  await poll("the first is put back", async () => (await folder.read("a.ini")) === "x = 1\n", {
    timeoutMs: 20_000,
  });
});

test("what lies beside the files and in the history, unfinished and counted by nobody, is gone with the next start", async () => {
  await using folder = await testFolder();
  await using state = await testFolder();
  const files = [await folder.write("a.ini", "x = 1\n"), join(folder.path, "new.ini")];
  await (await serveConfig({ files }, { state: state.path }))[Symbol.asyncDispose]();
  const history = join(state.path, "config-history", "a.ini.versions");
  const before = new Date(Date.now() - 1_000);
  for (const path of [
    join(folder.path, ".tickbird-0123456789ab.tmp"),
    join(folder.path, ".tickbird-0123456789ac.check.ini"),
    join(history, ".tickbird-0123456789ad.tmp"),
    join(history, "00000007.gz"),
  ]) {
    await writeFile(path, "half");
    await utimes(path, before, before);
  }
  await using _app = await serveConfig({ files }, { state: state.path });
  expect(await readdir(folder.path)).toEqual(["a.ini"]);
  expect((await readdir(history)).toSorted()).toEqual(["00000001.gz", "00000001.json"]);
});

/** As a sidecar that was killed while it put `a` and `b` back: what it has written down of each, in order. */
async function changedBoth(
  state: TestFolder,
  folder: TestFolder,
  isBack: { readonly a: boolean; readonly b: boolean },
) {
  const files = [await folder.write("a.ini", "x = 1\n"), await folder.write("b.ini", "x = 1\n")];
  await (await serveConfig({ files }, { state: state.path }))[Symbol.asyncDispose]();
  for (const name of ["a", "b"] as const) {
    const path = join(state.path, "config-history", `${name}.ini.versions`);
    const history = await FileHistory.open(path, { maxVersions: 10, maxBytes: 1_000_000 });
    await history.add(Buffer.from("x = 2\n"), { ...ABOUT, verified: "pending" });
    if (isBack[name]) await history.add(Buffer.from("x = 1\n"), { ...ABOUT, kind: "rollback", restored: 1 });
    await folder.write(`${name}.ini`, isBack[name] ? "x = 1\n" : "x = 2\n");
  }
  return files;
}

async function verifiedOf(app: ServedConfig, name: string) {
  const { versions } = versionList.parse(await (await app.get(`/config/${name}/versions`)).json());
  return versions.map(({ kind, verified }) => `${kind} ${verified}`);
}

test("killed while several files were put back: the rest follows, even where the app would take them so", async () => {
  await using folder = await testFolder();
  await using state = await testFolder();
  const files = await changedBoth(state, folder, { a: false, b: true });
  await using core = await startCore(() => 200);
  const verify = { kind: "http", path: "/", timeoutMs: 20_000, stableMs: 0 };
  await using app = await serveConfig({ files, verify }, { state: state.path, url: core.url });
  await poll("the change is over", async () => {
    const { changes } = changeList.parse(await (await app.get("/changes")).json());
    return changes[0]?.state === "rolled-back";
  });
  expect(await folder.read("a.ini")).toBe("x = 1\n");
  expect(await folder.read("b.ini")).toBe("x = 1\n");
  for (const name of ["a.ini", "b.ini"]) {
    expect(await verifiedOf(app, name)).toEqual(["rollback not-asked", "change failed", "found not-asked"]);
  }
});

test("killed after all was put back: the history says of the change that it failed", async () => {
  await using folder = await testFolder();
  await using state = await testFolder();
  const files = await changedBoth(state, folder, { a: true, b: true });
  await using app = await serveConfig({ files }, { state: state.path });
  expect(await verifiedOf(app, "a.ini")).toEqual(["rollback not-asked", "change failed", "found not-asked"]);
});

test("stopped while a change was verified: the next sidecar takes it up, and puts it back where it must", async () => {
  await using folder = await testFolder();
  await using state = await testFolder();
  const files = [await folder.write("a.ini", "x = 1\n")];
  let status = 200;
  await using core = await startCore(({ url }) => (url === "/reload" ? 200 : status));
  const reload = { kind: "http", path: "/reload" };
  {
    const verify = { kind: "log", path: await folder.write("log", ""), contains: "never", timeoutMs: 60_000 };
    await using app = await serveConfig({ files, reload, verify }, { state: state.path, url: core.url });
    expect((await app.put("a.ini", "x = 2\n")).status).toBe(202);
    await poll("it is reloaded", () => core.calls.length === 1);
  }
  expect(await folder.read("a.ini")).toBe("x = 2\n");
  status = 500;
  const verify = { kind: "http", path: "/", timeoutMs: 200 };
  await using app = await serveConfig({ files, reload, verify }, { state: state.path, url: core.url });
  await poll("it is put back", async () => {
    const { changes } = changeList.parse(await (await app.get("/changes")).json());
    return changes[0]?.state === "rolled-back";
  });
  expect(await folder.read("a.ini")).toBe("x = 1\n");
  expect(await kindsOf(app, "a.ini")).toEqual(["rollback", "change", "found"]);
});

test("stopped while a file that was made is verified: the next sidecar takes it up, and removes it where it must", async () => {
  await using folder = await testFolder();
  await using state = await testFolder();
  const files = [join(folder.path, "a.ini"), join(folder.path, "b.ini")];
  await using core = await startCore(({ url }) => (url === "/good" ? 200 : 500));
  const settings = (path: string) => ({
    files: files.map((file) => ({ path: file, verify: { kind: "http", path, timeoutMs: 200 } })),
    // Of one of them an earlier version is known, and not kept.
    history: { maxVersions: 1 },
  });
  const never = { kind: "log", path: await folder.write("log", ""), contains: "never", timeoutMs: 60_000 };
  {
    const unsettled = { ...settings("/bad"), files: files.map((path) => ({ path, verify: never })) };
    await using app = await serveConfig(unsettled, { state: state.path, url: core.url });
    const headers = { "content-type": "text/plain", "if-none-match": "*" };
    const made = await app.get("/config/a.ini", { method: "PUT", body: "x = 1\n", headers });
    expect(made.status).toBe(202);
    await folder.write("b.ini", "x = 1\n");
    expect((await app.put("b.ini", "x = 2\n")).status).toBe(202);
  }
  expect(await folder.read("a.ini")).toBe("x = 1\n");
  await using app = await serveConfig(settings("/bad"), { state: state.path, url: core.url });
  await poll("it is gone again", async () => !(await readdir(folder.path)).includes("a.ini"));
  const { changes } = await poll("the change is over", async () => {
    const list = changeList.parse(await (await app.get("/changes")).json());
    return list.changes.every(({ state: now }) => now !== "running") ? list : undefined;
  });
  expect(changes).toMatchObject([{ state: "rolled-back", files: [{ name: "a.ini", oldEtag: null }] }]);
  // What was there before is not kept: then it is not known what would be put back, and nothing is removed.
  expect(await folder.read("b.ini")).toBe("x = 2\n");
  expect(await kindsOf(app, "b.ini")).toEqual(["change"]);
});
