import { once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { startTicksOf } from "../../../linux/watched-process.ts";
import { type TraceSlot, traceSlot, type Verdict } from "./verdict.ts";
import type { WatchOrder } from "./watch-order.ts";

/** The governor, as the main thread has it: one thread for all traces, started with the first of them. */
export interface Governor extends AsyncDisposable {
  /** Resolves when the thread runs, and gives what has it watch over a strace. */
  ready(): Promise<StartWatch>;
}

/** Has a strace watched, from this moment on. To be called in the same turn in which it has been started. */
export type StartWatch = (order: Omit<WatchOrder, "startTicks" | "memory" | "latency">) => Watch;

/** One trace that is watched over, until it is disposed of. */
export interface Watch extends Disposable {
  /** Why strace was ended; undefined while nothing is wrong. */
  verdict(): Verdict | undefined;
  /** Says that strace holds the process: the time limit counts from now on. */
  attached(): void;
}

/** The same extension as this file: the sources run as they are, the compiled program has no `.ts`. */
const THREAD = new URL(`governor-main${extname(import.meta.url)}`, import.meta.url);
const MAX_HEAP_MB = 64;

/**
 * Makes the governor; its thread is started by the first trace.
 * @param onFailure is told why the thread has ended by itself. The traces that it watched over are ended then.
 * @param findLatency gives the memory of how long the app lets requests wait, where any are forwarded.
 */
export function createGovernor(
  onFailure: (error: unknown) => void,
  findLatency: () => SharedArrayBuffer | undefined = () => undefined,
): Governor {
  const slots = new Set<TraceSlot>();
  let starting: Promise<Worker> | undefined;
  let running: Worker | undefined;

  const startThread = async (): Promise<Worker> => {
    // No environment: it holds tokens, and this thread needs nothing of it.
    const thread = new Worker(THREAD, {
      ...{ env: {}, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB } },
      name: "governor",
    });
    thread.on("error", onFailure);
    running = thread;
    thread.once("exit", () => {
      starting = undefined;
      running = undefined;
      // Nobody looks any more: each trace sees this at its next look, and ends.
      for (const slot of slots) slot.decide("governor-failed");
    });
    await Promise.race([once(thread, "message"), failIfEnded(thread)]);
    // It must not keep the process from ending; nor can it do so by a trace, which the process waits for.
    thread.unref();
    return thread;
  };

  const watch = (thread: Worker, order: Omit<WatchOrder, "startTicks" | "memory">): Watch => {
    const slot = traceSlot();
    const startTicks = startTicksOf(order.pid);
    slots.add(slot);
    // It may have ended while strace was started.
    if (running !== thread) slot.decide("governor-failed");
    if (startTicks !== undefined) thread.postMessage({ ...order, startTicks, memory: slot.memory });
    return {
      verdict: slot.verdict,
      attached: slot.markAttached,
      [Symbol.dispose]() {
        slot.markOver();
        slots.delete(slot);
      },
    };
  };

  return {
    async ready() {
      starting ??= startThread().catch((error: unknown) => {
        starting = undefined;
        throw error;
      });
      const thread = await starting;
      return (order) => watch(thread, { ...order, latency: findLatency() });
    },
    async [Symbol.asyncDispose]() {
      const thread = await starting?.catch(() => undefined);
      await thread?.terminate();
    },
  };
}

async function failIfEnded(thread: Worker): Promise<never> {
  const [exitCode] = await once(thread, "exit");
  throw new Error(`The governor's thread has ended with ${exitCode} before it was ready.`);
}
