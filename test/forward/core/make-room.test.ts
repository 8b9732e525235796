import { describe, expect, test } from "vitest";
import { chooseToEnd, type HeldUp } from "../../../src/forward/core/make-room.ts";

const MAX = 8;

const one = (client: string, bytesPerSecond: number, forMs = 10_000): { heldUp: HeldUp } => ({
  heldUp: { client, bytesPerSecond, forMs },
});
const working = { heldUp: undefined };

describe("who makes room is", () => {
  test("nobody, where no client holds anything up", () => {
    expect(chooseToEnd([], MAX)).toBeUndefined();
    expect(chooseToEnd([working, working], MAX)).toBeUndefined();
  });

  test("nobody, where each client has its share and takes what it can", () => {
    expect(chooseToEnd([one("a", 50_000), one("a", 2_000), one("b", 1_024), working], MAX)).toBeUndefined();
  });

  test("the slowest of the client that holds up more than a quarter, whatever its pace", () => {
    const slowest = one("a", 40_000);
    expect(chooseToEnd([one("a", 50_000), slowest, one("b", 100), one("a", 60_000)], MAX)).toBe(slowest);
  });

  test("the slowest of all, where it is hopeless", () => {
    const hopeless = one("b", 20);
    expect(chooseToEnd([one("a", 500), hopeless, one("c", 90_000)], MAX)).toBe(hopeless);
  });

  test("never one that has only just begun", () => {
    expect(chooseToEnd([one("a", 0, 500), one("a", 0, 1_999), one("a", 0, 0)], MAX)).toBeUndefined();
  });
});
