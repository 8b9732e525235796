import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createConfig } from "../../../src/features/config/config.ts";
import type { CoreProcess } from "../../../src/linux/core-process.ts";
import { loadSettings } from "../../../src/settings/load.ts";
import { createLog } from "../../../src/web/log.ts";
import { startCore, startProgram } from "./support/core-fixture.ts";
import { serveConfig, testFolder } from "./support/serve-config.ts";

async function capabilityOf(
  config: unknown,
  core: { url?: string; process?: CoreProcess; stateDir?: string } = {},
) {
  await using state = await testFolder();
  const { stateDir = state.path } = core;
  const text = JSON.stringify({ core: { url: core.url ?? "http://127.0.0.1:9" }, config });
  const { settings } = loadSettings({ file: { path: "test.yaml", text } });
  const missing: CoreProcess = { kind: "missing", reason: "No app runs here.", remedy: "start it" };
  const feature = createConfig(settings.config, {
    coreProcess: { find: async () => core.process ?? missing },
    coreUrl: settings.core.url,
    log: createLog({ level: "silent", access: false }),
    prefix: settings.prefix,
    stateDir,
  });
  return feature.capability();
}

test("without files nothing works, and the setting that names some is told", async () => {
  expect(await capabilityOf({})).toMatchObject({
    works: "no",
    parts: [{ works: false, remedy: expect.stringContaining("SIDECAR_CONFIG_FILES=") }],
  });
});

test("whether changes can be validated is a part of its own", async () => {
  await using folder = await testFolder();
  const path = await folder.write("app.json", "{}");
  const checked = { path, schema: { type: "wrong" }, validate: { command: ["true", "{file}"] } };
  const { parts } = await capabilityOf({ files: [checked] });
  expect(parts).toMatchObject([
    { name: "app.json: read", works: true },
    { name: "app.json: write", works: false, remedy: expect.stringContaining("schema") },
    { name: "app.json: validate", works: false, reason: expect.stringContaining("schema is invalid") },
  ]);
});

test("a pattern that nothing matches yet is no failure, and says so", async () => {
  await using folder = await testFolder();
  const pattern = join(folder.path, "*.ini");
  expect(await capabilityOf({ files: [pattern] })).toEqual({
    works: "yes",
    parts: [{ name: pattern, works: true, reason: "No file matches it at the moment." }],
  });
});

test("each file says whether it can be read and written, and what mends it", async () => {
  await using folder = await testFolder();
  await symlink("/etc/hostname", join(folder.path, "away.ini"));
  const files = [
    await folder.write("app.ini", ""),
    join(folder.path, "missing.ini"),
    join(folder.path, "away.ini"),
  ];
  expect(await capabilityOf({ files })).toEqual({
    works: "partly",
    parts: [
      { name: "app.ini: read", works: true },
      { name: "app.ini: write", works: true },
      ...["read", "write"].map((what) => ({
        name: `missing.ini: ${what}`,
        works: false,
        reason: expect.stringContaining("There is no file"),
        remedy: expect.stringContaining("Mount the folder"),
      })),
      ...["read", "write"].map((what) => ({
        name: `away.ini: ${what}`,
        works: false,
        reason: expect.stringContaining("leads out of its folder"),
        remedy: expect.stringContaining("/etc/hostname"),
      })),
    ],
  });
});

test("a reload by signal works where the process is there and handles it", async () => {
  await using folder = await testFolder();
  const files = [await folder.write("app.ini", "")];
  const config = { files, reload: { kind: "signal" } };
  await using able = await startProgram({ handles: ["HUP"] });
  await using fragile = await startProgram();
  const found = ({ pid, startTime }: typeof able): CoreProcess => ({
    kind: "found",
    pid,
    startTime,
    foundBy: "test",
  });
  const partOf = async (process?: CoreProcess) =>
    (await capabilityOf(config, process === undefined ? {} : { process })).parts.at(-1);
  expect(await partOf(found(able))).toEqual({ name: "app.ini: reload", works: true });
  expect(await partOf(found(fragile))).toMatchObject({
    works: false,
    reason: expect.stringContaining("would end it"),
  });
  expect(await partOf()).toMatchObject({ works: false, reason: "No app runs here.", remedy: "start it" });
  expect(able.received()).toEqual([]);
});

test("a reload by HTTP works where the app takes connections, and looking calls nothing", async () => {
  await using folder = await testFolder();
  const config = { files: [await folder.write("app.ini", "")], reload: { kind: "http", path: "/reload" } };
  await using core = await startCore(() => 200);
  expect((await capabilityOf(config, { url: core.url })).works).toBe("yes");
  expect(core.calls).toEqual([]);
  expect((await capabilityOf(config)).parts.at(-1)).toMatchObject({
    works: false,
    reason: expect.stringContaining("can't be reached"),
  });
});

test("a history that can't be kept is told, as no change would be made then", async () => {
  await using folder = await testFolder();
  const blocked = await folder.write("blocked", "");
  const files = [await folder.write("app.ini", "a = 1\n")];
  expect(await capabilityOf({ files }, { stateDir: blocked })).toMatchObject({
    works: "partly",
    parts: [
      { works: true },
      { works: true },
      {
        ...{ name: "app.ini: keep its history", works: false },
        remedy: expect.stringContaining("SIDECAR_CONFIG_HISTORY_DIR"),
      },
    ],
  });
});

test("what shows that a change worked, and can't be looked at, is told before a change is made, in the list too", async () => {
  await using folder = await testFolder();
  const path = await folder.write("app.ini", "a = 1\n");
  // It is a folder, and can't be read as a log.
  const log = { kind: "log", path: folder.path, contains: "reloaded" };
  const command = { kind: "command", command: ["/nowhere/ctl"], in: "core" };
  for (const verify of [log, command]) {
    const files = [{ path, verify }];
    const reason = expect.stringContaining("What shows that the app took a change can't be looked at: ");
    expect((await capabilityOf({ files })).parts.at(-1)).toMatchObject({
      ...{ name: "app.ini: verify", works: false, reason },
      remedy: expect.any(String),
    });
    await using server = await serveConfig({ files });
    const list = await (await server.get("/config", { headers: { Accept: "application/json" } })).json();
    expect(list).toMatchObject({ files: [{ writable: true, problem: { detail: reason } }] });
  }
  const later = { kind: "log", path: join(folder.path, "comes-later.log"), contains: "reloaded" };
  expect((await capabilityOf({ files: [{ path, verify: later }] })).works).toBe("yes");
});
