import { setImmediate, setTimeout } from "node:timers/promises";
import { javaArray } from "../serialization/build-values.ts";
import {
  elementsOf,
  fieldOf,
  isJavaArray,
  isJavaObject,
  type JavaValue,
} from "../serialization/java-values.ts";
import { JmxError } from "./jmx-error.ts";
import { METHODS } from "./jmx-methods.ts";
import type { JmxSession } from "./jmx-session.ts";
import { marshalled, notificationFilter, objectName } from "./jmx-values.ts";
import { eventsIn, type JmxEvent, listenerNumber, notificationsIn } from "./notification-events.ts";

/** Hears what MBeans notify of, by one call that waits for all of them, until it is disposed of. */
export interface JmxListener extends AsyncDisposable {
  /**
   * Hears an MBean, too; gives what its events go by.
   * @param types what the types of the notifications begin with; empty for all.
   * @throws {JmxError}
   */
  add(mbean: string, types: readonly string[]): Promise<number>;
  /** Hears it no more. */
  remove(key: number): Promise<void>;
  /**
   * Waits until there is something to tell, half a minute at most, and gives it; nothing, where there was nothing.
   * @throws {JmxError}
   */
  next(signal: AbortSignal): Promise<readonly JmxEvent[]>;
}

/** How long the JVM is asked to wait. */
const FETCH_WAIT_MS = 25_000;
const FETCH_GRACE_MS = 10_000;
const FETCH_COUNT = 100;
/** Before a call is made again that was cut. */
const PAUSE_MS = 500;

/** An MBean that is heard. */
interface Heard {
  readonly mbean: string;
  readonly types: readonly string[];
  /** The login that {@link listener} is of. */
  generation: number;
  /** The JVM's number for it; null where it has none, since the MBean is gone. */
  listener: JavaValue;
}

interface State {
  readonly session: JmxSession;
  readonly heard: Map<number, Heard>;
  /** What is being added: an event may be there before the number of its listener is. */
  readonly adding: Set<Promise<unknown>>;
  /** The login that {@link nextSequence} is of. */
  generation: number;
  nextSequence: bigint;
}

/** Makes one that hears nothing yet. The JVM keeps the latest 1000 notifications of all of its MBeans for those who are slow. */
export function createJmxListener(session: JmxSession): JmxListener {
  const state: State = { session, heard: new Map(), adding: new Set(), generation: 0, nextSequence: -1n };
  let starting: Promise<void> | undefined;
  let nextKey = 1;
  const started = (): Promise<void> => {
    starting ??= start(state).catch((error: unknown) => {
      starting = undefined;
      throw error;
    });
    return starting;
  };
  return {
    async add(mbean, types) {
      await started();
      const key = nextKey;
      nextKey += 1;
      const heard: Heard = { mbean, types, generation: 0, listener: null };
      const adding = hear(state, heard).then(() => state.heard.set(key, heard));
      state.adding.add(adding);
      try {
        await adding;
      } finally {
        state.adding.delete(adding);
      }
      return key;
    },
    async remove(key) {
      const heard = state.heard.get(key);
      state.heard.delete(key);
      if (heard !== undefined) await forget(state, heard);
    },
    async next(signal) {
      await started();
      try {
        return await fetchSome(state, signal);
      } catch (error) {
        if (!isLoginLost(error)) throw error;
        await setTimeout(PAUSE_MS, undefined, { signal });
        return (await hearAgain(state)) ? [{ kind: "lost", count: null }] : [];
      }
    },
    async [Symbol.asyncDispose]() {
      for (const heard of state.heard.values()) await forget(state, heard);
      state.heard.clear();
    },
  };
}

/** From where on there is something to be heard: asked for before there is a listener, so that nothing is missed. */
async function start(state: State): Promise<void> {
  const { session } = state;
  const result = await session.call(METHODS.fetchNotifications, [-1n, 0, 0n]);
  state.nextSequence = sequenceIn(result, "nextSequenceNumber");
  state.generation = session.generation;
}

async function hear({ session }: State, heard: Heard): Promise<void> {
  const filter = heard.types.length === 0 ? null : notificationFilter(heard.types);
  const added = await session.call(METHODS.addNotificationListeners, [
    javaArray("[Ljavax.management.ObjectName;", [objectName(heard.mbean)]),
    javaArray("[Ljava.rmi.MarshalledObject;", [marshalled(filter)]),
    javaArray("[Ljavax.security.auth.Subject;", [null]),
  ]);
  heard.generation = session.generation;
  heard.listener = isJavaArray(added) ? (elementsOf(added)[0] ?? null) : null;
}

/** Goes on after a call was cut; tells whether it is by a new login. What was added by that meanwhile is heard already. */
async function hearAgain(state: State): Promise<boolean> {
  const { generation, nextSequence } = state;
  await start(state);
  if (state.generation === generation) {
    state.nextSequence = nextSequence;
    return false;
  }
  for (const heard of state.heard.values()) {
    if (heard.generation === state.generation) continue;
    await hear(state, heard).catch((error: unknown) => {
      if (!(error instanceof JmxError) || error.failure !== "no-such-mbean") throw error;
      heard.listener = null;
    });
  }
  return true;
}

async function forget({ session }: State, { mbean, listener, generation }: Heard): Promise<void> {
  if (listener === null) return;
  const ids = javaArray("[Ljava.lang.Integer;", [listener]);
  // With the login or the MBean the listener is gone, too.
  await session
    .call(METHODS.removeNotificationListeners, [objectName(mbean), ids, null], { generation })
    .catch(() => undefined);
}

async function fetchSome(state: State, signal: AbortSignal): Promise<readonly JmxEvent[]> {
  const { nextSequence: from } = state;
  const { result, unreadable } = await fetchReadable(state, signal);
  if (state.adding.size > 0) {
    await Promise.allSettled(state.adding);
    // Until those who have added it have heard so.
    await setImmediate();
  }
  const [earliest, next] = [
    sequenceIn(result, "earliestSequenceNumber"),
    sequenceIn(result, "nextSequenceNumber"),
  ];
  // What the JVM has dropped while it was looking it may have given already, or it tells of it next time again.
  const missing = Number(next - from) - notificationsIn(result);
  const lost = unreadable + Math.max(0, Math.min(Number(earliest - from), missing));
  state.nextSequence = next;
  if (unreadable > 0) state.nextSequence += 1n;
  return [...(lost > 0 ? [{ kind: "lost", count: lost } as const] : []), ...eventsIn(result, keysOf(state))];
}

/** Where one of many can't leave the JVM, the next one is asked for alone; where it is that one, it is left out. */
async function fetchReadable(
  state: State,
  signal: AbortSignal,
): Promise<{ result: JavaValue; unreadable: number }> {
  const together = await fetchOrNull(state, FETCH_COUNT, signal);
  if (together !== null) return { result: together, unreadable: 0 };
  // With none wanted, the JVM goes on to the next that somebody listens to.
  const result = await fetch(state, 0, signal);
  state.nextSequence = sequenceIn(result, "nextSequenceNumber");
  const alone = await fetchOrNull(state, 1, signal);
  return alone === null ? { result, unreadable: 1 } : { result: alone, unreadable: 0 };
}

async function fetchOrNull(state: State, count: number, signal: AbortSignal): Promise<JavaValue> {
  try {
    return await fetch(state, count, signal);
  } catch (error) {
    if (error instanceof JmxError && error.failure === "not-serializable") return null;
    throw error;
  }
}

function fetch(
  { session, nextSequence, generation }: State,
  count: number,
  signal: AbortSignal,
): Promise<JavaValue> {
  const waitMs = count === 0 ? 0 : FETCH_WAIT_MS;
  return session.call(METHODS.fetchNotifications, [nextSequence, count, BigInt(waitMs)], {
    ...{ signal, generation },
    timeoutMs: FETCH_WAIT_MS + FETCH_GRACE_MS,
  });
}

/** By the JVM's numbers of their listeners. */
function keysOf({ heard, generation }: State): ReadonlyMap<JavaValue | undefined, number> {
  const current = [...heard].filter(([, one]) => one.generation === generation);
  return new Map(current.map(([key, { listener }]) => [listenerNumber(listener), key]));
}

function sequenceIn(result: JavaValue, name: string): bigint {
  const value = isJavaObject(result) ? fieldOf(result, name) : undefined;
  if (typeof value === "bigint") return value;
  throw new JmxError("bad-answer", "the JVM's answer is not a list of notifications");
}

function isLoginLost(error: unknown): boolean {
  return error instanceof JmxError && error.failure === "closed";
}
