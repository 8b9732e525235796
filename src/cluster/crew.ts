import { messageOf } from "../base/errors.ts";
import type { Logger } from "../web/log.ts";
import { addCounters, COUNTER_CELLS } from "../web/traffic/counters.ts";
import {
  endTimeMs,
  type RecentRequest,
  type RecentWish,
  type TrafficTotals,
} from "../web/traffic/traffic.ts";
import type { ToWorker, WorkerReport } from "./messages.ts";
import type { WorkerProcess } from "./worker-process.ts";

/** The workers of the cluster: as many as there are to be, whatever happens to one of them. */

/** What a crew is made from. */
export interface CrewParts {
  readonly count: number;
  /** Starts the worker of a place, counted from 0. */
  readonly start: (place: number) => WorkerProcess;
  readonly log: Logger;
}

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 30_000;
/** Who has lived so long has not failed for the reason why the one before did. */
const SOUND_MS = 60_000;

/** How long to wait before the replacement of one that has ended, when so many in a row have not lived long. */
export function replacementDelayMs(failures: number): number {
  return Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(failures - 1, 16));
}

/** The crew. Disposed of, its workers are killed. */
export class Crew implements AsyncDisposable {
  readonly #parts: CrewParts;
  readonly #workers = new Map<number, WorkerProcess>();
  readonly #failures = new Map<number, number>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #countersOfGone = new Float64Array(COUNTER_CELLS);
  /** The places that a worker has served from: from then on they are never left empty. */
  readonly #begun = new Set<number>();
  #isLeaving = false;
  readonly #onExit = () => {
    for (const worker of this.#workers.values()) worker.kill();
  };

  constructor(parts: CrewParts) {
    this.#parts = parts;
    // Whatever ends this process in order, such as a second signal: they must not outlive it by a moment.
    process.once("exit", this.#onExit);
  }

  /**
   * Starts all of them. One that dies after it was ready is replaced, also while others still start.
   * @throws {StartError} when one of them can't start.
   */
  async begin(): Promise<void> {
    const places = Array.from({ length: this.#parts.count }, (_, place) => place);
    await Promise.all(places.map((place) => this.#start(place).ready));
  }

  /** Says something to all of them. */
  tell(message: ToWorker): void {
    for (const worker of this.#workers.values()) worker.tell(message);
  }

  /** How each of them does. */
  reports(): Promise<WorkerReport[]> {
    return Promise.all([...this.#workers.values()].map((worker) => worker.report()));
  }

  /** What all of them have counted, and those that are gone had when they were last asked. */
  async totals(): Promise<TrafficTotals> {
    const inFlight = await Promise.all([...this.#workers.values()].map((worker) => worker.count()));
    const counters = this.#countersOfGone.slice();
    for (const worker of this.#workers.values()) addCounters(counters, worker.counters);
    return { counters, inFlight: inFlight.reduce((sum, each) => sum + each, 0) };
  }

  /** The latest requests of all of them that are wanted, the newest first. */
  async recent(wish: RecentWish): Promise<RecentRequest[]> {
    const found = await Promise.all([...this.#workers.values()].map((worker) => worker.find(wish)));
    return found
      .flat()
      .sort((one, other) => endTimeMs(other) - endTimeMs(one))
      .slice(0, wish.limit);
  }

  /** Lets all finish, and end; none is replaced any more. True when none had to be cut. */
  async drain(graceMs: number): Promise<boolean> {
    this.#leave();
    const outcomes = await Promise.all([...this.#workers.values()].map((worker) => worker.drain(graceMs)));
    return outcomes.every((isClean) => isClean);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#leave();
    await Promise.all([...this.#workers.values()].map((worker) => worker[Symbol.asyncDispose]()));
    process.off("exit", this.#onExit);
  }

  #leave(): void {
    this.#isLeaving = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #start(place: number): WorkerProcess {
    const worker = this.#parts.start(place);
    const startedAtMs = performance.now();
    this.#workers.set(place, worker);
    worker.ready.then(
      () => this.#begun.add(place),
      // Who waits for it hears of it.
      () => undefined,
    );
    void worker.ended.then((end) => {
      this.#workers.delete(place);
      // Or the sums would fall.
      addCounters(this.#countersOfGone, worker.counters);
      if (performance.now() - startedAtMs >= SOUND_MS) this.#failures.delete(place);
      if (this.#begun.has(place)) this.#replace(place, { pid: worker.pid, ...end });
    });
    return worker;
  }

  #replace(place: number, facts: object): void {
    if (this.#isLeaving) return;
    const failures = (this.#failures.get(place) ?? 0) + 1;
    this.#failures.set(place, failures);
    const delayMs = replacementDelayMs(failures);
    this.#parts.log.error({ ...facts, delayMs }, "a process of the cluster has ended: it will be replaced");
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#startAgain(place);
    }, delayMs);
    this.#timers.add(timer);
  }

  #startAgain(place: number): void {
    const { log } = this.#parts;
    try {
      const worker = this.#start(place);
      const { pid } = worker;
      worker.ready.then(
        () => log.info({ pid }, "a process of the cluster has been replaced"),
        // Its end follows.
        (error: unknown) =>
          log.error({ pid, reason: messageOf(error) }, "a process of the cluster can't start"),
      );
    } catch (error) {
      // The system has no room for it now.
      this.#replace(place, { err: error });
    }
  }
}
