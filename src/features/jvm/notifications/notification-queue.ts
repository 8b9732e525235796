/** What a client has not taken yet: so many notifications, and so many characters of them, as there is room for. */

/** The room that the queues of a client share. */
export interface QueueRoom {
  leftChars: number;
}

/** What was waiting. */
export interface QueuedNotifications {
  /** Each as JSON, in their order. */
  readonly notifications: readonly string[];
  /** How many there were no room for, or never came. */
  readonly dropped: number;
}

/** A queue: where there is no room, the oldest of it is dropped, and counted. */
export interface NotificationQueue {
  push(text: string): void;
  /** Counts those that were lost on their way. */
  lose(count: number): void;
  /** Gives all of it, and what was dropped since the last time. */
  take(): QueuedNotifications;
}

/** Makes one. */
export function createNotificationQueue(room: QueueRoom, maxEntries: number): NotificationQueue {
  const texts: string[] = [];
  let dropped = 0;
  const shift = () => {
    room.leftChars += texts.shift()?.length ?? 0;
    dropped += 1;
  };
  return {
    push(text) {
      while (texts.length > 0 && (texts.length >= maxEntries || text.length > room.leftChars)) shift();
      if (text.length > room.leftChars) {
        dropped += 1;
        return;
      }
      texts.push(text);
      room.leftChars -= text.length;
    },
    lose(count) {
      dropped += count;
    },
    take() {
      const taken = { notifications: texts.splice(0), dropped };
      dropped = 0;
      for (const { length } of taken.notifications) room.leftChars += length;
      return taken;
    },
  };
}
