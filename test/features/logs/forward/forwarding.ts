import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Feature } from "../../../../src/features/feature.ts";
import type { ForwarderReport } from "../../../../src/features/logs/forward/forward-schema.ts";
import { logList } from "../../../../src/features/logs/log-schema.ts";
import { type ServedFeatures, serveFeatures } from "../../../support/serve-features.ts";
import { type LogFolder, logFolder, makeLogs } from "../serve-logs.ts";

/** A folder of logs, and a state folder that outlives the feature. */
export interface ForwardingPlace extends AsyncDisposable {
  readonly logs: LogFolder;
  readonly stateDir: string;
  /** Starts the feature; the settings are of the destination. */
  start(destination: object, more?: object): Promise<RunningForwarding>;
}

/** The feature, forwarding. */
export interface RunningForwarding extends AsyncDisposable {
  readonly feature: Feature;
  readonly server: ServedFeatures;
  /** What `GET /logs` tells of the only forwarder. */
  report(): Promise<ForwarderReport>;
}

/** What makes tests quick. */
export const QUICK = { batchMs: 20, maxRetryMs: 100, timeoutMs: 5_000 };

/** Makes a place with nothing in it. */
export async function forwardingPlace(): Promise<ForwardingPlace> {
  const logs = await logFolder();
  const stateDir = await mkdtemp(join(tmpdir(), "forward-state-"));
  return {
    ...{ logs, stateDir },
    async start(destination, more = {}) {
      const settings = { files: [logs.path("app.log")], forward: [{ ...QUICK, ...destination }], ...more };
      const feature = makeLogs(settings, undefined, stateDir);
      const server = await serveFeatures([feature]);
      return {
        ...{ feature, server },
        async report() {
          const list = logList.strict().parse(await (await server.get("/logs")).json());
          const [first] = list.forwarders;
          if (first === undefined) throw new Error("nothing is forwarded");
          return first;
        },
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    },
    async [Symbol.asyncDispose]() {
      await logs[Symbol.asyncDispose]();
      await rm(stateDir, { recursive: true });
    },
  };
}

/** Lines with their numbers, from one up to another. */
export function numbered(from: number, to: number): string {
  return Array.from({ length: to - from }, (_, index) => `line ${from + index}\n`).join("");
}

/** The lines of {@link numbered}. */
export function textsOf(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `line ${from + index}`);
}
