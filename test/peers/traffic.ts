import { setTimeout as delay } from "node:timers/promises";
import { poll } from "../support/poll.ts";
import type { Protocol } from "./compare.ts";
import type { Edge } from "./edge.ts";
import { overHttp1, overHttp2, type Reply, type Route } from "./exchange.ts";

/** Many requests for the same thing, and what came of them. */

/** A client of the sidecar with at most this many connections, which matters to HTTP/1.1 only. */
export function clientOf(edge: Edge, protocol: Protocol, maxSockets: number): Route {
  return protocol === "HTTP/1.1" ? overHttp1(edge, maxSockets) : overHttp2(edge);
}

/** How many answers there were of each status. */
export function tally(replies: readonly Reply[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** How {@link many} asks. */
export interface ManyOptions {
  readonly path: string;
  readonly count: number;
  /** How many at a time. */
  readonly clients: number;
  /** How long each client waits after an answer. */
  readonly pauseMs?: () => number;
}

/** Sends `count` requests, `clients` at a time. */
export async function many(route: Route, { path, count, clients, pauseMs }: ManyOptions): Promise<Reply[]> {
  const replies: Reply[] = [];
  let sent = 0;
  const client = async () => {
    while (sent < count) {
      sent += 1;
      replies.push(await route.send({ path }));
      if (pauseMs !== undefined) await delay(pauseMs());
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return replies;
}

/** Requests that go on until it is disposed of. */
export interface Traffic extends AsyncDisposable {
  readonly replies: readonly Reply[];
  /** Waits for the next answer with this status. */
  until(status: number): Promise<Reply>;
}

/** Keeps `clients` requests under way. */
export function traffic(route: Route, { path, clients }: { path: string; clients: number }): Traffic {
  const replies: Reply[] = [];
  let isOver = false;
  const client = async () => {
    while (!isOver) replies.push(await route.send({ path }));
  };
  const all = Promise.all(Array.from({ length: clients }, client));
  // Else it would count as unhandled until it is disposed of, where it fails the test.
  all.catch(() => undefined);
  return {
    replies,
    until(status) {
      const from = replies.length;
      const find = () => replies.slice(from).find((reply) => reply.status === status);
      return poll(`an answer with ${status}`, find);
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      await all;
    },
  };
}
