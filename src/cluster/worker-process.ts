import cluster, { type Worker } from "node:cluster";
import { setTimeout as delay } from "node:timers/promises";
import { StartError } from "../base/errors.ts";
import type { RecentLatency } from "../base/recent-latency.ts";
import { adopt } from "../linux/adopted.ts";
import { standardOutputStream } from "../web/log-stream.ts";
import type { RecentRequest, RecentWish } from "../web/traffic/traffic.ts";
import {
  type Assignment,
  isToPrimary,
  type ToPrimary,
  type ToWorker,
  type WorkerReport,
  type WorkerTotals,
} from "./messages.ts";
import { Questions } from "./questions.ts";
import { passWholeLines } from "./whole-lines.ts";

/** One worker, as the primary process has it: a process, and what is said to it. */

/** How long a worker may take to say how it does. */
const REPORT_MS = 1_000;
/** How much longer than its grace a drain may take, and then the end of the process. */
const MARGIN_MS = 5_000;

/** How a process has ended, as it stands in the log. */
export interface WorkerEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** A worker. Disposed of, it is killed. */
export class WorkerProcess implements AsyncDisposable {
  readonly pid: number | undefined;
  readonly #worker: Worker;
  readonly #port = Promise.withResolvers<number>();
  readonly #drained = Promise.withResolvers<boolean>();
  readonly #ended = Promise.withResolvers<WorkerEnd>();
  readonly #reports = new Questions<WorkerReport>();
  readonly #totals = new Questions<WorkerTotals>();
  readonly #found = new Questions<readonly RecentRequest[]>();
  readonly #latency: RecentLatency;
  #counters: readonly number[] = [];
  /** Of what it told of its latency. */
  #waiting = 0;

  /** @param latency gets what it tells of its latency. */
  constructor(assignment: Assignment, latency: RecentLatency) {
    this.#latency = latency;
    // Who waits for the port hears of it; who does not hears of the end.
    this.#port.promise.catch(() => undefined);
    this.#worker = cluster.fork();
    const { process: child } = this.#worker;
    this.pid = child.pid;
    const adopted = child.pid === undefined ? undefined : adopt(child.pid);
    if (child.stdout !== null) passWholeLines(child.stdout, standardOutputStream());
    this.#worker.on("message", (message: unknown) => {
      if (isToPrimary(message)) this.#hear(message);
    });
    // That it can't be started, or told something: an end follows, or has been.
    this.#worker.on("error", () => undefined);
    // And its output has been read to the end.
    child.once("close", (exitCode, signal) => {
      adopted?.[Symbol.dispose]();
      this.#end({ exitCode, signal });
    });
    this.tell({ kind: "begin", assignment });
  }

  /** The port that it listens on. @throws {StartError} when it can't start. */
  get port(): Promise<number> {
    return this.#port.promise;
  }

  /** Its end, whatever the reason. Never rejects. */
  get ended(): Promise<WorkerEnd> {
    return this.#ended.promise;
  }

  /** Says something, in the order in which it is said, and before the next connection that it is given. */
  tell(message: ToWorker): void {
    // What can't be said any more is said to one who is gone.
    this.#worker.send(message, () => undefined);
  }

  /** How it does. One who is gone has nothing in flight, and one who does not answer is at least so late. */
  report(): Promise<WorkerReport> {
    const report = this.#reports.add();
    this.tell({ kind: "report" });
    const gone = { inFlight: 0, eventLoopDelay: { p99Ms: null, maxMs: null } };
    const late = { inFlight: 0, eventLoopDelay: { p99Ms: REPORT_MS, maxMs: REPORT_MS } };
    return orLater(REPORT_MS, late, [report, this.ended.then(() => gone)]);
  }

  /** What it has counted of its traffic, as it last said; nothing before it was asked for the first time. */
  get counters(): readonly number[] {
    return this.#counters;
  }

  /** Asks what it has counted, for {@link counters}; gives what it has in flight, and 0 where it does not answer. */
  async count(): Promise<number> {
    const totals = this.#totals.add();
    this.tell({ kind: "count" });
    const unknown = { counters: this.#counters, inFlight: 0 };
    const gone = this.ended.then(() => unknown);
    return (await orLater(REPORT_MS, unknown, [totals, gone])).inFlight;
  }

  /** The latest of its requests that are wanted; none where it does not answer. */
  find(wish: RecentWish): Promise<readonly RecentRequest[]> {
    const found = this.#found.add();
    this.tell({ kind: "find", wish });
    return orLater(REPORT_MS, [], [found, this.ended.then(() => [])]);
  }

  /** Lets it finish, and end; kills it when that takes too long. True when nothing was cut. */
  async drain(graceMs: number): Promise<boolean> {
    this.tell({ kind: "drain" });
    const isGone = this.ended.then(() => false);
    const isClean = await orLater(graceMs + MARGIN_MS, undefined, [this.#drained.promise, isGone]);
    // With what it has still to write.
    if (isClean !== undefined) await orLater(MARGIN_MS, undefined, [this.ended]);
    await this[Symbol.asyncDispose]();
    return isClean ?? false;
  }

  /** At once; the system does the rest. */
  kill(): void {
    this.#worker.process.kill("SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await orLater(MARGIN_MS, undefined, [this.ended]);
  }

  #hear(message: ToPrimary): void {
    switch (message.kind) {
      case "listening":
        this.#port.resolve(message.port);
        return;
      case "start-failed": {
        const { remedy } = message;
        this.#port.reject(new StartError(message.message, remedy === undefined ? {} : { remedy }));
        return;
      }
      case "reported":
        this.#reports.answer(message.report);
        return;
      case "counted":
        this.#counters = message.totals.counters;
        this.#totals.answer(message.totals);
        return;
      case "latency":
        this.#wait(message.latency.waiting);
        this.#latency.takeOver(message.latency);
        return;
      case "found":
        this.#found.answer(message.requests);
        return;
      case "drained":
        this.#drained.resolve(message.isClean);
    }
  }

  #wait(waiting: number): void {
    this.#latency.wait(waiting - this.#waiting);
    this.#waiting = waiting;
  }

  #end(end: WorkerEnd): void {
    this.#wait(0);
    const how = end.signal ?? `exit code ${end.exitCode}`;
    const remedy = "Look at what it wrote before; or SIDECAR_CLUSTER=1";
    this.#port.reject(
      new StartError(`A process of the cluster ended while it started (${how}).`, { remedy }),
    );
    this.#ended.resolve(end);
  }
}

/** The first of these, or `fallback` when none has come after so long. */
async function orLater<T, F>(limitMs: number, fallback: F, work: readonly Promise<T>[]): Promise<T | F> {
  const stop = new AbortController();
  const late = delay(limitMs, fallback, { signal: stop.signal }).catch(() => fallback);
  try {
    return await Promise.race([...work, late]);
  } finally {
    stop.abort();
  }
}
