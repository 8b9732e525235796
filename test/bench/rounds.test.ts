import { expect, test } from "vitest";
import { requestsOf } from "./rounds.ts";

const EXTENT = { share: 1, seconds: 1 };

test("a first load is a part of the requests, as nothing is known of the rate", () => {
  expect(requestsOf({ requests: 40_000 }, EXTENT, undefined)).toBe(6_000);
});

test("later ones are as many as fit into the time, and never more than the scenario has", () => {
  expect(requestsOf({ requests: 40_000 }, EXTENT, 8_500)).toBe(8_500);
  expect(requestsOf({ requests: 40_000 }, { ...EXTENT, seconds: 0.5 }, 8_500)).toBe(4_250);
  expect(requestsOf({ requests: 40_000, duration: 2 }, EXTENT, 8_500)).toBe(17_000);
  expect(requestsOf({ requests: 40_000 }, EXTENT, 90_000)).toBe(40_000);
  expect(requestsOf({ requests: 40_000 }, { ...EXTENT, share: 0.25 }, 90_000)).toBe(10_000);
});

test("a slow proxy still gets enough of them to tell something, and each client one", () => {
  expect(requestsOf({ requests: 40_000 }, EXTENT, 10)).toBe(2_000);
  expect(requestsOf({ requests: 240 }, EXTENT, 10)).toBe(64);
});
