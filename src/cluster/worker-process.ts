import { type ChildProcess, fork } from "node:child_process";
import type { Socket } from "node:net";
import { extname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { StartError } from "../base/errors.ts";
import type { RecentLatency } from "../base/recent-latency.ts";
import { adopt } from "../linux/adopted.ts";
import { standardOutputStream } from "../web/log-stream.ts";
import type { RecentRequest, RecentWish } from "../web/traffic/traffic.ts";
import type { Acceptor, Carrier } from "./acceptor.ts";
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

/** In the form in which this file itself runs: as TypeScript, or compiled. */
const WORKER = fileURLToPath(new URL(`worker-main${extname(import.meta.url)}`, import.meta.url));

/** How long a worker may take to say how it does. */
const REPORT_MS = 1_000;
/** How much longer than its grace a drain may take, and then the end of the process. */
const MARGIN_MS = 5_000;

/** How a process has ended, as it stands in the log. */
export interface WorkerEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** Who is concerned with what a worker does. */
export interface WorkerParts {
  /** Gets what it tells of its latency. */
  readonly latency: RecentLatency;
  /** Gives it connections, once it is ready. */
  readonly acceptor: Acceptor;
}

/** A worker. Disposed of, it is killed. */
export class WorkerProcess implements AsyncDisposable, Carrier {
  readonly pid: number | undefined;
  readonly #child: ChildProcess;
  readonly #ready = Promise.withResolvers<void>();
  readonly #drained = Promise.withResolvers<boolean>();
  readonly #ended = Promise.withResolvers<WorkerEnd>();
  readonly #reports = new Questions<WorkerReport>();
  readonly #totals = new Questions<WorkerTotals>();
  readonly #found = new Questions<readonly RecentRequest[]>();
  readonly #parts: WorkerParts;
  /** What it was given and has not said to have taken: still open here, too. */
  readonly #given: Socket[] = [];
  #isGone = false;
  #counters: readonly number[] = [];
  /** Of what it told of its latency. */
  #waiting = 0;

  constructor(assignment: Assignment, parts: WorkerParts) {
    this.#parts = parts;
    // Who waits for it hears of it; who does not hears of the end.
    this.#ready.promise.catch(() => undefined);
    const child = fork(WORKER, { stdio: ["ignore", "pipe", "inherit", "ipc"] });
    this.#child = child;
    this.pid = child.pid;
    const adopted = child.pid === undefined ? undefined : adopt(child.pid);
    if (child.stdout !== null) passWholeLines(child.stdout, standardOutputStream());
    child.on("message", (message: unknown) => {
      if (isToPrimary(message)) this.#hear(message);
    });
    // That it can't be started, or told something: an end follows, or has been.
    child.on("error", () => undefined);
    child.once("exit", () => this.#leave());
    // And its output has been read to the end.
    child.once("close", (exitCode, signal) => {
      adopted?.[Symbol.dispose]();
      this.#end({ exitCode, signal });
    });
    this.tell({ kind: "begin", assignment });
  }

  /** Resolves when it serves. @throws {StartError} when it can't start. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Its end, whatever the reason. Never rejects. */
  get ended(): Promise<WorkerEnd> {
    return this.#ended.promise;
  }

  /** Says something, in the order in which it is said, and before the next connection that it is given. */
  tell(message: ToWorker): void {
    // What can't be said any more is said to one who is gone.
    this.#child.send(message, () => undefined);
  }

  give(socket: Socket): void {
    this.#given.push(socket);
    const message: ToWorker = { kind: "connection" };
    // Kept open here until it is taken: Node itself would forget to close it where the worker dies before.
    this.#child.send(message, socket, { keepOpen: true }, (error) => {
      if (error === null || !this.#given.includes(socket)) return;
      // It has not left this process.
      this.#given.splice(this.#given.indexOf(socket), 1);
      this.#parts.acceptor.giveAgain(socket);
    });
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
    this.#child.kill("SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await orLater(MARGIN_MS, undefined, [this.ended]);
  }

  #hear(message: ToPrimary): void {
    switch (message.kind) {
      case "ready":
        this.#ready.resolve();
        this.#isFree();
        return;
      case "taken":
        this.#given.shift()?.destroy();
        this.#isFree();
        return;
      case "start-failed": {
        const { remedy } = message;
        this.#ready.reject(new StartError(message.message, remedy === undefined ? {} : { remedy }));
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
        this.#parts.latency.takeOver(message.latency);
        return;
      case "found":
        this.#found.answer(message.requests);
        return;
      case "drained":
        this.#drained.resolve(message.isClean);
    }
  }

  #wait(waiting: number): void {
    this.#parts.latency.wait(waiting - this.#waiting);
    this.#waiting = waiting;
  }

  #isFree(): void {
    // What it has said before its end may be read after that is known.
    if (!this.#isGone) this.#parts.acceptor.isFree(this);
  }

  /** What it was given goes with it: nobody knows whether it has read of it already. */
  #leave(): void {
    this.#isGone = true;
    this.#parts.acceptor.isGone(this);
    for (const socket of this.#given.splice(0)) socket.destroy();
  }

  #end(end: WorkerEnd): void {
    this.#wait(0);
    const how = end.signal ?? `exit code ${end.exitCode}`;
    const remedy = "Look at what it wrote before; or SIDECAR_CLUSTER=1";
    this.#ready.reject(
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
