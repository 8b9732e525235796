import { expect, test } from "vitest";
import { caddy } from "./peers/caddy.ts";
import { haproxy } from "./peers/haproxy.ts";
import { nginx } from "./peers/nginx.ts";
import { choose } from "./selection.ts";

const here = { missing: () => undefined };
const PEERS = [
  { ...nginx, ...here },
  { ...caddy, ...here },
];
const namesOf = (things: readonly { name: string }[]) => things.map(({ name }) => name);

test("a scenario brings the one with it from which it takes its rate", () => {
  const { scenarios, leftOut } = choose({ isQuick: true, names: ["latency"] }, PEERS);
  expect(namesOf(scenarios)).toEqual(["1k", "latency"]);
  expect(leftOut).toEqual([]);
});

test("without names everything is measured, and figures alone need no scenario", () => {
  expect(choose({ isQuick: false, names: [] }, PEERS).scenarios.length).toBeGreaterThan(8);
  expect(choose({ isQuick: false, names: ["memory"] }, PEERS).scenarios).toEqual([]);
});

test("a peer that is not installed is left out, and what installs it is said", () => {
  const missing = { ...haproxy, missing: () => "apt-get install -y haproxy" };
  const { peers, leftOut } = choose({ isQuick: true, names: ["1k"] }, [...PEERS, missing]);
  expect(namesOf(peers)).toEqual(["nginx", "caddy"]);
  expect(leftOut).toEqual(["haproxy is not installed: apt-get install -y haproxy"]);
});

test("the scenario of one rate is left out without the peer that sets it", () => {
  const without = { ...caddy, missing: () => "apt-get install -y caddy" };
  const { scenarios, leftOut } = choose({ isQuick: true, names: ["latency", "64k"] }, [without]);
  expect(namesOf(scenarios)).toEqual(["64k"]);
  expect(leftOut).toContain("latency takes its rate from caddy");
});
