import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createConfig } from "../../../src/features/config/config.ts";
import type { CoreProcess } from "../../../src/linux/core-process.ts";
import { loadSettings } from "../../../src/settings/load.ts";
import { createLog } from "../../../src/web/log.ts";
import { startCore, startProgram } from "./support/core-fixture.ts";
import { testFolder } from "./support/serve-config.ts";

async function capabilityOf(config: unknown, core: { url?: string; process?: CoreProcess } = {}) {
  const text = JSON.stringify({ core: { url: core.url ?? "http://127.0.0.1:9" }, config });
  const { settings } = loadSettings({ file: { path: "test.yaml", text } });
  const missing: CoreProcess = { kind: "missing", reason: "No app runs here.", remedy: "start it" };
  const feature = createConfig(settings.config, {
    coreProcess: { find: async () => core.process ?? missing },
    coreUrl: settings.core.url,
    log: createLog({ level: "silent", access: false }),
  });
  return feature.capability();
}

test("without files nothing works, and the setting that names some is told", async () => {
  expect(await capabilityOf({})).toMatchObject({
    works: "no",
    parts: [{ works: false, remedy: expect.stringContaining("SIDECAR_CONFIG_FILES=") }],
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
