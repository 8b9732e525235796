import {
  elementsOf,
  fieldOf,
  isJavaArray,
  isJavaObject,
  type JavaObject,
  type JavaValue,
  textFieldOf,
} from "../serialization/java-values.ts";
import { unbox } from "../serialization/scalars.ts";

/** Notifications as a JVM writes them. */

/** What an MBean has notified of, or how much of that was not seen. */
export type JmxEvent =
  | {
      readonly kind: "notification";
      /** What {@link JmxListener.add} has given for the MBean. */
      readonly key: number;
      readonly type: string;
      readonly message: string | null;
      /** The name of the MBean that sent it, unless that names something else. */
      readonly source: JavaValue;
      /** The sender's own. */
      readonly sequenceNumber: bigint;
      readonly timeMs: number;
      readonly userData: JavaValue;
      /** What the classes below `Notification` have. */
      readonly more: ReadonlyMap<string, JavaValue>;
    }
  /** Of any of the MBeans. `count` is null where nobody knows: the login was made anew meanwhile. */
  | { readonly kind: "lost"; readonly count: number | null };

const NOTIFICATION = "javax.management.Notification";

/**
 * The notifications in what `fetchNotifications` gives.
 * @param keys what is heard, by the numbers of its listeners; what nobody hears is left out.
 */
export function* eventsIn(
  result: JavaValue,
  keys: ReadonlyMap<JavaValue | undefined, number>,
): Generator<JmxEvent, void, undefined> {
  for (const entry of targetedIn(result)) {
    const key = keys.get(listenerNumber(fieldOf(entry, "id")));
    const notification = fieldOf(entry, "notif");
    if (key !== undefined && isJavaObject(notification)) yield eventOf(key, notification);
  }
}

/** How many notifications it has: one may be for several listeners. */
export function notificationsIn(result: JavaValue): number {
  return new Set(targetedIn(result).map((entry) => fieldOf(entry, "notif"))).size;
}

function targetedIn(result: JavaValue): readonly JavaObject[] {
  const targeted = isJavaObject(result) ? fieldOf(result, "targetedNotifications") : undefined;
  return isJavaArray(targeted) ? elementsOf(targeted).filter(isJavaObject) : [];
}

/** The number by which the JVM knows a listener; undefined where it is none. */
export function listenerNumber(value: JavaValue | undefined): JavaValue | undefined {
  return isJavaObject(value) ? unbox(value) : undefined;
}

function eventOf(key: number, notification: JavaObject): JmxEvent {
  const sequenceNumber = fieldOf(notification, "sequenceNumber");
  const at = notification.parts.findIndex(({ type }) => type.name === NOTIFICATION);
  return {
    ...{ kind: "notification", key },
    type: textFieldOf(notification, "type") ?? "",
    message: textFieldOf(notification, "message") ?? null,
    source: fieldOf(notification, "source") ?? null,
    sequenceNumber: typeof sequenceNumber === "bigint" ? sequenceNumber : 0n,
    timeMs: Number(fieldOf(notification, "timeStamp") ?? 0),
    userData: fieldOf(notification, "userData") ?? null,
    more: new Map(notification.parts.slice(at + 1).flatMap(({ fields }) => [...fields])),
  };
}
