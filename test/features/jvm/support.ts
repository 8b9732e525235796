import { createJvm } from "../../../src/features/jvm/jvm.ts";
import type { CoreProcess } from "../../../src/linux/core-process.ts";
import { loadSettings } from "../../../src/settings/load.ts";
import { createLog } from "../../../src/web/log.ts";
import { serveFeatures } from "../../support/serve-features.ts";

/** Makes the feature for this core; `env` are further settings. */
export function jvmFeature(
  core: CoreProcess,
  { log = createLog({ level: "silent", access: false }), env = {} } = {},
) {
  const { settings } = loadSettings({ env: { SIDECAR_CORE_URL: "http://127.0.0.1:9", ...env } });
  return createJvm(settings.jvm, {
    coreProcess: { find: async () => core },
    coreUrl: settings.core.url,
    version: "1.0.0",
    log,
  });
}

/** Serves it. */
export function serveJvm(core: CoreProcess, more: Parameters<typeof jvmFeature>[1] = {}) {
  return serveFeatures([jvmFeature(core, more)]);
}
