import { createServer } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startCluster, workersOf } from "../support/cluster.ts";
import { listenLocally } from "../support/front.ts";
import { poll } from "../support/poll.ts";
import { ask, type RunningSidecar } from "../support/sidecar.ts";

/** What several processes have forwarded is told as if it were one. */

/** So many connections that every worker gets some. */
const SEVERAL = 6;
const core = createServer((_request, answer) => answer.end("answer"));
let sidecar: RunningSidecar;

beforeAll(async () => {
  sidecar = await startCluster(await listenLocally(core));
});
afterAll(async () => {
  await sidecar[Symbol.asyncDispose]();
  core.closeAllConnections();
  core.close();
});

const lastSecondOf = z.object({ count: z.int(), p99Ms: z.number().nullable(), waiting: z.int() });
const send = async (name: string) => {
  const ca = await sidecar.ca();
  const ids = Array.from({ length: SEVERAL }, (_, index) => `${name}-${index}`);
  await Promise.all(
    ids.map((id) => ask(sidecar.port, ca, `/${id}?x`, { headers: { "X-Request-Id": id }, token: null })),
  );
  return ids;
};
const counted = async () => {
  const { body } = await sidecar.ask("/_sidecar/metrics");
  const [, value] =
    /^tickbird_requests_total\{method="GET",status="2xx",protocol="1.1"\} (\d+)$/m.exec(body) ?? [];
  return Number(value ?? 0);
};

test("the counters are the sums of all workers, and the latest requests come from each of them", async () => {
  const ids = await send("first");
  await poll("all of them", async () => (await counted()) === SEVERAL);
  const { totals, requests } = (await sidecar.ask("/_sidecar/traffic")).json();
  expect(totals).toMatchObject({ requests: [{ count: SEVERAL }], responseBytes: SEVERAL * 6, inFlight: 0 });
  const { body } = await sidecar.ask("/_sidecar/metrics");
  const [, cpuSeconds] = /^tickbird_forwarding_cpu_seconds_total (.+)$/m.exec(body) ?? [];
  expect(Number(cpuSeconds)).toBeGreaterThan(0.05);
  expect(Array.isArray(requests) && requests.map(({ id }) => id).sort()).toEqual(ids);
  for (const id of ids) {
    const one = (await sidecar.ask(`/_sidecar/traffic/${id}`)).json();
    expect(one).toMatchObject({
      id,
      path: `/${id}`,
      status: 200,
      connection: { remoteAddress: "127.0.0.1" },
    });
  }
});

test("the latency of the last seconds is that of all workers", async () => {
  const sent = send("latency");
  let most = 0;
  await poll("answers in the last second", async () => {
    const { lastSecond } = (await sidecar.ask("/_sidecar/traffic")).json();
    const { count, p99Ms, waiting } = lastSecondOf.parse(lastSecond);
    most = Math.max(most, count);
    return most > 1 && count > 0 && p99Ms !== null && p99Ms > 0 && waiting === 0;
  });
  expect(await sent).toHaveLength(SEVERAL);
});

test("the history has the rate and the latency of all workers", async () => {
  const historyPoint = z.object({ requestsPerSecond: z.number().nullable(), p95Ms: z.number().nullable() });
  const pointsOf = async () => {
    const { points } = (await sidecar.ask("/_sidecar/traffic/history?window=1m")).json();
    return z.array(historyPoint).parse(points);
  };
  const before = (await pointsOf()).reduce((sum, each) => sum + (each.requestsPerSecond ?? 0), 0);
  await send("history");
  await poll("all of them, and how long they took", async () => {
    const all = await pointsOf();
    const sum = all.reduce((total, each) => total + (each.requestsPerSecond ?? 0), 0);
    // A second as it was measured is not exactly one.
    return sum - before > SEVERAL * 0.8 && all.some(({ p95Ms }) => p95Ms !== null && p95Ms > 0);
  });
});

test("the counters do not fall when a worker ends, and its replacement counts on", async () => {
  const before = await counted();
  const [first = 0] = await workersOf(sidecar);
  process.kill(first, "SIGKILL");
  await poll("a replacement", async () => {
    const workers = await workersOf(sidecar);
    return workers.length === 2 && !workers.includes(first);
  });
  expect(await counted()).toBe(before);
  await poll("the replacement to listen", () =>
    sidecar.log().some(({ msg }) => msg === "a process of the cluster has been replaced"),
  );
  await send("second");
  await poll("the new ones too", async () => (await counted()) === before + SEVERAL);
});
