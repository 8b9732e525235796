import { createProcesses } from "../../../src/features/processes/processes.ts";
import type { CoreProcess } from "../../../src/linux/core-process.ts";
import { loadSettings } from "../../../src/settings/load.ts";
import { createLog } from "../../../src/web/log.ts";
import { fixturePath, startTarget } from "../../linux/target-process.ts";
import { OPERATOR_TOKEN, type ServedFeatures, serveFeatures } from "../../support/serve-features.ts";

/** What the tests of the feature `processes` share. */

export const NO_CORE: CoreProcess = {
  ...{ kind: "missing", reason: "It is not shared.", remedy: 'pid: "service:core"' },
};

/** Serves the feature for this core; `env` are further settings. */
export function serveProcesses(
  core: CoreProcess = NO_CORE,
  { log = createLog({ level: "silent", access: false }), env = {} } = {},
): Promise<ServedFeatures> {
  const { settings } = loadSettings({ env: { SIDECAR_CORE_URL: "http://127.0.0.1:9", ...env } });
  return serveFeatures([
    createProcesses(settings.processes, { coreProcess: { find: async () => core }, log }),
  ]);
}

/** The core whose main process this is. */
export function coreOf({ pid }: { pid: number }): CoreProcess {
  return { kind: "found", pid, startTime: "2026-01-01T00:00:00.000Z", foundBy: "the test says so" };
}

/** Asks for a form. */
export const asking = (accept: string) => ({ headers: { Accept: accept } });

/** A sidecar of another user: in a process of its own, since a user is a process's. */
export async function serveAs(
  user: { uid: number; gid: number },
  core: { pid: number },
  fixture = "serve-processes.ts",
) {
  const server = await startTarget([process.execPath, fixturePath(fixture), String(core.pid)], {
    ...user,
    cwd: "/",
  });
  const url = await server.line();
  return {
    request: (
      path: string,
      { headers = {}, ...init }: { headers?: Record<string, string>; method?: string; body?: string } = {},
    ) => fetch(url + path, { ...init, headers: { Authorization: `Bearer ${OPERATOR_TOKEN}`, ...headers } }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
