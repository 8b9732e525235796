import { describe, expect, test } from "vitest";
import { objectName } from "../../../../src/features/jvm/jmx/jmx-values.ts";
import type { JmxEvent } from "../../../../src/features/jvm/jmx/notification-events.ts";
import { optionsOf } from "../../../../src/features/jvm/jolokia/request-options.ts";
import { maskJson } from "../../../../src/features/jvm/mbeans/mask-json.ts";
import {
  type NotificationClient,
  type Subscription,
  sendQueued,
  takeEvent,
} from "../../../../src/features/jvm/notifications/notification-client.ts";
import { createNotificationQueue } from "../../../../src/features/jvm/notifications/notification-queue.ts";
import type { JavaValue } from "../../../../src/features/jvm/serialization/java-values.ts";

function notification(sequence: bigint, more: Record<string, JavaValue> = {}): JmxEvent {
  return {
    ...{ kind: "notification", key: 1, type: "a.b", message: null, source: objectName("a:b=c") },
    ...{ sequenceNumber: sequence, timeMs: 5, userData: null, more: new Map(Object.entries(more)) },
  };
}

/** One that hears, and what it is sent: where it has no room, nothing. */
function listening(mode: "pull" | "sse" = "sse") {
  const wish = { mode, mbean: "a:b=c", filter: [], config: undefined, handback: "h", options: optionsOf({}) };
  const client: NotificationClient = {
    ...{ id: "i", subscriptions: new Map(), handles: 1, seenMs: 0, channel: undefined },
    room: { leftChars: 10_000 },
  };
  const queue = createNotificationQueue(client.room, 2);
  const subscription: Subscription = { handle: "7", wish, queue, endings: [] };
  const sent: { id: string; data: unknown }[] = [];
  const stream = { hasRoom: true };
  const open = () => {
    client.channel = {
      offer(data, id) {
        if (stream.hasRoom) sent.push({ id, data: JSON.parse(data) });
        return stream.hasRoom;
      },
      end: () => undefined,
    };
    sendQueued(client, subscription);
  };
  const take = (event: JmxEvent) => takeEvent(client, subscription, event, maskJson);
  return { open, take, sent, stream, queue };
}

describe("What a client hears", () => {
  test("waits for its stream, the latest of it, and is counted where it did not last", () => {
    const { open, take, sent } = listening();
    for (const sequence of [1n, 2n, 3n]) take(notification(sequence));
    open();
    const rest = {
      type: "a.b",
      timeStamp: 5,
      message: null,
      userData: null,
      source: { objectName: "a:b=c" },
    };
    const result = { handle: "7", handback: "h" };
    expect(sent).toEqual([
      { id: "2", data: { ...result, dropped: 1, notifications: [{ ...rest, sequenceNumber: 2 }] } },
      { id: "3", data: { ...result, dropped: 0, notifications: [{ ...rest, sequenceNumber: 3 }] } },
    ]);
  });

  test("is counted where its stream has no room, and told with the next that it has room for", () => {
    const { open, take, sent, stream } = listening();
    open();
    stream.hasRoom = false;
    take(notification(1n));
    take(notification(2n));
    take({ kind: "lost", count: 5 });
    take({ kind: "lost", count: null });
    stream.hasRoom = true;
    take(notification(3n));
    expect(sent).toMatchObject([{ id: "3", data: { dropped: 8 } }]);
  });

  test("is not sent where it is to be pulled", () => {
    const { open, take, sent, queue } = listening("pull");
    open();
    take(notification(1n));
    expect([sent, queue.take().notifications.length]).toEqual([[], 1]);
  });

  test("has its secrets masked, also those of an attribute that has changed", () => {
    const { open, take, sent } = listening();
    open();
    take(notification(1n, { attributeName: "DbPassword", oldValue: "hush", newValue: "hush2" }));
    take(notification(2n, { attributeName: "Name", oldValue: "one", newValue: "password=hush" }));
    expect(JSON.stringify(sent)).not.toContain("hush");
    expect(sent[1]).toMatchObject({ data: { notifications: [{ attributeName: "Name", oldValue: "one" }] } });
  });

  test("has the names that Java's getters have", () => {
    const { open, take, sent } = listening();
    open();
    take(notification(1n, { objectName: objectName("d:e=f") }));
    expect(sent).toMatchObject([{ data: { notifications: [{ mBeanName: { objectName: "d:e=f" } }] } }]);
  });

  test("is counted where it is larger than what may be told", () => {
    const { open, take, sent } = listening();
    open();
    take(notification(1n, { nested: nestedTooDeep() }));
    take(notification(2n));
    expect(sent).toMatchObject([{ id: "2", data: { dropped: 1 } }]);
  });
});

function nestedTooDeep(): JavaValue {
  const type = { ...objectName("a:b=c").type, name: "[Ljava.lang.Object;" };
  let value: JavaValue = null;
  for (let depth = 0; depth < 200; depth += 1) value = { kind: "array", type, elements: [value] };
  return value;
}
