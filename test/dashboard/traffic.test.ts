import { expect, test } from "vitest";
import { type CallEvent, shortCallText } from "../../src/dashboard/ui/call-text.ts";
import {
  mostOf,
  partsOf,
  type TrafficRequest,
  verdictOn,
} from "../../src/dashboard/views/traffic/request.ts";
import {
  filterOf,
  isShown,
  MAX_ROWS,
  merge,
  missedOf,
  sinceOf,
} from "../../src/dashboard/views/traffic/request-list.ts";
import { summaryOf, type Totals } from "../../src/dashboard/views/traffic/totals.ts";

const TOTALS: Totals = {
  ...{ requests: [], inFlight: 0, failures: [], retries: 0, upgrades: 0, requestBytes: 0, responseBytes: 0 },
  ...{ meanMs: null, meanResponseMs: null },
};

const NOON = Date.UTC(2026, 0, 1, 12);

const request = (number: number, more: Partial<TrafficRequest> = {}): TrafficRequest => ({
  ...{ id: `id-${number}`, method: "GET", path: `/page/${number}`, isPathCut: false, protocol: "2.0" },
  ...{ client: "10.0.0.9", status: 200, failure: null, startTime: new Date(NOON + number).toISOString() },
  ...{ window: null, durationMs: 10, firstByteMs: 5, waitedMs: { client: 1, sidecar: 1, core: 8 } },
  ...{ requestBytes: 0, responseBytes: 5, isUpgraded: false, retries: 0, connection: null },
  ...more,
});

test("whose fault it was is told of what failed, of errors, and of what was slow, and of nothing else", () => {
  const told = (more: Partial<TrafficRequest>, slowMs?: number) => {
    const verdict = verdictOn(request(1, more), slowMs);
    return verdict === undefined ? undefined : `${verdict.side}: ${verdict.short}`;
  };
  expect(told({})).toBeUndefined();
  expect(told({ status: 502, failure: { reason: "core-reset", side: "core" } })).toBe(
    "core: the app broke off",
  );
  expect(told({ status: null, failure: { reason: "client-gone", side: "client" } })).toBe(
    "client: the client went away",
  );
  expect(told({ status: 503, failure: { reason: "core-busy", side: "sidecar" } })).toBe(
    "sidecar: no connection to the app was free",
  );
  expect(told({ status: 500 })).toBe("core: the app's own error");
  expect(told({ status: 404 })).toBe("client: refused by the app");
  const slow = (waitedMs: TrafficRequest["waitedMs"]) => told({ durationMs: 3_000, waitedMs });
  expect(slow({ client: 10, sidecar: 0, core: 2_990 })).toBe("core: the app was slow");
  expect(slow({ client: 2_000, sidecar: 0, core: 1_000 })).toBe("client: the client was slow");
  expect(slow({ client: 0, sidecar: 2_900, core: 100 })).toBe("sidecar: it waited for a connection");
  expect(told({}, 10)).toBe("core: the app was slow");
  // That a WebSocket lasts is no slowness.
  expect(told({ durationMs: 60_000, isUpgraded: true, status: 101 })).toBeUndefined();
});

test("the parts of the time add up to the whole, and the largest is named", () => {
  const parts = partsOf(request(1));
  expect(parts.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
  expect(mostOf(request(1))).toBe("app 80 %");
  expect(mostOf(request(1, { durationMs: 0, waitedMs: { client: 0, sidecar: 0, core: 0 } }))).toBe("no wait");
});

test("requests that come again are there once, the newest first, and of many the oldest go", () => {
  const first = [request(3), request(1)];
  const merged = merge(first, [request(3), request(2), request(5)]);
  expect(merged.map(({ id }) => id)).toEqual(["id-5", "id-3", "id-2", "id-1"]);
  expect(merge(merged, [request(3)])).toBe(merged);
  // A client may use an id twice.
  expect(merge([request(3)], [request(4, { id: "id-3" })])).toHaveLength(2);
  const many = merge(
    [],
    Array.from({ length: MAX_ROWS + 10 }, (_, index) => request(index)),
  );
  expect(many).toHaveLength(MAX_ROWS);
  expect(many.at(-1)?.id).toBe("id-10");
});

test("what came too fast to be kept is counted, and only that", () => {
  const known = [request(2), request(1)];
  expect(missedOf([], [request(9)], 500)).toBe(0);
  expect(missedOf(known, [request(3), request(2)], 1)).toBe(0);
  expect(missedOf(known, [request(9), request(8)], 700)).toBe(698);
  // The sidecar was started anew: its counters begin at nothing.
  expect(missedOf(known, [request(9)], -40)).toBe(0);
  expect(sinceOf(known)).toBe(new Date(NOON + 2 + 10 - 1_000).toISOString());
  expect(sinceOf([])).toBeUndefined();
});

test("a filter is read from the address, and each part of it is held", () => {
  const shown = (search: string, more: Partial<TrafficRequest> = {}) =>
    isShown(request(7, more), filterOf(new URLSearchParams(search)));
  expect(shown("")).toBe(true);
  expect([shown("status=2xx"), shown("status=5xx")]).toEqual([true, false]);
  expect(shown("status=failed")).toBe(false);
  expect(shown("status=failed", { failure: { reason: "core-reset", side: "core" } })).toBe(true);
  expect([shown("path=/page"), shown("path=/pages")]).toEqual([true, false]);
  expect([shown("slower=10"), shown("slower=11"), shown("slower=nonsense")]).toEqual([true, false, true]);
  expect(["text=ID-7", "text=get+/page", "text=10.0.0", "text=200"].map((each) => shown(each))).toEqual([
    ...[true, true, true, true],
  ]);
  expect(shown("text=other")).toBe(false);
});

test("a system call is one line, with what its descriptors are, and long texts cut", () => {
  const call: CallEvent = {
    ...{ type: "call", time: 1, tid: 7, pid: 7, call: "write", result: 5, resultText: null },
    ...{ resultTarget: null, errno: null, decoded: null, durationNs: 10, marks: [] },
    args: [
      {
        kind: "descriptor",
        fd: 4,
        target: { kind: "socket", protocol: "TCP", inode: null, local: "10.0.0.1:80", peer: "10.0.0.2:99" },
      },
      { kind: "string", value: `a\n${"b".repeat(500)}`, encoding: "utf-8", isTruncated: true },
      { kind: "null" },
    ],
  };
  expect(shortCallText(call)).toMatch(
    /^write\(4<TCP 10\.0\.0\.1:80→10\.0\.0\.2:99>, "a\\nb{75}…, NULL\) = 5$/,
  );
  const failed = { ...call, args: null, errno: { name: "EPIPE", text: "Broken pipe" } };
  expect(shortCallText(failed)).toBe("write(…) = 5 EPIPE (Broken pipe)");
});

test("the sentence on all requests claims nothing of none, and tells by whose fault some had no whole answer", () => {
  const over = (count: number) => [{ method: "GET", status: "2xx", protocol: "1.1", count } as const];
  expect(summaryOf(TOTALS)).toBe(
    "No request has been answered since the sidecar started; 0 are with the app now.",
  );
  expect(summaryOf({ ...TOTALS, requests: over(1), meanMs: 12, inFlight: 1 })).toBe(
    "1 request since the sidecar started, 12 ms; 1 is with the app now. It had a whole answer of the app.",
  );
  const failures = [
    { reason: "client-gone", side: "client", count: 2 },
    { reason: "core-reset", side: "core", count: 1 },
    { reason: "core-timeout", side: "core", count: 3 },
  ] as const;
  expect(summaryOf({ ...TOTALS, requests: over(1_200), meanMs: null, failures })).toBe(
    "1,200 requests since the sidecar started; 0 are with the app now. Without a whole answer of the app: 4 by the app, 2 by clients.",
  );
  expect(summaryOf({ ...TOTALS, requests: over(5), meanMs: 3 })).toMatch(/3 ms each on average; .*Every one/);
});
