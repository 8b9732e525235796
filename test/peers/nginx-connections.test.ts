import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { describeWith } from "../support/peers.ts";
import { poll } from "../support/poll.ts";
import { PROTOCOLS, type Protocol } from "./compare.ts";
import { type Edge, startEdge } from "./edge.ts";
import { overHttp1, overHttp2, type Reply, type Route } from "./exchange.ts";
import { startNginx } from "./nginx.ts";

const COUNT = 2_000;
const CLIENTS = 32;

/** Closes each connection after ten requests, and whatever is idle for a second. */
const SHORT_LIVED = "keepalive_timeout 1s; keepalive_requests 10;";

const open = (edge: Edge, protocol: Protocol): Route =>
  protocol === "HTTP/1.1" ? overHttp1(edge, CLIENTS) : overHttp2(edge);

/** How many answers there were of each status. */
function tally(replies: readonly Reply[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** Sends `count` requests, `clients` at a time. */
async function many(
  route: Route,
  { count, clients, pauseMs }: { count: number; clients: number; pauseMs?: () => number },
): Promise<Reply[]> {
  const replies: Reply[] = [];
  let sent = 0;
  const client = async () => {
    while (sent < count) {
      sent += 1;
      replies.push(await route.send({ path: "/small.txt" }));
      if (pauseMs !== undefined) await delay(pauseMs());
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return replies;
}

describeWith(["nginx"], "connections between the sidecar and nginx", () => {
  const files = { "small.txt": "a small file\n", "large.bin": randomBytes(4 * 1_048_576) };

  describe.each(PROTOCOLS)("with clients over %s", (protocol) => {
    test("are kept and used again", async () => {
      await using core = await startNginx({ files });
      await using edge = await startEdge(core.port);
      using route = open(edge, protocol);
      expect(tally(await many(route, { count: 100, clients: 1 }))).toEqual({ 200: 100 });
      const lines = await poll("100 lines", async () => {
        const log = (await core.accessLog()).filter((line) => line.includes("/small.txt"));
        return log.length === 100 && log;
      });
      const connections = new Set(lines.map((line) => line.split(" ")[3]));
      expect(connections.size).toBe(1);
      expect(lines.at(-1)?.split(" ")[4]).toBe("100");
    });

    test("that nginx ends after ten requests cost no answer, one after the other or at once", async () => {
      await using core = await startNginx({ files, directives: SHORT_LIVED });
      await using edge = await startEdge(core.port);
      using route = open(edge, protocol);
      expect(tally(await many(route, { count: COUNT, clients: 1 }))).toEqual({ 200: COUNT });
      expect(tally(await many(route, { count: COUNT, clients: CLIENTS }))).toEqual({ 200: COUNT });
      const numbers = (await core.accessLog()).map((line) => Number(line.split(" ")[4]));
      expect(Math.max(...numbers)).toBe(10);
    });

    test("that nginx ends because they are idle cost no answer, also at that very moment", async () => {
      // So short that requests and closes meet all the time; one in twenty pauses is past it.
      await using core = await startNginx({ files, directives: "keepalive_timeout 20ms;" });
      await using edge = await startEdge(core.port);
      using route = open(edge, protocol);
      const pauseMs = () => 14 + Math.random() * 12;
      expect(tally(await many(route, { count: COUNT, clients: CLIENTS, pauseMs }))).toEqual({ 200: COUNT });
      const firsts = (await core.accessLog()).filter((line) => line.endsWith(" 1"));
      expect(firsts.length).toBeGreaterThan(CLIENTS);
    });

    test("of a reload of nginx cost no answer", async () => {
      await using core = await startNginx({ files });
      await using edge = await startEdge(core.port);
      using route = open(edge, protocol);
      const traffic = many(route, { count: COUNT, clients: CLIENTS });
      for (let reload = 0; reload < 3; reload++) {
        core.signal("SIGHUP");
        await many(route, { count: 50, clients: 1 });
      }
      expect(tally(await traffic)).toEqual({ 200: COUNT });
    });

    test("of a restart of nginx cost a 503 that says when to come back, until it is there again", async () => {
      await using core = await startNginx({ files });
      await using edge = await startEdge(core.port);
      using route = open(edge, protocol);
      const seen: Reply[] = [];
      let isOver = false;
      const client = async () => {
        while (!isOver) seen.push(await route.send({ path: "/small.txt" }));
      };
      const traffic = Promise.all(Array.from({ length: 8 }, client));
      const until = (what: string, status: number) => {
        const from = seen.length;
        return poll(what, () => seen.slice(from).find((reply) => reply.status === status));
      };
      await until("an answer", 200);
      await core.stop();
      const refused = await until("a refusal", 503);
      await core.start();
      await until("an answer again", 200);
      const recoveredAt = seen.length;
      await poll("some more answers", () => seen.length > recoveredAt + 100);
      isOver = true;
      await traffic;

      expect(Number(refused.header("retry-after"))).toBeGreaterThan(0);
      expect(refused.header("content-type")).toBe("application/problem+json");
      expect(JSON.parse(refused.body.toString())).toMatchObject({ status: 503, code: "core-unavailable" });
      // A request that nginx had in hand when it ended has no better answer than 502.
      expect(Object.keys(tally(seen)).filter((status) => !["200", "502", "503"].includes(status))).toEqual([]);
      expect(tally(seen.slice(recoveredAt))).toEqual({ 200: seen.length - recoveredAt });
    });

    test("that break in the middle of an answer break the answer too", async () => {
      await using core = await startNginx({ files, directives: "limit_rate 500k;" });
      await using edge = await startEdge(core.port);
      using route = open(edge, protocol);
      const answer = route.send({ path: "/large.bin" });
      answer.catch(() => undefined);
      await poll("the answer to be under way", async () => {
        const probe = await route.send({ method: "HEAD", path: "/large.bin" });
        return probe.status === 200;
      });
      await core.stop();
      await expect(answer).rejects.toThrow();
    });
  });
});
