import { turnMs } from "../../base/clock.ts";
import { AppError } from "../../base/errors.ts";
import type { Settings } from "../../settings/schema.ts";
import type { Logger } from "../../web/log.ts";
import { addressOf } from "./address.ts";
import { type Circuit, createCircuit } from "./circuit.ts";
import { CoreConnection } from "./connection.ts";
import type { ConnectionOwner } from "./connection-user.ts";
import { coreUnavailable } from "./errors.ts";
import { IdleMemory } from "./idle-memory.ts";
import { chooseToEnd } from "./make-room.ts";

/** The connections to the core: how many there may be, which are idle, and who waits for one. */

/** Who waits for a connection; told one of the two, once, perhaps before `acquire` returns. */
export interface ConnectionWaiter {
  onConnection(connection: CoreConnection): void;
  onRefused(error: AppError): void;
}

/**
 * Which connection will do: `any`; for a request that can't be sent twice, one that the core has hardly given up in this
 * moment (`careful`); a `fresh` one.
 */
export type ConnectionChoice = "any" | "careful" | "fresh";

/** Who waits longer may ask others to make room. */
const PATIENCE_MS = 1_000;

/** What is known of who waits. */
interface Waiting {
  readonly choice: ConnectionChoice;
  readonly sinceMs: number;
  readonly timer: NodeJS.Timeout;
}

/** The pool. */
export class CorePool implements ConnectionOwner<CoreConnection>, Disposable {
  readonly #settings: Settings["core"];
  readonly #address;
  readonly #circuit: Circuit;
  readonly #idle: CoreConnection[] = [];
  readonly #all = new Set<CoreConnection>();
  /** In the order of their arrival, with the clock of each. */
  readonly #waiting = new Map<ConnectionWaiter, Waiting>();
  #roomMaker: NodeJS.Timeout | undefined;
  readonly #memory = new IdleMemory();

  constructor(settings: Settings["core"], log?: Logger) {
    this.#settings = settings;
    this.#address = addressOf(settings);
    this.#circuit = createCircuit({
      address: this.#address,
      connectTimeoutMs: settings.connectTimeoutMs,
      probeIntervalMs: settings.probeIntervalMs,
      log,
    });
  }

  /** Asks for a connection. */
  acquire(waiter: ConnectionWaiter, choice: ConnectionChoice): void {
    const idle = this.#takeIdle(choice);
    if (idle !== undefined) {
      waiter.onConnection(idle);
      return;
    }
    const { refusal } = this;
    if (refusal !== undefined) {
      waiter.onRefused(refusal);
      return;
    }
    // One that nobody uses, but that was not good enough, makes room: what idles at the core may cost it a thread each.
    this.#idle[0]?.destroy();
    if (this.#all.size < this.#settings.maxConnections) {
      const connection = new CoreConnection(this.#address, this);
      this.#all.add(connection);
      waiter.onConnection(connection);
    } else {
      this.#enqueue(waiter, choice);
    }
  }

  /** Why the core is spared now, also on connections that are not of the pool; undefined where it is not. */
  get refusal(): AppError | undefined {
    return this.#circuit.isOpen ? coreUnavailable(this.#settings.url) : undefined;
  }

  /** The waiter waits no more. */
  cancel(waiter: ConnectionWaiter): void {
    const entry = this.#waiting.get(waiter);
    if (entry === undefined) return;
    clearTimeout(entry.timer);
    this.#waiting.delete(waiter);
  }

  onConnected(): void {
    this.#circuit.succeeded();
  }

  onFree(connection: CoreConnection): void {
    const [next] = this.#waiting;
    if (next !== undefined) {
      const [waiter, { choice }] = next;
      if (this.#isGoodFor(choice, 0)) {
        this.cancel(waiter);
        waiter.onConnection(connection);
      } else {
        // It makes room for another one.
        connection.destroy();
      }
      return;
    }
    const keepMs = Math.min(this.#settings.keepAliveMs, connection.hintMs ?? Number.POSITIVE_INFINITY);
    if (keepMs <= 0) {
      connection.destroy();
      return;
    }
    connection.setDeadline(keepMs);
    this.#idle.push(connection);
  }

  onGone(connection: CoreConnection, connectError: unknown): void {
    this.#all.delete(connection);
    const closedAfterMs = connection.closedAfterMs;
    if (closedAfterMs !== undefined) this.#memory.closedAfter(closedAfterMs, turnMs());
    const index = this.#idle.indexOf(connection);
    if (index !== -1) {
      this.#idle.splice(index, 1);
      if (closedAfterMs === undefined) this.#memory.keptFor(turnMs() - connection.idleSinceMs);
    }
    if (connectError !== undefined) this.#circuit.failed(connectError);
    this.#serveWaiting();
  }

  [Symbol.dispose](): void {
    this.#circuit[Symbol.dispose]();
    clearTimeout(this.#roomMaker);
    for (const waiter of [...this.#waiting.keys()]) this.cancel(waiter);
    for (const connection of this.#all) connection.destroy();
  }

  /** The one that was used last: the core has had the least time to give it up. */
  #takeIdle(choice: ConnectionChoice): CoreConnection | undefined {
    for (let last = this.#idle.at(-1); last !== undefined; last = this.#idle.at(-1)) {
      if (!last.isUsable) {
        this.#idle.pop();
        last.destroy();
        continue;
      }
      const idleMs = turnMs() - last.idleSinceMs;
      if (!this.#isGoodFor(choice, idleMs)) return undefined;
      this.#idle.pop();
      this.#memory.keptFor(idleMs);
      return last;
    }
    return undefined;
  }

  #isGoodFor(choice: ConnectionChoice, idleMs: number): boolean {
    return choice === "any" || (choice === "careful" && this.#memory.isSafe(idleMs, turnMs()));
  }

  #enqueue(waiter: ConnectionWaiter, choice: ConnectionChoice): void {
    const { maxQueue, maxConnections, queueTimeoutMs } = this.#settings;
    if (this.#waiting.size >= maxQueue) {
      waiter.onRefused(
        new AppError(
          "core-busy",
          `${maxConnections} requests are with the app, and ${maxQueue} wait already.`,
          {
            remedy: "SIDECAR_CORE_MAX_CONNECTIONS and SIDECAR_CORE_MAX_QUEUE",
          },
        ),
      );
      return;
    }
    const timer = setTimeout(() => {
      this.cancel(waiter);
      waiter.onRefused(
        new AppError("core-busy", `No connection to the app became free within ${queueTimeoutMs} ms.`, {
          remedy: "SIDECAR_CORE_MAX_CONNECTIONS and SIDECAR_CORE_QUEUE_TIMEOUT_MS",
        }),
      );
    }, queueTimeoutMs);
    this.#waiting.set(waiter, { choice, timer, sinceMs: turnMs() });
    this.#roomMaker ??= setTimeout(() => this.#makeRoom(), PATIENCE_MS);
  }

  /** Ends what only goes on slowly, for each who has waited long enough. */
  #makeRoom(): void {
    this.#roomMaker = undefined;
    const before = turnMs() - PATIENCE_MS + 1;
    const impatient = [...this.#waiting.values()].filter(({ sinceMs }) => sinceMs <= before).length;
    for (let count = 0; count < impatient; count += 1) {
      const connection = chooseToEnd(this.#all, this.#settings.maxConnections);
      if (connection === undefined) break;
      connection.giveUp();
    }
    if (this.#waiting.size > 0) this.#roomMaker ??= setTimeout(() => this.#makeRoom(), PATIENCE_MS);
  }

  /** There may be room again, or no hope any more. */
  #serveWaiting(): void {
    while (this.#waiting.size > 0) {
      const isHopeless = this.#circuit.isOpen;
      if (!isHopeless && this.#all.size >= this.#settings.maxConnections) return;
      const [next] = this.#waiting;
      if (next === undefined) return;
      this.cancel(next[0]);
      this.acquire(next[0], next[1].choice);
    }
  }
}
