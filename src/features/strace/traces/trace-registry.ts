import type { CoreProcessFinder } from "../../../linux/core-process.ts";
import type { Settings } from "../../../settings/schema.ts";
import { createKeptResults, type KeptResults } from "../../../web/kept-results.ts";
import type { Logger } from "../../../web/log.ts";
import { mainPid } from "../main-pid.ts";
import { chooseTargets } from "../targets.ts";
import type { ToolCheck } from "../tool-check.ts";
import type { TracePool } from "../trace-pool.ts";
import { processNamed } from "./choose-process.ts";
import { KeptTrace } from "./kept-trace.ts";
import { askedOf, type TraceRequest } from "./trace-request.ts";

/** What traces on their own need. */
export interface TraceRegistryDeps {
  readonly settings: Pick<Settings, "strace" | "traces">;
  readonly coreProcess: CoreProcessFinder;
  readonly pool: TracePool;
  readonly tool: ToolCheck;
  readonly log: Logger;
}

/** All traces that run on their own, and those that did. */
export interface TraceRegistry extends KeptResults<KeptTrace> {
  /**
   * Starts one; resolves when it has attached.
   * @throws {AppError} saying what is wrong with the request, or why the process can't be traced.
   */
  begin(request: TraceRequest, by: { readonly user: string; readonly requestId: string }): Promise<KeptTrace>;
}

/** Makes one that has no traces. It is disposed of before the pool. */
export function createTraceRegistry({ settings, ...deps }: TraceRegistryDeps): TraceRegistry {
  const { maxKept: maxCount, maxKeptBytes: maxBytes, keptMs: maxAgeMs } = settings.traces;
  const results = createKeptResults<KeptTrace>("trace", { maxCount, maxBytes, maxAgeMs });
  return {
    ...results,
    async begin(request, { user, requestId }) {
      const asked = askedOf(request, settings);
      const pid = await pidOf(request.process, deps.coreProcess);
      const targets = await chooseTargets(pid, request.descendants ?? typeof request.process !== "number");
      await deps.tool.verify();
      const stopping = new AbortController();
      await using stack = new AsyncDisposableStack();
      const trace = stack.use(await deps.pool.begin(targets, asked, stopping.signal));
      const kept = new KeptTrace({ trace, asked: request, stopping, makeRoom: results.makeRoom });
      results.add(kept);
      // From here on it disposes of the trace itself.
      stack.move();
      const log = deps.log.child({ requestId, user, pid, traceId: kept.id });
      log.info({ audit: "traces.start", asked: request }, "a trace has begun");
      void kept.run().then(() => logEnd(kept, log));
      return kept;
    },
  };
}

function logEnd(kept: KeptTrace, log: Logger): void {
  if (kept.end === undefined) {
    log.error({ err: kept.failure }, "a trace has failed");
    return;
  }
  const { endReason, lines, durationMs, released, warnings } = kept.end.result;
  log.info({ endReason, lines, durationMs }, "a trace has ended");
  if (!released) log.error({ warnings }, "a traced process does not run free again");
}

async function pidOf(process: TraceRequest["process"], coreProcess: CoreProcessFinder): Promise<number> {
  if (typeof process === "number") return process;
  return process === "main" ? await mainPid(coreProcess) : await processNamed(process);
}
