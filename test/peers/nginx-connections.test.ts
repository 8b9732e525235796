import { randomBytes } from "node:crypto";
import { describe, expect, test, vi } from "vitest";
import { describeWith } from "../support/peers.ts";
import { poll } from "../support/poll.ts";
import { PROTOCOLS } from "./compare.ts";
import { startEdge } from "./edge.ts";
import { startNginx } from "./nginx.ts";
import { clientOf, many, tally, traffic } from "./traffic.ts";

const COUNT = 2_000;
const CLIENTS = 32;
const PATH = "/small.txt";

/** Closes each connection after ten requests, and whatever is idle for a second. */
const SHORT_LIVED = "keepalive_timeout 1s; keepalive_requests 10;";

describeWith(["nginx"], "connections between the sidecar and nginx", () => {
  vi.setConfig({ testTimeout: 180_000 });

  const files = { "small.txt": "a small file\n", "large.bin": randomBytes(4 * 1_048_576) };

  describe.each(PROTOCOLS)("with clients over %s", (protocol) => {
    test("are kept and used again", async () => {
      await using core = await startNginx({ files });
      await using edge = await startEdge(core.port);
      using route = clientOf(edge, protocol, CLIENTS);
      expect(tally(await many(route, { path: PATH, count: 100, clients: 1 }))).toEqual({ 200: 100 });
      const lines = await poll("100 lines", async () => {
        const log = (await core.accessLog()).filter((line) => line.includes(PATH));
        return log.length === 100 && log;
      });
      const connections = new Set(lines.map((line) => line.split(" ")[3]));
      expect(connections.size).toBe(1);
      expect(lines.at(-1)?.split(" ")[4]).toBe("100");
    });

    test("that nginx ends after ten requests cost no answer, one after the other or at once", async () => {
      await using core = await startNginx({ files, directives: SHORT_LIVED });
      await using edge = await startEdge(core.port);
      using route = clientOf(edge, protocol, CLIENTS);
      expect(tally(await many(route, { path: PATH, count: COUNT, clients: 1 }))).toEqual({ 200: COUNT });
      expect(tally(await many(route, { path: PATH, count: COUNT, clients: CLIENTS }))).toEqual({
        200: COUNT,
      });
      const numbers = (await core.accessLog()).map((line) => Number(line.split(" ")[4]));
      expect(Math.max(...numbers)).toBe(10);
    });

    test("that nginx ends because they are idle cost no answer, also at that very moment", async () => {
      // So short that requests and closes meet all the time; one in twenty pauses is past it.
      await using core = await startNginx({ files, directives: "keepalive_timeout 20ms;" });
      await using edge = await startEdge(core.port);
      using route = clientOf(edge, protocol, CLIENTS);
      const pauseMs = () => 14 + Math.random() * 12;
      expect(tally(await many(route, { path: PATH, count: COUNT, clients: CLIENTS, pauseMs }))).toEqual({
        200: COUNT,
      });
      const firsts = (await core.accessLog()).filter((line) => line.endsWith(" 1"));
      expect(firsts.length).toBeGreaterThan(CLIENTS);
    });

    test("of a reload of nginx cost no answer", async () => {
      await using core = await startNginx({ files });
      await using edge = await startEdge(core.port);
      using route = clientOf(edge, protocol, CLIENTS);
      const replies = many(route, { path: PATH, count: COUNT, clients: CLIENTS });
      for (let reload = 0; reload < 3; reload++) {
        core.signal("SIGHUP");
        await many(route, { path: PATH, count: 50, clients: 1 });
      }
      expect(tally(await replies)).toEqual({ 200: COUNT });
    });

    test("of a restart of nginx cost a 503 that says when to come back, until it is there again", async () => {
      await using core = await startNginx({ files });
      await using edge = await startEdge(core.port);
      using route = clientOf(edge, protocol, CLIENTS);
      await using load = traffic(route, { path: PATH, clients: 8 });
      await load.until(200);
      await core.stop();
      const refused = await load.until(503);
      await core.start();
      await load.until(200);
      const recoveredAt = load.replies.length;
      await poll("some more answers", () => load.replies.length > recoveredAt + 100);

      expect(Number(refused.header("retry-after"))).toBeGreaterThan(0);
      expect(refused.header("content-type")).toBe("application/problem+json");
      expect(JSON.parse(refused.body.toString())).toMatchObject({ status: 503, code: "core-unavailable" });
      // A request that nginx had in hand when it ended has no better answer than 502.
      expect(["200", "502", "503"]).toEqual(expect.arrayContaining(Object.keys(tally(load.replies))));
      const since = load.replies.slice(recoveredAt);
      expect(tally(since)).toEqual({ 200: since.length });
    });

    test("that break in the middle of an answer break the answer too", async () => {
      await using core = await startNginx({ files, directives: "limit_rate 500k;" });
      await using edge = await startEdge(core.port);
      using route = clientOf(edge, protocol, CLIENTS);
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
