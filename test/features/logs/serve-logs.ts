import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Feature } from "../../../src/features/feature.ts";
import { createLogs } from "../../../src/features/logs/logs.ts";
import type { CoreProcess } from "../../../src/linux/core-process.ts";
import { loadSettings } from "../../../src/settings/load.ts";
import { createLog } from "../../../src/web/log.ts";
import { type ServedFeatures, serveFeatures } from "../../support/serve-features.ts";

/** A folder for logs, gone when it is disposed of. */
export interface LogFolder extends AsyncDisposable {
  path(name: string): string;
  write(name: string, content: string | Buffer): Promise<string>;
  append(name: string, content: string | Buffer): Promise<void>;
}

/** Makes one. */
export async function logFolder(): Promise<LogFolder> {
  const folder = await mkdtemp(join(tmpdir(), "logs-"));
  const path = (name: string) => join(folder, name);
  return {
    path,
    async write(name, content) {
      await writeFile(path(name), content);
      return path(name);
    },
    append: (name, content) => appendFile(path(name), content),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

/** Makes the feature, with the settings `logs`. */
export function makeLogs(logs: object, core?: CoreProcess, stateDir = "/nowhere"): Feature {
  const text = JSON.stringify({ core: { url: "http://127.0.0.1:9" }, logs });
  const { settings } = loadSettings({ file: { path: "test.yaml", text } });
  return createLogs(settings.logs, {
    coreProcess: {
      find: async () => core ?? { kind: "missing", reason: "No core here.", remedy: "Share it." },
    },
    log: createLog({ level: "silent", access: false }),
    stateDir,
  });
}

/** Serves the feature. */
export function serveLogs(logs: object, core?: CoreProcess): Promise<ServedFeatures> {
  return serveFeatures([makeLogs(logs, core)]);
}
