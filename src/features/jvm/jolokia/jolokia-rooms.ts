import { AppError } from "../../../base/errors.ts";
import { signalProcess } from "../../../linux/signal-process.ts";
import type { JmxAccess } from "../access/jmx-access.ts";
import type { Jvm } from "../jvm-finder.ts";
import { maskJson } from "../mbeans/mask-json.ts";
import {
  createNotificationClients,
  type NotificationClients,
} from "../notifications/notification-clients.ts";
import type { Hold } from "../notifications/station.ts";
import { createListMemory, type ListMemory } from "./list-memory.ts";

/** What is kept of a JVM from one request to the next. */
export interface JolokiaRoom {
  readonly notifications: NotificationClients;
  readonly memory: ListMemory;
}

/** It by JVM. */
export interface JolokiaRooms extends AsyncDisposable {
  /** @throws {AppError} `shutting-down` */
  of(jvm: Jvm): JolokiaRoom;
}

/** Makes it; while somebody hears a JVM, the way to its MBeans stays open. */
export function createJolokiaRooms(access: JmxAccess): JolokiaRooms {
  const rooms = new Map<string, { readonly jvm: Jvm; readonly room: JolokiaRoom }>();
  let isDisposed = false;
  return {
    of(jvm) {
      if (isDisposed) throw new AppError("shutting-down", "The sidecar is shutting down.");
      for (const [key, { jvm: other, room }] of rooms) {
        if (!isGone(other)) continue;
        rooms.delete(key);
        void room.notifications[Symbol.asyncDispose]();
      }
      const key = `${jvm.stat.pid}:${jvm.stat.startTicks}`;
      const known = rooms.get(key);
      if (known !== undefined) return known.room;
      const hold: Hold = (act) => access.use(jvm, "read", act);
      const room = {
        notifications: createNotificationClients({ hold, mask: maskJson }),
        memory: createListMemory(),
      };
      rooms.set(key, { jvm, room });
      return room;
    },
    async [Symbol.asyncDispose]() {
      isDisposed = true;
      for (const { room } of rooms.values()) await room.notifications[Symbol.asyncDispose]();
    },
  };
}

function isGone({ stat: { pid }, startTime }: Jvm): boolean {
  return signalProcess({ pid, startTime }, 0) === "gone";
}
