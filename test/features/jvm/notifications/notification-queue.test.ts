import { describe, expect, test } from "vitest";
import { createNotificationQueue } from "../../../../src/features/jvm/notifications/notification-queue.ts";

describe("A queue of notifications", () => {
  test("gives all that was put in, in its order, and then nothing", () => {
    const queue = createNotificationQueue({ leftChars: 100 }, 10);
    queue.push("a");
    queue.push("b");
    expect(queue.take()).toEqual({ notifications: ["a", "b"], dropped: 0 });
    expect(queue.take()).toEqual({ notifications: [], dropped: 0 });
  });

  test("drops the oldest where it holds as many as it may, and counts them until it is asked", () => {
    const queue = createNotificationQueue({ leftChars: 100 }, 2);
    for (const text of ["a", "b", "c", "d"]) queue.push(text);
    queue.lose(3);
    expect(queue.take()).toEqual({ notifications: ["c", "d"], dropped: 5 });
    expect(queue.take()).toEqual({ notifications: [], dropped: 0 });
  });

  test("drops the oldest where the room is used up, and one that is larger than the room", () => {
    const room = { leftChars: 5 };
    const queue = createNotificationQueue(room, 10);
    queue.push("123");
    queue.push("4567");
    expect(queue.take()).toEqual({ notifications: ["4567"], dropped: 1 });
    queue.push("123456");
    expect(queue.take()).toEqual({ notifications: [], dropped: 1 });
    expect(room).toEqual({ leftChars: 5 });
  });

  test("takes no room from what another of the client holds", () => {
    const room = { leftChars: 5 };
    const [one, other] = [createNotificationQueue(room, 10), createNotificationQueue(room, 10)];
    one.push("1234");
    other.push("56");
    expect(other.take()).toEqual({ notifications: [], dropped: 1 });
    expect(one.take()).toEqual({ notifications: ["1234"], dropped: 0 });
    other.push("56");
    expect(other.take()).toEqual({ notifications: ["56"], dropped: 0 });
  });
});
