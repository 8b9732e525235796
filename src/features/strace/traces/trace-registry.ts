import { type CoreProcessFinder, mainPid } from "../../../linux/core-process.ts";
import type { Settings } from "../../../settings/schema.ts";
import { createKeptResults, type KeptResults } from "../../../web/kept-results.ts";
import type { Logger } from "../../../web/log.ts";
import { logEnd } from "../log-end.ts";
import { type PreparedTrace, type PrepareParts, prepareTrace } from "../prepare-trace.ts";
import type { ToolCheck } from "../tool-check.ts";
import type { TracePool } from "../trace-pool.ts";
import { processNamed } from "./choose-process.ts";
import type { KeptRecords } from "./kept-records.ts";
import { KeptTrace } from "./kept-trace.ts";
import { askedOf, type TraceRequest } from "./trace-request.ts";
import { takeSnapshot } from "./trace-snapshot.ts";
import { TRACES } from "./trace-state.ts";

/** What traces on their own need. */
export interface TraceRegistryDeps {
  readonly settings: Pick<Settings, "strace" | "traces">;
  readonly coreProcess: CoreProcessFinder;
  readonly pool: TracePool;
  readonly tool: ToolCheck;
  readonly log: Logger;
}

/** A trace that was begun, and its end. */
export interface BegunTrace {
  readonly kept: KeptRecords;
  /** Never rejects. */
  readonly over: Promise<void>;
}

/** All traces that run on their own, and those that did. */
export interface TraceRegistry extends KeptResults<KeptRecords> {
  /**
   * Starts one; resolves when it has attached.
   * @throws {AppError} saying what is wrong with the request, or why the process can't be traced.
   */
  begin(request: TraceRequest, about: Readonly<Record<string, unknown>>): Promise<BegunTrace>;
  /**
   * Starts one of the app's main process that goes on until it is stopped, and keeps the last seconds only.
   * @throws {AppError} saying why the process can't be traced.
   */
  beginRecorder(windowSeconds: number): Promise<BegunTrace>;
  /**
   * Keeps what another one has kept at this moment.
   * @throws {AppError} `limit-reached` where there is no room for it beside those that run.
   */
  addSnapshot(of: KeptRecords): KeptRecords;
}

/** What a recorder asks of strace: no end but that of its process, and the newest, some 50,000 lines behind at most. */
const ENDLESS = {
  ...{ lines: Number.MAX_SAFE_INTEGER, durationMs: 3_153_600_000_000, maxBytes: 2 ** 50 },
  maxLagBytes: 8_388_608,
};
const OF_RECORDER: TraceRequest = { process: "main", raw: false };

/** Makes one that has no traces. It is disposed of before the pool. */
export function createTraceRegistry({ settings, ...deps }: TraceRegistryDeps): TraceRegistry {
  const { maxKept: maxCount, maxKeptBytes: maxBytes, keptMs: maxAgeMs } = settings.traces;
  const results = createKeptResults<KeptRecords>(TRACES, { maxCount, maxBytes, maxAgeMs });

  /** Nobody asked for what a recorder told just now: it takes nothing away that somebody did ask for. */
  const makeRoom = (kept: KeptTrace): boolean => {
    if (kept.kind !== "recorder") return results.makeRoom();
    results.shrink(kept, () => kept.dropOldest());
    return true;
  };

  const begin = async (
    asked: TraceRequest,
    limits: Partial<typeof ENDLESS>,
    about: Readonly<Record<string, unknown>>,
    windowSeconds?: number,
  ): Promise<BegunTrace> => {
    const options = askedOf(asked, settings);
    const { targets, engine } = await deps.pool.counts.prepare(() =>
      prepare(asked, { ...deps, wish: options, settings: settings.strace }),
    );
    const { pid } = targets.main;
    const stopping = new AbortController();
    await using stack = new AsyncDisposableStack();
    const trace = stack.use(
      await deps.pool.begin(targets, { ...options, ...limits, engine }, stopping.signal),
    );
    const window = windowSeconds === undefined ? {} : { windowSeconds };
    const kept = new KeptTrace({ trace, asked, stopping, makeRoom, ...window });
    results.add(kept);
    // From here on it disposes of the trace itself.
    stack.move();
    const log = deps.log.child({ ...about, pid, traceId: kept.id });
    log.info({ audit: "traces.start", kind: kept.kind, asked }, "a trace has begun");
    return { kept, over: kept.run().then(() => logEndOf(kept, log)) };
  };

  return {
    ...results,
    begin: (request, about) => begin(request, {}, about),
    beginRecorder: (windowSeconds) => begin(OF_RECORDER, ENDLESS, {}, windowSeconds),
    addSnapshot(of) {
      const snapshot = takeSnapshot(of);
      results.addWhole(snapshot);
      return snapshot;
    },
  };
}

function logEndOf({ end, failure }: KeptTrace, log: Logger): void {
  if (end === undefined) log.error({ err: failure }, "a trace has failed");
  else logEnd(end.result, log);
}

async function prepare(
  { process, descendants, follow }: TraceRequest,
  { coreProcess, ...parts }: Omit<PrepareParts, "withDescendants"> & Pick<TraceRegistryDeps, "coreProcess">,
): Promise<PreparedTrace> {
  const withDescendants = descendants ?? (follow !== false && typeof process !== "number");
  return await prepareTrace(await pidOf(process, coreProcess), { ...parts, withDescendants });
}

async function pidOf(process: TraceRequest["process"], coreProcess: CoreProcessFinder): Promise<number> {
  if (typeof process === "number") return process;
  return process === "main" ? await mainPid(coreProcess) : await processNamed(process);
}
