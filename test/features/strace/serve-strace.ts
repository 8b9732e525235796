import { createStrace } from "../../../src/features/strace/strace.ts";
import type { CoreProcess, CoreProcessFinder } from "../../../src/linux/core-process.ts";
import { listThreads, readStat, readStatus } from "../../../src/linux/proc.ts";
import { loadSettings } from "../../../src/settings/load.ts";
import type { Logger } from "../../../src/web/log.ts";
import { createLog } from "../../../src/web/log.ts";
import type { TrafficSource } from "../../../src/web/traffic/traffic.ts";
import { poll } from "../../support/poll.ts";
import { type ServedFeatures, serveFeatures } from "../../support/serve-features.ts";

/** How {@link serveStrace} differs from the defaults. */
export interface StraceOptions {
  /** By their environment names, without `SIDECAR_STRACE_`. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** By their environment names, without `SIDECAR_TRACES_`. */
  readonly traces?: Readonly<Record<string, string | number>>;
  /** All others, by their whole environment names. */
  readonly env?: Readonly<Record<string, string>>;
  readonly core?: CoreProcess;
  /** Instead of `core`, where that changes. */
  readonly finder?: CoreProcessFinder;
  readonly log?: Logger;
  readonly heartbeatMs?: number;
  readonly traffic?: TrafficSource;
}

/** Makes the feature with settings. */
export function makeStrace({
  settings = {},
  traces = {},
  env: others = {},
  core,
  finder,
  log,
  heartbeatMs,
  traffic,
}: StraceOptions = {}) {
  const env = [
    // A machine that is busy with other tests is no reason to end a trace, but where a test is about that.
    ["SIDECAR_STRACE_MAX_FROZEN_MS", "5000"],
    ...Object.entries(settings).map(([name, value]) => [`SIDECAR_STRACE_${name}`, String(value)]),
    ...Object.entries(traces).map(([name, value]) => [`SIDECAR_TRACES_${name}`, String(value)]),
    ...Object.entries(others),
  ];
  const loaded = loadSettings({
    env: { SIDECAR_CORE_URL: "http://127.0.0.1:9", ...Object.fromEntries(env) },
  });
  return createStrace(loaded.settings, {
    coreProcess: finder ?? {
      find: async () => core ?? { kind: "missing", reason: "No core here.", remedy: "Share it." },
    },
    log: log ?? createLog({ level: "silent", access: false }),
    traffic: async () => traffic,
    ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
  });
}

/** Serves the feature. */
export function serveStrace(options: StraceOptions = {}): Promise<ServedFeatures> {
  return serveFeatures([makeStrace(options)]);
}

/** A core as the finder would answer it. */
export function coreOf({ pid }: { pid: number }): CoreProcess {
  return { kind: "found", pid, startTime: "2026-01-01T00:00:00.000Z", foundBy: "the test says so" };
}

/** Headers that ask for a form. */
export function accept(type: string): RequestInit {
  return { headers: { Accept: type } };
}

/** Waits until something traces a process. */
export function untilTraced({ pid }: { pid: number }): Promise<number> {
  return poll(`process ${pid} is traced`, async () => (await readStatus(pid))?.tracerPid || undefined);
}

/** Waits until nothing traces a process any more and none of its threads stands still. */
export function untilFree({ pid }: { pid: number }): Promise<true> {
  return poll(`process ${pid} runs free`, async () => (await isFree(pid)) || undefined);
}

/** Whether a process lives, untraced, and not stopped. */
export async function isFree(pid: number): Promise<boolean> {
  const threads = await listThreads(pid);
  const states = await Promise.all(
    threads.map(
      async (thread) =>
        [(await readStatus(thread))?.tracerPid, (await readStat(thread))?.stateLetter] as const,
    ),
  );
  return (
    states.length > 0 && states.every(([tracer, state]) => tracer === 0 && state !== "t" && state !== "T")
  );
}
