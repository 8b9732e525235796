import { expect, test } from "vitest";
import { currentSecond, everySecond } from "../../src/base/every-second.ts";
import { poll } from "../support/poll.ts";

test("what is done every second is done at once, then in each second once, and no more after the signal", async () => {
  const stop = new AbortController();
  const seconds: number[] = [];
  const before = currentSecond();
  const ended = everySecond(async (second) => void seconds.push(second), stop.signal);
  expect(seconds).toHaveLength(1);
  await poll("three seconds", () => seconds.length === 4);
  stop.abort();
  await ended;
  const [first = 0] = seconds;
  expect(first - before).toBeLessThanOrEqual(1);
  expect(seconds).toEqual([first, first + 1, first + 2, first + 3]);
});

test("a second in which the work of the one before still goes on is left out, not made up for", async () => {
  const stop = new AbortController();
  const seconds: number[] = [];
  const slow = Promise.withResolvers<void>();
  const ended = everySecond(async (second) => {
    seconds.push(second);
    if (seconds.length === 1) await slow.promise;
  }, stop.signal);
  const [first = 0] = seconds;
  await poll("two further seconds", () => currentSecond() >= first + 3);
  slow.resolve();
  await poll("the next", () => seconds.length > 1);
  stop.abort();
  await ended;
  expect(seconds[1]).toBeGreaterThanOrEqual(first + 2);
});
