import { type Json, jsonText } from "../jmx/json.ts";
import { JsonLimitError } from "../jmx/json-budget.ts";
import type { JmxEvent } from "../jmx/notification-events.ts";
import { illegalArgument } from "../jolokia/jolokia-error.ts";
import type { JolokiaSource } from "../jolokia/jolokia-json.ts";
import type { NotificationWish } from "./notification-command.ts";
import { notificationJson } from "./notification-json.ts";
import type { NotificationQueue, QueuedNotifications, QueueRoom } from "./notification-queue.ts";

/** One who hears notifications, and how they come to it. */

/** A stream to a client. */
export interface NotificationChannel {
  /**
   * Takes an event, or drops it whole; tells which.
   * @param id that of the latest notification in it.
   */
  offer(data: string, id: string): boolean;
  end(reason: string): void;
}

/** What a client hears. */
export interface Subscription {
  readonly handle: string;
  readonly wish: NotificationWish;
  readonly queue: NotificationQueue;
  /** What ends it. */
  readonly endings: (() => Promise<void>)[];
}

/** A client. */
export interface NotificationClient {
  readonly id: string;
  /** By their handles. */
  readonly subscriptions: Map<string, Subscription>;
  readonly room: QueueRoom;
  /** How many handles it has had. */
  handles: number;
  /** When it last said something. */
  seenMs: number;
  channel: NotificationChannel | undefined;
}

/** @throws {JolokiaError} where there is none of that handle. */
export function subscriptionOf({ subscriptions }: NotificationClient, handle: string): Subscription {
  const subscription = subscriptions.get(handle);
  if (subscription === undefined) throw illegalArgument(`No listener with handle ${handle} created`);
  return subscription;
}

/** Takes what has happened: it waits for the client to pull it, or for its stream. */
export function takeEvent(
  client: NotificationClient,
  subscription: Subscription,
  event: JmxEvent,
  mask: JolokiaSource["mask"],
): void {
  const { queue, wish } = subscription;
  // How many were lost nobody may know: one at least.
  if (event.kind === "lost") queue.lose(event.count ?? 1);
  else {
    try {
      queue.push(jsonText(notificationJson(event, wish.options, mask)));
    } catch (error) {
      if (!(error instanceof JsonLimitError)) throw error;
      queue.lose(1);
    }
  }
  sendQueued(client, subscription);
}

/** Sends what waits for a stream, each notification by itself; what the stream has no room for is dropped, and counted. */
export function sendQueued({ channel }: NotificationClient, { handle, wish, queue }: Subscription): void {
  if (channel === undefined || wish.mode !== "sse") return;
  const { notifications, dropped } = queue.take();
  let untold = dropped;
  for (const notification of notifications) {
    const data = resultText(handle, wish, { notifications: [notification], dropped: untold });
    untold = channel.offer(data, /"sequenceNumber":(-?\d+)/.exec(notification)?.[1] ?? "") ? 0 : untold + 1;
  }
  queue.lose(untold);
}

/** What is given for a handle, as JSON. */
export function resultText(
  handle: string,
  { handback }: NotificationWish,
  { notifications, dropped }: QueuedNotifications,
): string {
  const rest = jsonText({ handle, handback: handback ?? null, dropped });
  return `${rest.slice(0, -1)},"notifications":[${notifications.join(",")}]}`;
}

/** A subscription as it is listed. */
export function describeSubscription({ wish }: Subscription): Json {
  const { mbean, filter, config, handback } = wish;
  return {
    mbean,
    ...(filter.length === 0 ? {} : { filter }),
    ...(handback === undefined ? {} : { handback }),
    ...(config === undefined ? {} : { config }),
  };
}

/** Hears it no more. */
export async function endSubscription({ endings }: Subscription): Promise<void> {
  for (const end of endings.splice(0)) await end();
}
