import { expect, test } from "vitest";
import { z } from "zod";
import { logPage } from "../../../../src/features/logs/log-schema.ts";
import { createSearchers } from "../../../../src/features/logs/search/searcher.ts";
import { poll } from "../../../support/poll.ts";
import type { ServedFeatures } from "../../../support/serve-features.ts";
import { logFolder, serveLogs } from "../serve-logs.ts";

const problemOf = z.looseObject({
  code: z.string(),
  detail: z.string(),
  remedy: z.string().optional(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
});
/** Larger than what is looked at on the way. */
const LINES = 60_000;
const lineOf = (index: number) =>
  `2026-11-28T20:00:00.000Z ${index % 10 === 0 ? "WARN" : "INFO"} [exec-${index % 7}] com.example.OrderService - order ${index} took ${index % 997} ms`;

async function served() {
  const folder = await logFolder();
  await folder.write("app.log", Array.from({ length: LINES }, (_, index) => `${lineOf(index)}\n`).join(""));
  const server = await serveLogs({ files: [folder.path("app.log")] });
  return {
    folder,
    server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const textOf = async (server: ServedFeatures, query: string) =>
  (await server.get(`/logs/app.log?${query}`)).text();
const wanted = (is: (index: number) => boolean) =>
  Array.from({ length: LINES }, (_, index) => index)
    .filter(is)
    .map((index) => `${lineOf(index)}\n`)
    .join("");

test("a large file is searched by text, by regular expression, in any case and for what has it not", async () => {
  await using each = await served();
  const { server, folder } = each;
  await folder.append("app.log", "WARN half a li");
  const half = "WARN half a li";
  expect(await textOf(server, "grep=WARN")).toBe(wanted((index) => index % 10 === 0) + half);
  expect(await textOf(server, "grep=order%2055&limit=3")).toBe(
    wanted((index) => [55, 550, 551].includes(index)),
  );
  expect(await textOf(server, "grep=nowhere")).toBe("");
  expect(await textOf(server, "grep=warn&ignoreCase=true")).toBe(wanted((index) => index % 10 === 0) + half);
  expect(await textOf(server, "grep=INFO&invert=true")).toBe(wanted((index) => index % 10 === 0) + half);
  const regex = encodeURIComponent("order \\d+7 took 9\\d\\d? ms$");
  const isWanted = (index: number) => /order \d+7 took 9\d\d? ms$/.test(lineOf(index));
  expect(await textOf(server, `regex=${regex}`)).toBe(wanted(isWanted));
  const last = await textOf(server, `regex=${regex}&tail=2&level=info`);
  expect(last).toBe(
    wanted(isWanted)
      .split(/(?<=\n)/)
      .slice(-2)
      .join(""),
  );
});

test("a search that is bounded goes on exactly at its cursor, and gives lines that come later", async () => {
  await using each = await served();
  const { server, folder } = each;
  const numbers: number[] = [];
  const json = { headers: { Accept: "application/json" } };
  let cursor = "";
  for (let reason = "limit"; reason === "limit"; ) {
    const response = await server.get(
      `/logs/app.log?regex=exec-3.*WARN|WARN.*exec-3&limit=100${cursor}`,
      json,
    );
    const page = logPage.parse(await response.json());
    numbers.push(...page.lines.map(({ text }) => Number(/order (\d+)/.exec(text)?.[1])));
    cursor = `&cursor=${page.cursor}`;
    reason = page.reason;
  }
  const expected = Array.from({ length: LINES }, (_, index) => index).filter(
    (index) => index % 10 === 0 && index % 7 === 3,
  );
  expect(numbers).toEqual(expected);
  await using stopping = new AsyncDisposableStack();
  const stop = stopping.adopt(new AbortController(), (controller) => controller.abort());
  const following = await server.get(`/logs/app.log?regex=WARN.*exec-3&follow=true${cursor}`, {
    signal: stop.signal,
  });
  let come = "";
  const over = (async () => {
    for await (const chunk of following.body ?? []) come += Buffer.from(chunk).toString();
  })().catch(() => undefined);
  await folder.append("app.log", `${lineOf(60_001)}\n${lineOf(60_010)}\n${lineOf(60_070)}\n`);
  await poll("the line comes", () => come === `${lineOf(60_070)}\n`);
  stop.abort();
  await over;
});

test("a large file is searched by level and time too, with what continues its lines, and goes on with those that come", async () => {
  await using folder = await logFolder();
  const begin = Date.UTC(2026, 10, 28, 20);
  const timeOf = (index: number) => new Date(begin + index * 1_000).toISOString();
  const records = Array.from({ length: LINES }, (_, index) => {
    const isError = index % 100 === 99;
    const head = `${timeOf(index)} ${isError ? "ERROR" : "INFO"} [exec-${index % 7}] order ${index} of a customer ${"x".repeat(20)}`;
    return isError
      ? `${head}\njava.lang.IllegalStateException\n\tat Shop.sell(Shop.java:${index})\n`
      : `${head}\n`;
  });
  await folder.write("app.log", records.join(""));
  await using server = await serveLogs({ files: [folder.path("app.log")] });
  const only = (is: (index: number) => boolean) => records.filter((_, index) => is(index)).join("");
  const isError = (index: number) => index % 100 === 99;
  expect(await textOf(server, "level=error&limit=1000000&since=2026-01-01")).toBe(only(isError));
  expect(await textOf(server, `level=error&since=${timeOf(30_000)}`)).toBe(
    only((index) => isError(index) && index >= 30_000),
  );
  const span = `since=${timeOf(20_000)}&until=${timeOf(20_100)}`;
  expect(await textOf(server, `grep=order&${span}`)).toBe(
    only((index) => index >= 20_000 && index < 20_100).replaceAll(/^(?:java|\t).*\n/gm, ""),
  );
  expect(await textOf(server, `regex=${encodeURIComponent("Shop.java:\\d+99\\)")}&${span}`)).toBe(
    "\tat Shop.sell(Shop.java:20099)\n",
  );
  const json = { headers: { Accept: "application/json" } };
  const last = await server.get("/logs/app.log?level=error&grep=Shop.java&tail=1", json);
  expect(logPage.parse(await last.json()).lines).toMatchObject([{ level: "error", time: timeOf(LINES - 1) }]);
  await using stopping = new AsyncDisposableStack();
  const stop = stopping.adopt(new AbortController(), (controller) => controller.abort());
  const query = `level=error&follow=true&since=${timeOf(10)}`;
  const following = await server.get(`/logs/app.log?${query}`, { signal: stop.signal });
  let come = "";
  const over = (async () => {
    for await (const chunk of following.body ?? []) come += Buffer.from(chunk).toString();
  })().catch(() => undefined);
  await poll("all that is there comes", () => come === only(isError));
  // The search has seen the line that this continues.
  await folder.append(
    "app.log",
    `\tat Shop.main(Shop.java:1)\n${timeOf(LINES)} INFO x\n\tat of no error\n${timeOf(LINES)} FATAL y\n`,
  );
  const more = `\tat Shop.main(Shop.java:1)\n${timeOf(LINES)} FATAL y\n`;
  await poll("what continues it comes", () => come === only(isError) + more);
  stop.abort();
  await over;
}, 40_000);

test("what is no expression is refused with the reason, and so is one beside a text", async () => {
  await using each = await served();
  const bad = await each.server.get("/logs/app.log?regex=(order");
  expect([bad.status, problemOf.parse(await bad.json())]).toMatchObject([
    400,
    {
      code: "invalid-parameter",
      detail: expect.stringContaining("Unterminated group"),
      errors: [{ pointer: "query:regex" }],
    },
  ]);
  expect((await each.server.get("/logs/app.log?regex=a&grep=b")).status).toBe(400);
});

test("an expression that takes without end is ended, holds nobody up meanwhile, and its thread is free again", async () => {
  await using folder = await logFolder();
  const path = await folder.write("evil.log", `${"a".repeat(60)}!\n`.repeat(10));
  await using server = await serveLogs({ files: [path] });
  const asked = server.get(`/logs/evil.log?regex=${encodeURIComponent("^(a+)+$")}`);
  let isOver = false;
  const ended = asked.finally(() => {
    isOver = true;
  });
  let slowestMs = 0;
  let answers = 0;
  while (!isOver) {
    const beganAtMs = performance.now();
    expect((await server.get("/logs/evil.log?grep=!")).status).toBe(200);
    slowestMs = Math.max(slowestMs, performance.now() - beganAtMs);
    answers += 1;
  }
  const response = await ended;
  expect(response.status).toBe(400);
  expect(problemOf.parse(await response.json()).detail).toContain("takes too long");
  // The expression would take years: what is shown is that others are answered within its four seconds.
  expect(answers).toBeGreaterThan(20);
  expect(slowestMs).toBeLessThan(4_000);
  expect((await server.get("/logs/evil.log?regex=a")).status).toBe(200);
}, 40_000);

test("there are only so many threads, and each is given back", async () => {
  const searchers = createSearchers(1);
  const pattern = { kind: "text", source: "a", ignoreCase: false, isInverted: false } as const;
  const first = searchers.begin({ pattern }, 1_024);
  expect(searchers.begin({ pattern }, 1_024)).toBeUndefined();
  await first?.[Symbol.asyncDispose]();
  await using second = searchers.begin({ pattern }, 1_024);
  expect([
    ...((await second?.marksOf([Buffer.from("ba"), Buffer.from("c"), Buffer.from("")])) ?? []),
  ]).toEqual([1, 0, 0]);
});
