import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { createTurns } from "../../src/base/turns.ts";

test("who works on gets on at once while its share of the turn lasts, and waits for the next one then", async () => {
  const turns = createTurns(60_000);
  await turns();
  expect(turns()).toBeUndefined();
  const used = createTurns(0);
  await used();
  expect(used()).toBeInstanceOf(Promise);
});

test("of all that work only one gets on in a turn of the event loop, one after the other", async () => {
  const turns = createTurns(0);
  const steps: string[] = [];
  const work = async (name: string) => {
    for (let step = 0; step < 5; step += 1) {
      await turns();
      steps.push(name);
    }
  };
  let isOver = false;
  const all = Promise.all([work("a"), work("b"), work("c")]).then(() => {
    isOver = true;
  });
  const counts: number[] = [];
  for (let seen = 0; !isOver; seen = steps.length) {
    await turn();
    counts.push(steps.length - seen);
  }
  await all;
  expect(Math.max(...counts)).toBe(1);
  expect(steps.join("")).toBe("abc".repeat(5));
});
