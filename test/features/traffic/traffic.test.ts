import { createServer } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createMetrics } from "../../../src/features/metrics/metrics.ts";
import { trafficHistory } from "../../../src/features/traffic/history.ts";
import { createTraffic } from "../../../src/features/traffic/traffic.ts";
import { createLog } from "../../../src/web/log.ts";
import { recorderOf } from "../../forward/traffic/support.ts";
import { connectRaw, type Front, listenLocally, startFront } from "../../support/front.ts";
import { poll } from "../../support/poll.ts";
import { type ServedFeatures, serveFeatures, VIEWER_TOKEN } from "../../support/serve-features.ts";

const core = createServer((request, answer) => {
  request.resume();
  answer.statusCode = request.url?.startsWith("/bad") === true ? 500 : 200;
  answer.end("answer");
});
let front: Front;
let served: ServedFeatures;
beforeAll(async () => {
  front = await startFront(await listenLocally(core));
  const traffic = recorderOf(front);
  const source = {
    totals: async () => ({ counters: traffic.counters, inFlight: front.forwarder.inFlight }),
    recent: async (wish: Parameters<typeof traffic.recent>[0]) => traffic.recent(wish),
    latency: traffic.latency,
  };
  const log = createLog({ level: "silent", access: false });
  const feature = createTraffic(async () => source, { log });
  served = await serveFeatures([feature, createMetrics(() => [feature], { version: "1", log })]);
  using client = await connectRaw(front);
  const heads = ["GET /good/1?secret", "POST /bad/2"];
  for (const [index, head] of heads.entries()) {
    client.send(`${head} HTTP/1.1\r\nHost: app\r\nX-Request-Id: id/${index}\r\nContent-Length: 0\r\n\r\n`);
    await poll("the answer", () => traffic.recent({ limit: 9 }).length > index);
  }
});
afterAll(async () => {
  await served[Symbol.asyncDispose]();
  await front[Symbol.asyncDispose]();
  core.closeAllConnections();
  core.close();
});

test("operators see the totals and the latest requests, without queries; viewers do not", async () => {
  const answer = await served.get("/traffic");
  expect(answer.status).toBe(200);
  const text = await answer.text();
  expect(text).not.toContain("secret");
  expect(JSON.parse(text)).toMatchObject({
    totals: {
      requests: [
        { method: "GET", status: "2xx", protocol: "1.1", count: 1 },
        { method: "POST", status: "5xx", protocol: "1.1", count: 1 },
      ],
      ...{ inFlight: 0, failures: [], retries: 0, upgrades: 0, requestBytes: 0, responseBytes: 12 },
      meanMs: expect.any(Number),
    },
    lastSecond: { waiting: 0 },
    requests: [
      { id: "id/1", method: "POST", path: "/bad/2", status: 500 },
      { id: "id/0", method: "GET", path: "/good/1", status: 200 },
    ],
  });
  const viewer = await served.get("/traffic", { headers: { authorization: `Bearer ${VIEWER_TOKEN}` } });
  expect(viewer.status).toBe(403);
});

test("the latest requests are told by what is asked for; what can't be asked is refused with the rule", async () => {
  const paths = async (query: string) => {
    const { requests } = (await (await served.get(`/traffic?${query}`)).json()) as {
      requests: { path: string }[];
    };
    return requests.map(({ path }) => path);
  };
  expect(await paths("status=5xx")).toEqual(["/bad/2"]);
  expect(await paths("path=/good")).toEqual(["/good/1"]);
  expect(await paths("limit=1")).toEqual(["/bad/2"]);
  expect(await paths("minDuration=100")).toEqual([]);
  expect(await paths("since=2100-01-01T00:00:00Z")).toEqual([]);
  expect(await paths("since=2000-01-01T00:00:00Z")).toHaveLength(2);
  for (const query of [
    "status=6xx",
    "limit=1001",
    "minDuration=-1",
    "path=x",
    "since=yesterday",
    "other=1",
  ]) {
    const answer = await served.get(`/traffic?${query}`);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: "invalid-parameter" });
  }
});

test("one request is found by its id, and one that is not kept is not found", async () => {
  const answer = await served.get(`/traffic/${encodeURIComponent("id/1")}`);
  expect(await answer.json()).toMatchObject({
    id: "id/1",
    path: "/bad/2",
    connection: { remoteAddress: "127.0.0.1" },
  });
  const missing = await served.get("/traffic/nobody");
  expect(missing.status).toBe(404);
  expect(await missing.json()).toMatchObject({
    code: "not-found",
    remedy: expect.stringContaining("SIDECAR_TRAFFIC_RECENT"),
  });
});

test("the text is a table for a terminal", async () => {
  const text = await (await served.get("/traffic", { headers: { accept: "text/plain" } })).text();
  expect(text).toMatch(/^requests {3}2, 0 in flight, 0 upgrades, 0 retries$/m);
  expect(text).toMatch(/^time +status +ms +client +sidecar +core +from +id +request$/m);
  expect(text).toMatch(/ 500 +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+ +127\.0\.0\.1 +id\/1 +POST \/bad\/2$/m);
});

test("the metrics say the same, and the buckets of a histogram add up to its count", async () => {
  const text = await (await served.get("/metrics")).text();
  expect(text).toContain('tickbird_requests_total{method="GET",status="2xx",protocol="1.1"} 1\n');
  expect(text).toContain('tickbird_requests_total{method="POST",status="5xx",protocol="1.1"} 1\n');
  expect(text).toContain("tickbird_requests_in_flight 0\n");
  expect(text).toContain("tickbird_response_body_bytes_total 12\n");
  expect(text).toContain('tickbird_request_failures_total{side="core",reason="core-timeout"} 0\n');
  expect(text).toContain('tickbird_request_duration_seconds_bucket{status="5xx",le="+Inf"} 1\n');
  expect(text).toContain('tickbird_request_duration_seconds_count{status="5xx"} 1\n');
  expect(text).toContain("tickbird_core_response_seconds_count 2\n");
});

const historyOf = async (window = "1m") =>
  trafficHistory.strict().parse(await (await served.get(`/traffic/history?window=${window}`)).json());

test("every second is recorded with its rates and times, and a viewer may know, for it tells no paths", async () => {
  using client = await connectRaw(front);
  await poll("the requests from before to be over", async () => (await historyOf()).points.length > 2);
  client.send("GET /bad/now HTTP/1.1\r\nHost: app\r\n\r\n");
  const isOfIt = (each: { requestsPerSecond: number | null; serverErrorsPerSecond: number | null }) =>
    (each.requestsPerSecond ?? 0) > 0 && each.requestsPerSecond === each.serverErrorsPerSecond;
  const points = await poll("the second of the request", async () => {
    const { points: all } = await historyOf();
    return all.some(isOfIt) && all.some(({ p95Ms }) => p95Ms !== null) && all;
  });
  const busy = points.find(isOfIt);
  expect(busy).toMatchObject({ clientErrorsPerSecond: 0, failuresPerSecond: 0, inFlight: 0 });
  const answered = points.find(({ p95Ms }) => p95Ms !== null);
  expect(answered?.p50Ms).toBeLessThanOrEqual(answered?.p99Ms ?? Number.NaN);
  expect(answered?.meanMs).toBeGreaterThan(0);
  const viewer = await served.get("/traffic/history", {
    headers: { authorization: `Bearer ${VIEWER_TOKEN}` },
  });
  expect(viewer.status).toBe(200);
  expect(await viewer.text()).not.toContain("/bad");
});

test("the history comes as CSV and as text too; a window that is none, or too long, is refused", async () => {
  const csv = await served.get("/traffic/history", { headers: { accept: "text/csv" } });
  expect(csv.headers.get("Content-Type")).toBe("text/csv; charset=utf-8; header=present");
  expect(await csv.text()).toMatch(/^time,requestsPerSecond,[\w,]+,p50Ms,p95Ms,p99Ms,.*\r\n/);
  const text = await served.get("/traffic/history?window=5m", { headers: { accept: "text/plain" } });
  expect(await text.text()).toMatch(/^time +req\/s +4xx\/s +5xx\/s +failed\/s +mean ms +p50 ms +p95 ms/);
  for (const window of ["25h", "nonsense", "0s"]) {
    const refused = await served.get(`/traffic/history?window=${window}`);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ code: "invalid-parameter" });
  }
});
