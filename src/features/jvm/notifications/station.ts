import { setTimeout } from "node:timers/promises";
import type { JmxClient } from "../jmx/jmx-client.ts";
import { JmxError } from "../jmx/jmx-error.ts";
import type { JmxEvent } from "../jmx/notification-events.ts";
import type { JmxListener } from "../jmx/notifications.ts";

/** Keeps the way to a JVM's MBeans open for as long as something is heard there, and no longer. */
export interface Station extends AsyncDisposable {
  /**
   * Hears an MBean; gives what ends that.
   * @param types what the types of the notifications begin with; empty for all.
   * @throws {JmxError}, or what {@link Hold} throws.
   */
  hear(mbean: string, types: readonly string[], tell: Tell): Promise<() => Promise<void>>;
}

/** Is told of what happens. */
type Tell = (event: JmxEvent) => void;

/** Gives a client of the JVM, and keeps it until `act` is over. */
export type Hold = (act: (client: JmxClient) => Promise<void>) => Promise<void>;

/** So often the JVM is asked at most, whatever it has to tell. */
const PERIOD_MS = 20;

/** A key that no event has. */
const NOT_HEARD = -1;

interface Ear {
  readonly mbean: string;
  readonly types: readonly string[];
  readonly tell: Tell;
  key: number;
}

interface Run {
  readonly stop: AbortController;
  readonly over: Promise<void>;
  listening: PromiseWithResolvers<JmxListener>;
}

/**
 * Makes one. A way that is lost is made anew once.
 * @param ended is told where it can't be: nothing is heard any more.
 */
export function createStation(hold: Hold, ended: (error: unknown) => void): Station {
  const ears = new Set<Ear>();
  let run: Run | undefined;
  let beginning = 0;

  const begin = (): Run => {
    const stop = new AbortController();
    const own: Run = {
      stop,
      listening: newListening(),
      over: Promise.resolve().then(() => keepRunning(own, hold, ears)),
    };
    own.over.catch((error: unknown) => {
      own.listening.reject(error);
      if (run !== own) return;
      run = undefined;
      const wasHeard = ears.size > 0;
      ears.clear();
      if (wasHeard) ended(error);
    });
    return own;
  };
  const endIfUnused = async (): Promise<void> => {
    if (run === undefined || ears.size > 0 || beginning > 0) return;
    const { stop, over } = run;
    run = undefined;
    stop.abort();
    await over.catch(() => undefined);
  };
  return {
    async hear(mbean, types, tell) {
      beginning += 1;
      try {
        run ??= begin();
        const listener = await run.listening.promise;
        const ear: Ear = { mbean, types, tell, key: await listener.add(mbean, types) };
        ears.add(ear);
        return async () => {
          if (!ears.delete(ear)) return;
          // With the way to the JVM the listener is gone, too.
          await run?.listening.promise.then((own) => own.remove(ear.key)).catch(() => undefined);
          await endIfUnused();
        };
      } finally {
        beginning -= 1;
        await endIfUnused();
      }
    },
    async [Symbol.asyncDispose]() {
      ears.clear();
      await endIfUnused();
    },
  };
}

async function keepRunning(run: Run, hold: Hold, ears: ReadonlySet<Ear>): Promise<void> {
  const { signal } = run.stop;
  for (let failures = 0; !signal.aborted; ) {
    try {
      await hold(async (client) => {
        await using listener = client.listen();
        for (const ear of ears) ear.key = await hearAgain(listener, ear);
        if (failures > 0) for (const { tell } of ears) tell({ kind: "lost", count: null });
        run.listening.resolve(listener);
        while (!signal.aborted) {
          const earliestNext = setTimeout(PERIOD_MS, undefined, { signal }).catch(() => undefined);
          tellEars(ears, await nextOf(listener, signal));
          failures = 0;
          await earliestNext;
        }
      });
    } catch (error) {
      failures += 1;
      if (failures > 1 || ears.size === 0) throw error;
      run.listening = newListening();
    }
  }
}

/** An MBean that is gone meanwhile is not heard, and spoils no other. */
async function hearAgain(listener: JmxListener, { mbean, types }: Ear): Promise<number> {
  try {
    return await listener.add(mbean, types);
  } catch (error) {
    if (error instanceof JmxError && error.failure === "no-such-mbean") return NOT_HEARD;
    throw error;
  }
}

function newListening(): PromiseWithResolvers<JmxListener> {
  const listening = Promise.withResolvers<JmxListener>();
  listening.promise.catch(() => undefined);
  return listening;
}

/** That nobody waits any more is no failure of the JVM's. */
async function nextOf(listener: JmxListener, signal: AbortSignal): Promise<readonly JmxEvent[]> {
  try {
    return await listener.next(signal);
  } catch (error) {
    if (signal.aborted) return [];
    throw error;
  }
}

function tellEars(ears: ReadonlySet<Ear>, events: readonly JmxEvent[]): void {
  for (const event of events) {
    for (const { key, tell } of ears) if (event.kind === "lost" || event.key === key) tell(event);
  }
}
