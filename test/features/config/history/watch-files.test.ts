import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createQueues } from "../../../../src/features/config/changes/queues.ts";
import { createConfigFiles } from "../../../../src/features/config/files/config-files.ts";
import { pinConfigFile } from "../../../../src/features/config/files/pin-config-file.ts";
import { createFileRecords } from "../../../../src/features/config/history/file-records.ts";
import { watchFiles } from "../../../../src/features/config/history/watch-files.ts";
import { loadSettings } from "../../../../src/settings/load.ts";
import { createLog } from "../../../../src/web/log.ts";
import { poll } from "../../../support/poll.ts";
import { testFolder } from "../support/serve-config.ts";

/** Longer than any test. */
const NEVER_MS = 3_600_000;

/** Watches one file, and gives the kinds and sizes of the versions that were told so far. */
function watching(path: string, lookMs: number) {
  const text = JSON.stringify({ core: { url: "http://127.0.0.1:9" }, config: { files: [path] } });
  const { settings } = loadSettings({ file: { path: "test.yaml", text } });
  const coreProcess = { find: async () => ({ kind: "missing", reason: "none", remedy: "none" }) as const };
  const files = createConfigFiles(settings.config, { coreProcess });
  const records = createFileRecords(undefined);
  const told: string[] = [];
  records.watch("app.ini", ({ kind, sizeBytes }) => told.push(`${kind} ${sizeBytes}`));
  const parts = {
    ...{ records, queues: createQueues(), maxBytes: 1_000 },
    pin: (file: Parameters<typeof pinConfigFile>[0]) => pinConfigFile(file, { coreProcess }),
    deps: { log: createLog({ level: "silent", access: false }) },
  };
  const stop = new AbortController();
  const over = watchFiles(() => files.list(), parts, stop.signal, lookMs);
  return {
    told,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await over;
    },
  };
}

test("what another program does to a file is told by the kernel: nobody has to look", async () => {
  await using folder = await testFolder();
  const path = await folder.write("app.ini", "a = 1\n");
  await using watched = watching(path, NEVER_MS);
  const isTold = async (...all: readonly string[]) => {
    await poll(`told: ${all}`, () => watched.told.length >= all.length, { timeoutMs: 20_000 });
    expect(watched.told).toEqual(all);
  };
  await isTold("found 6");
  await writeFile(path, "a = 11\n");
  await isTold("found 6", "external 7");
  const next = await folder.write("app.ini.new", "a = 111\n");
  await rename(next, path);
  await isTold("found 6", "external 7", "external 8");
  await rename(path, join(folder.path, "away"));
  await writeFile(path, "a = 1111\n");
  await isTold("found 6", "external 7", "external 8", "external 9");
});

test("what the kernel does not tell of is found by looking", async () => {
  await using folder = await testFolder();
  await using elsewhere = await testFolder();
  const path = join(folder.path, "conf", "app.ini");
  // There is no folder yet, and so nothing of which the kernel could tell.
  await using watched = watching(path, 50);
  await elsewhere.write("app.ini", "a = 1\n");
  await rename(elsewhere.path, join(folder.path, "conf"));
  await poll("it is found", () => watched.told.length > 0, { timeoutMs: 20_000 });
  expect(watched.told).toEqual(["found 6"]);
});
