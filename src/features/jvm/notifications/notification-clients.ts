import { messageOf } from "../../../base/errors.ts";
import type { JmxClient } from "../jmx/jmx-client.ts";
import { type Json, parseJson } from "../jmx/json.ts";
import { parseObjectName } from "../jmx/object-name.ts";
import { illegalArgument, JolokiaError } from "../jolokia/jolokia-error.ts";
import type { JolokiaSource } from "../jolokia/jolokia-json.ts";
import { createClientList, tooMany } from "./client-list.ts";
import {
  describeSubscription,
  endSubscription,
  type NotificationChannel,
  type NotificationClient,
  resultText,
  type Subscription,
  sendQueued,
  subscriptionOf,
  takeEvent,
} from "./notification-client.ts";
import type { NotificationWish } from "./notification-command.ts";
import { createNotificationQueue } from "./notification-queue.ts";
import { createStation, type Hold, type Station } from "./station.ts";

/**
 * Those who hear notifications of one JVM. All that waits for them is bounded, and all is gone when the JVM ends, or when
 * this is disposed of. All of it throws a {@link JolokiaError}, or a {@link JmxError}.
 */
export interface NotificationClients extends AsyncDisposable {
  /** Gives the identity by which a new client is known. */
  register(): string;
  unregister(id: string): Promise<void>;
  /**
   * Begins to hear an MBean, or all that a pattern stands for; gives the handle of that.
   * @param asking by which a pattern is looked up.
   */
  add(id: string, wish: NotificationWish, asking: JmxClient): Promise<string>;
  remove(id: string, handle: string): Promise<void>;
  /** Says that the client is still there, as all else does. */
  ping(id: string): void;
  /** What a client hears, by its handles. */
  list(id: string): Json;
  /** Gives what has come since the last time, and forgets it. */
  pull(id: string, handle: string): Json;
  /** Sends what waits, and what comes, to a stream, in place of any other; gives what is to be called at its end. */
  open(id: string, channel: NotificationChannel): () => void;
}

/** What it needs. */
export interface NotificationParts {
  readonly hold: Hold;
  readonly mask: JolokiaSource["mask"];
  /** How long a client may be silent. */
  readonly silenceMs?: number;
}

/** The most that wait for each handle. */
export const MAX_QUEUED = 100;
const MAX_HANDLES = 32;
/** That one pattern may stand for. */
const MAX_MBEANS = 100;
const SILENCE_MS = 300_000;

/** Makes them. */
export function createNotificationClients(parts: NotificationParts): NotificationClients {
  const list = createClientList(parts.silenceMs ?? SILENCE_MS);
  const station = createStation(parts.hold, (error) => void list.forgetAll(messageOf(error)));
  return {
    register: () => list.register().id,
    unregister: (id) => list.forget(list.require(id), "unregistered"),
    async add(id, wish, asking) {
      const client = list.require(id);
      const subscription = newSubscription(client, wish);
      try {
        await hearAll(station, client, subscription, { asking, mask: parts.mask });
        const isThere = list.has(client) && client.subscriptions.has(subscription.handle);
        if (!isThere) throw illegalArgument(`No client ${id} registered`);
        return subscription.handle;
      } catch (error) {
        client.subscriptions.delete(subscription.handle);
        await endSubscription(subscription);
        throw error;
      }
    },
    async remove(id, handle) {
      const client = list.require(id);
      const subscription = subscriptionOf(client, handle);
      client.subscriptions.delete(handle);
      await endSubscription(subscription);
    },
    ping: (id) => void list.require(id),
    list(id) {
      const all = [...list.require(id).subscriptions];
      return Object.fromEntries(all.map(([handle, one]) => [handle, describeSubscription(one)]));
    },
    pull(id, handle) {
      const { wish, queue } = subscriptionOf(list.require(id), handle);
      return parseJson(resultText(handle, wish, queue.take()));
    },
    open: (id, channel) => openChannel(list.require(id), channel),
    async [Symbol.asyncDispose]() {
      await list[Symbol.asyncDispose]();
      await station[Symbol.asyncDispose]();
    },
  };
}

/** It counts from now on, though it hears nothing yet. */
function newSubscription(client: NotificationClient, wish: NotificationWish): Subscription {
  if (client.subscriptions.size >= MAX_HANDLES) throw tooMany(`${MAX_HANDLES} listeners of a client`);
  client.handles += 1;
  const handle = String(client.handles);
  const queue = createNotificationQueue(client.room, MAX_QUEUED);
  const subscription: Subscription = { handle, wish, queue, endings: [] };
  client.subscriptions.set(handle, subscription);
  return subscription;
}

async function hearAll(
  station: Station,
  client: NotificationClient,
  subscription: Subscription,
  { asking, mask }: { readonly asking: JmxClient; readonly mask: JolokiaSource["mask"] },
): Promise<void> {
  const { mbean, filter } = subscription.wish;
  const found = parseObjectName(mbean).isPattern ? await broadcastersOf(mbean, asking) : [mbean];
  for (const name of found) {
    const end = await station.hear(name, filter, (event) => takeEvent(client, subscription, event, mask));
    subscription.endings.push(end);
  }
}

/** Of a pattern, those that notify of anything. */
async function broadcastersOf(pattern: string, asking: JmxClient): Promise<readonly string[]> {
  const names = await asking.names(pattern);
  const found: string[] = [];
  for (const name of names) {
    if ((await asking.info(name)).notifications.length > 0) found.push(name);
    if (found.length > MAX_MBEANS) throw tooMany(`${MAX_MBEANS} MBeans by one listener`);
  }
  if (found.length > 0) return found;
  const message = `No MBean that ${pattern} stands for notifies of anything`;
  throw new JolokiaError(404, "javax.management.InstanceNotFoundException", message);
}

function openChannel(client: NotificationClient, channel: NotificationChannel): () => void {
  client.channel?.end("replaced");
  client.channel = channel;
  for (const subscription of client.subscriptions.values()) sendQueued(client, subscription);
  return () => {
    if (client.channel === channel) client.channel = undefined;
    client.seenMs = performance.now();
  };
}
