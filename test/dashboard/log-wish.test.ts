import { expect, test } from "vitest";
import {
  aroundTime,
  firstQuery,
  isChosen,
  isFollowed,
  nextQuery,
  wishOf,
} from "../../src/dashboard/views/logs/log-wish.ts";

const wish = (query: string) => wishOf(new URLSearchParams(query));
const given = (query: object) => JSON.parse(JSON.stringify(query));

test("without a time the end of a log is read, and then followed", () => {
  const all = wish("");
  expect([given(firstQuery(all)), isFollowed(all), isChosen(all)]).toEqual([{ tail: 1_000 }, true, false]);
  expect(given(nextQuery(all, "c", "follow"))).toEqual({ cursor: "c", follow: true });
  expect(firstQuery(wish("tail=100000"))).toMatchObject({ tail: 100_000 });
  expect(firstQuery(wish("tail=12345678"))).toMatchObject({ tail: 1_000 });
});

test("from a time on lines are read so many at once, and where one goes on the time is not asked for again", () => {
  const chosen = wish("grep=a+b&level=warn&since=15m");
  expect(given(firstQuery(chosen))).toEqual({ grep: "a b", level: "warn", since: "15m", limit: 50_000 });
  expect(given(nextQuery(chosen, "c", "more"))).toEqual({
    grep: "a b",
    level: "warn",
    cursor: "c",
    limit: 50_000,
  });
  expect(isFollowed(wish("until=2026-11-28T22:00:00Z"))).toBe(false);
});

test("a time without a zone is that of whoever reads; what is no time is left to the API", () => {
  expect(wish("since=2026-11-28+22:00:05").since).toBe(new Date("2026-11-28 22:00:05").toISOString());
  expect(wish("since=2026-11-28T22:00:05%2B01:00").since).toBe("2026-11-28T22:00:05+01:00");
  expect(wish("since=tomorrow").since).toBe("tomorrow");
});

test("a day begins at midnight by the clock of whoever reads, and a bare number is no time", () => {
  const zone = process.env["TZ"];
  process.env["TZ"] = "America/Los_Angeles";
  try {
    expect(wish("since=2026-11-28&until=2026-11-29")).toMatchObject({
      ...{ since: "2026-11-28T08:00:00.000Z", until: "2026-11-29T08:00:00.000Z" },
    });
    expect(wish("since=12&until=2026-13-40")).toMatchObject({ since: "12", until: "2026-13-40" });
  } finally {
    if (zone === undefined) delete process.env["TZ"];
    else process.env["TZ"] = zone;
  }
});

test("around a time are the five seconds before and after it", () => {
  expect(aroundTime("2026-11-28T22:00:05.500Z", "c")).toEqual({
    ...{ since: "2026-11-28T22:00:00.500Z", until: "2026-11-28T22:00:10.500Z", line: "c" },
  });
});
