import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createConfig } from "../../../../src/features/config/config.ts";
import type { CoreProcess } from "../../../../src/linux/core-process.ts";
import { loadSettings } from "../../../../src/settings/load.ts";
import type { TokenEntry } from "../../../../src/web/credentials.ts";
import { createLog } from "../../../../src/web/log.ts";
import type { MetricFamily } from "../../../../src/web/metrics/metric-family.ts";
import { type ServedFeatures, serveFeatures, VIEWER_TOKEN } from "../../../support/serve-features.ts";

/** The media type of merge patches. */
export const MERGE_PATCH = "application/merge-patch+json";
/** The header of a request by a viewer. */
export const AS_VIEWER = { authorization: `Bearer ${VIEWER_TOKEN}` };

/** A folder of its own for a test. */
export interface TestFolder extends AsyncDisposable {
  readonly path: string;
  /** Writes a file in it and gives its path. */
  write(name: string, content: string | Uint8Array): Promise<string>;
  read(name: string): Promise<string>;
}

/** Makes a folder that is removed with all it holds at the end of the test. */
export async function testFolder(parent: string = tmpdir()): Promise<TestFolder> {
  const path = await mkdtemp(join(parent, "tickbird-config-"));
  return {
    path,
    async write(name, content) {
      await writeFile(join(path, name), content);
      return join(path, name);
    },
    read: (name) => readFile(join(path, name), "utf8"),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

/** The feature `config`, served. */
export interface ServedConfig extends ServedFeatures {
  /** The lines of the log so far. */
  readonly logged: readonly Record<string, unknown>[];
  etag(name: string): Promise<string>;
  /** What the feature tells Prometheus. */
  metrics(): Promise<readonly MetricFamily[]>;
  /** Replaces a file under the ETag that it has now, unless `headers` say otherwise. */
  put(
    name: string,
    body: string | Uint8Array<ArrayBuffer>,
    headers?: Record<string, string>,
  ): Promise<Response>;
  patch(name: string, patch: unknown, headers?: Record<string, string>): Promise<Response>;
}

const NOBODY: CoreProcess = { kind: "missing", reason: "No app runs in this test.", remedy: "none" };

/** Serves the feature with these settings, as a settings file would give them. */
export async function serveConfig(
  config: Record<string, unknown>,
  core: {
    url?: string;
    process?: () => CoreProcess;
    state?: string;
    tokens?: readonly TokenEntry[];
  } = {},
): Promise<ServedConfig> {
  const text = JSON.stringify({ core: { url: core.url ?? "http://127.0.0.1:9" }, config });
  const { settings } = loadSettings({ file: { path: "test.yaml", text } });
  const state = core.state ?? (await mkdtemp(join(tmpdir(), "tickbird-state-")));
  const logged: Record<string, unknown>[] = [];
  const log = createLog({ level: "info", access: false }, { write: (line) => logged.push(JSON.parse(line)) });
  const feature = createConfig(settings.config, {
    coreProcess: { find: async () => core.process?.() ?? NOBODY },
    coreUrl: settings.core.url,
    log,
    prefix: settings.prefix,
    stateDir: state,
  });
  const served = await serveFeatures([feature], core.tokens === undefined ? {} : { tokens: core.tokens });
  const etag = async (name: string) => {
    const answer = await served.get(`/config/${name}`, { headers: { accept: "application/json" } });
    return answer.headers.get("etag") ?? "";
  };
  const change = async (
    method: string,
    name: string,
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string>,
  ) =>
    served.get(`/config/${name}`, {
      method,
      body,
      headers: { ...("if-match" in headers ? {} : { "if-match": await etag(name) }), ...headers },
    });
  return {
    ...served,
    logged,
    etag,
    metrics: async () => (await feature.metrics?.()) ?? [],
    put: (name, body, headers = {}) =>
      change("PUT", name, body, { "content-type": "text/plain", ...headers }),
    patch: (name, patch, headers = {}) =>
      change("PATCH", name, JSON.stringify(patch), { "content-type": MERGE_PATCH, ...headers }),
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]();
      if (core.state === undefined) await rm(state, { recursive: true, force: true });
    },
  };
}
