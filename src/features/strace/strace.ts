import type { CoreProcessFinder } from "../../linux/core-process.ts";
import type { Settings } from "../../settings/schema.ts";
import type { Logger } from "../../web/log.ts";
import type { Feature } from "../feature.ts";
import { createAnswer } from "./answer-wish.ts";
import { straceCapability } from "./capability.ts";
import { summaryForBundle } from "./diagnostics.ts";
import { removeLeftTraces } from "./engine.ts";
import { createGovernor } from "./governor/governor.ts";
import { addRoutes } from "./strace-routes.ts";
import { createToolCheck } from "./tool-check.ts";
import { createTracePool } from "./trace-pool.ts";
import type { FindTraffic } from "./traces/answer-request.ts";
import { createFlightRecorder } from "./traces/flight-recorder.ts";
import { createTraceRegistry } from "./traces/trace-registry.ts";
import { addTraces } from "./traces/trace-routes.ts";

/** The feature `strace`: the system calls of a process, now. */

/** The settings that the feature knows: its own, and whether the traffic is counted. */
type StraceSettings = Pick<Settings, "strace" | "traces" | "traffic">;

/** What the feature needs. */
export interface StraceDeps {
  readonly coreProcess: CoreProcessFinder;
  readonly log: Logger;
  /** Where the requests are known that were forwarded; gives undefined where they are not counted. */
  readonly traffic: FindTraffic;
  /** How long a stream may be silent before it says that the trace runs: 5 s where it is not given. */
  readonly heartbeatMs?: number;
}

const HEARTBEAT_MS = 5_000;

/** Makes the feature. It traces nothing by itself. */
export function createStrace(allSettings: StraceSettings, deps: StraceDeps): Feature {
  const { coreProcess, log, traffic, heartbeatMs = HEARTBEAT_MS } = deps;
  const { strace: settings } = allSettings;
  const tool = createToolCheck();
  let latency: SharedArrayBuffer | undefined;
  const governor = createGovernor(
    (err) => log.error({ err }, "the governor of traces has failed"),
    () => latency,
  );
  const pool = createTracePool(settings, governor);
  const registry = createTraceRegistry({ settings: allSettings, coreProcess, pool, tool, log });
  const { recorderSeconds } = allSettings.traces;
  const recorder = recorderSeconds === 0 ? undefined : createFlightRecorder(recorderSeconds, registry, log);
  let recording: Promise<void> | undefined;

  const answer = createAnswer({ settings, coreProcess, pool, tool, log, heartbeatMs });

  return {
    name: "strace",
    routes(table) {
      addRoutes(table, settings, answer);
      addTraces(table, { registry, recorder, settings: allSettings.traces, traffic });
    },
    metrics: () => pool.counts.metrics(),
    diagnostics: [summaryForBundle({ settings, coreProcess, pool, tool, recorder })],
    capability: () => straceCapability(allSettings, { coreProcess, tool, recorder }),
    start(signal) {
      if (signal.aborted) pool.stop();
      else signal.addEventListener("abort", () => pool.stop(), { once: true });
      // Not waited for: it is there when the first request can come.
      void traffic().then(
        (source) => {
          latency = source?.latency.buffer;
        },
        (err: unknown) => log.warn({ err }, "how long requests wait is not known: no trace ends by it"),
      );
      recording = recorder?.run(signal);
      void removeLeftTraces(settings, log);
    },
    async [Symbol.asyncDispose]() {
      pool.stop();
      await registry[Symbol.asyncDispose]();
      await recording;
      await pool[Symbol.asyncDispose]();
      await governor[Symbol.asyncDispose]();
    },
  };
}
