import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { describeWith } from "../support/peers.ts";
import { poll } from "../support/poll.ts";
import { PROTOCOLS } from "./compare.ts";
import { type Edge, startEdge } from "./edge.ts";
import { direct } from "./exchange.ts";
import { startTomcat, type Tomcat } from "./tomcat.ts";
import { clientOf, many, tally, traffic } from "./traffic.ts";

const PATH = "/examples/servlets/servlet/HelloWorldExample";
const COUNT = 2_000;
const CLIENTS = 32;

describeWith(["tomcat"], "connections between the sidecar and Tomcat", () => {
  vi.setConfig({ testTimeout: 180_000 });

  let core: Tomcat;
  let edge: Edge;

  beforeAll(async () => {
    // Without the header, which would tell the sidecar in good time that the connection is about to end.
    core = await startTomcat(
      'maxKeepAliveRequests="10" keepAliveTimeout="30" useKeepAliveResponseHeader="false"',
    );
    edge = await startEdge(core.port);
  });
  afterAll(async () => {
    await edge?.[Symbol.asyncDispose]();
    await core?.[Symbol.asyncDispose]();
  });

  test("do end where there is no sidecar", async () => {
    using route = direct(core.port);
    const replies = await many(route, { path: PATH, count: 50, clients: 1 });
    expect(replies.filter((reply) => reply.header("connection") === "close").length).toBeGreaterThan(0);
  });

  describe.each(PROTOCOLS)("with clients over %s", (protocol) => {
    test("cost no answer when they end after ten requests", async () => {
      using route = clientOf(edge, protocol, CLIENTS);
      expect(tally(await many(route, { path: PATH, count: COUNT, clients: 1 }))).toEqual({ 200: COUNT });
      const atOnce = await many(route, { path: PATH, count: COUNT, clients: CLIENTS });
      expect(tally(atOnce)).toEqual({ 200: COUNT });
      // That the core's connection ends is not the client's affair.
      expect(atOnce.filter((reply) => reply.header("connection") === "close")).toEqual([]);
    });

    test("cost no answer when they end because they are idle, also at that very moment", async () => {
      using route = clientOf(edge, protocol, CLIENTS);
      const pauseMs = () => 22 + Math.random() * 16;
      const replies = await many(route, { path: PATH, count: COUNT, clients: CLIENTS, pauseMs });
      expect(tally(replies)).toEqual({ 200: COUNT });
    });
  });

  test("of a restart cost a 503 that says when to come back, until it is there again", async () => {
    using route = clientOf(edge, "HTTP/1.1", CLIENTS);
    await using load = traffic(route, { path: PATH, clients: 4 });
    await load.until(200);
    await core.stop();
    const refused = await load.until(503);
    expect(Number(refused.header("retry-after"))).toBeGreaterThan(0);
    await core.start();
    await load.until(200);
    const from = load.replies.length;
    await poll("some more answers", () => load.replies.length > from + 50);
    expect(tally(load.replies.slice(from))).toEqual({ 200: load.replies.length - from });
  });
});
