import { expect, test } from "vitest";
import { AppError } from "../../src/base/errors.ts";
import { createKeptResults, type Result, type ResultPart } from "../../src/web/kept-results.ts";
import { poll } from "../support/poll.ts";

interface Sample extends Result {
  endedAtMs: number | null;
  bytes: number;
  isDisposed: boolean;
  parts?: ResultPart[];
}

function sample(id: string, { endedAtMs = null as number | null, bytes = 1 } = {}): Sample {
  return {
    ...{ id, endedAtMs, bytes, isDisposed: false },
    async [Symbol.asyncDispose]() {
      this.isDisposed = true;
    },
  };
}

const NAMES = { one: "thing", many: "things", path: "things" };
const LIMITS = { maxCount: 3, maxBytes: 100, maxAgeMs: 60_000 };
const codeOf = (act: () => unknown) => {
  try {
    act();
  } catch (error) {
    return error instanceof AppError ? error.code : error;
  }
  return undefined;
};

test("the one that ended first makes room for a new one, and what runs never does", async () => {
  await using results = createKeptResults<Sample>(NAMES, LIMITS);
  const now = performance.now();
  const [running, late, early] = [
    sample("a"),
    sample("b", { endedAtMs: now }),
    sample("c", { endedAtMs: now - 5 }),
  ];
  for (const each of [running, late, early]) results.add(each);
  results.add(sample("d"));
  expect(results.list().map(({ id }) => id)).toEqual(["d", "b", "a"]);
  expect(early.isDisposed).toBe(true);
  results.add(sample("e"));
  expect(codeOf(() => results.add(sample("f")))).toBe("limit-reached");
  expect(results.list().map(({ id }) => id)).toEqual(["e", "d", "a"]);
});

test("room is made as what runs grows, until only what runs is left", async () => {
  await using results = createKeptResults<Sample>(NAMES, LIMITS);
  const running = sample("a");
  results.add(running);
  results.add(sample("b", { endedAtMs: performance.now(), bytes: 60 }));
  running.bytes = 40;
  expect(results.makeRoom()).toBe(true);
  expect(results.list()).toHaveLength(2);
  running.bytes = 41;
  expect(results.makeRoom()).toBe(true);
  expect(results.list()).toEqual([running]);
  running.bytes = 101;
  expect(results.makeRoom()).toBe(false);
  expect(running.isDisposed).toBe(false);
});

test("what gives up its own oldest makes room without any other, and what they share takes room once", async () => {
  await using results = createKeptResults<Sample>(NAMES, LIMITS);
  const parts = [30, 30, 30, 1].map((bytes) => ({ bytes }));
  const growing = { ...sample("a", { bytes: 91 }), parts: [...parts] };
  const sharing = { ...sample("b", { endedAtMs: 1, bytes: 60 }), parts: parts.slice(0, 2) };
  results.add(growing);
  results.add(sharing);
  expect(results.heldBytes()).toBe(91);
  const dropOldest = () => (growing.parts.length > 1 ? growing.parts.shift() : undefined);
  results.shrink(growing, dropOldest);
  expect(growing.parts).toHaveLength(4);
  growing.parts.push({ bytes: 10 });
  expect(results.heldBytes()).toBe(101);
  results.shrink(growing, dropOldest);
  expect(growing.parts.map(({ bytes }) => bytes)).toEqual([1, 10]);
  growing.parts = [{ bytes: 50 }];
  results.shrink(growing, dropOldest);
  expect(growing.parts).toHaveLength(1);
  expect([results.list().length, sharing.isDisposed]).toEqual([2, false]);
});

test("what is whole is refused where it does not fit beside what runs, and else the oldest makes room", async () => {
  await using results = createKeptResults<Sample>(NAMES, LIMITS);
  const shared = { bytes: 60 };
  const running = { ...sample("a", { bytes: 60 }), parts: [shared] };
  const old = sample("b", { endedAtMs: 1, bytes: 30 });
  results.add(running);
  results.add(old);
  expect(codeOf(() => results.addWhole(sample("c", { endedAtMs: 2, bytes: 41 })))).toBe("limit-reached");
  expect(results.list()).toEqual([old, running]);
  results.addWhole({ ...sample("d", { endedAtMs: 2, bytes: 60 }), parts: [shared] });
  expect(old.isDisposed).toBe(false);
  await results.remove("d");
  results.addWhole(sample("e", { endedAtMs: 2, bytes: 40 }));
  expect(results.list().map(({ id }) => id)).toEqual(["e", "a"]);
  expect(old.isDisposed).toBe(true);
});

test("what has aged is not found any more, and what was taken away is disposed of", async () => {
  await using results = createKeptResults<Sample>(NAMES, { ...LIMITS, maxAgeMs: 50 });
  const aged = sample("a", { endedAtMs: performance.now() });
  results.add(aged);
  expect(results.get("a")).toBe(aged);
  expect(Math.abs((results.expiresAt(aged) ?? 0) - Date.now() - 50)).toBeLessThan(1_000);
  await poll("it is too old", () => codeOf(() => results.get("a")) === "not-found");
  expect(aged.isDisposed).toBe(true);
  const other = sample("b");
  results.add(other);
  await results.remove("b");
  expect([other.isDisposed, codeOf(() => results.get("b"))]).toEqual([true, "not-found"]);
  expect(results.expiresAt(other)).toBe(null);
});
