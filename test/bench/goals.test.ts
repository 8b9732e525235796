import { expect, test } from "vitest";
import { judgeGoals } from "./goals.ts";
import type { Sample } from "./rounds.ts";

const sample = (scenario: string, peer: string, cpuUsPerRequest: number, p99Ms = 1): Sample => ({
  ...{ scenario, peer, cpuUsPerRequest, p99Ms, requestsPerSecond: 1 },
});

test("a goal compares the medians of the same scenario", () => {
  const samples = [
    ...[10, 20, 90].map((us) => sample("64k", "nginx", us)),
    ...[25, 24, 1].map((us) => sample("64k", "tickbird", us)),
    sample("10m", "nginx", 1),
  ];
  expect(judgeGoals(samples)).toEqual([
    { scenario: "64k", what: "CPU × nginx", atMost: 1.3, ratio: 1.2, isMet: true },
  ]);
});

test("each costly peer that was measured has a line of its own", () => {
  const samples = [sample("1k", "tickbird", 50), sample("1k", "apache", 100), sample("1k", "caddy", 99)];
  expect(judgeGoals(samples).map(({ what, isMet }) => [what, isMet])).toEqual([
    ["CPU × apache", true],
    ["CPU × caddy", false],
  ]);
});

test("waiting is compared by the p99, and without the sidecar there is nothing to judge", () => {
  const [caddy, own] = [sample("latency", "caddy", 1, 10), sample("latency", "tickbird", 1, 12)];
  expect(judgeGoals([caddy, own])).toEqual([
    { scenario: "latency", what: "p99 × caddy", atMost: 1, ratio: 1.2, isMet: false },
  ]);
  expect(judgeGoals([caddy])).toEqual([]);
});
