import { expect, test } from "vitest";
import { idleTable, scenarioTable } from "./report.ts";
import type { Sample } from "./rounds.ts";
import { SCENARIOS } from "./scenarios/scenarios.ts";

const [scenario] = SCENARIOS;
const sample = (peer: string, cpuUsPerRequest: number): Sample => ({
  ...{ scenario: "1k", peer, cpuUsPerRequest, p99Ms: 4, requestsPerSecond: 20_000 },
});
/** The cells of the line of one peer. */
const cellsOf = (text: string, peer: string) =>
  text
    .split("\n")
    .find((line) => line.startsWith(`| ${peer} `))
    ?.split("|")
    .map((cell) => cell.trim())
    .slice(1, -1);

test("a line has the median, its spread, and the ratio to nginx in the same run", () => {
  if (scenario === undefined) throw new Error("there is no scenario");
  const samples = [...[30, 28, 40].map((us) => sample("nginx", us)), sample("tickbird", 36)];
  const text = scenarioTable(scenario, { samples, failures: [] }, new Map([["nginx", 25e6]]));
  expect(cellsOf(text, "nginx")).toEqual([
    ...["nginx", "30.0", "28.0–40.0", "1.00", "33,333"],
    ...["20,000", "20,000–20,000", "4.0", "4.0–4.0", "25"],
  ]);
  expect(cellsOf(text, "tickbird")?.[3]).toBe("1.20");
});

test("a peer that failed has a line below the table, with the reason alone", () => {
  if (scenario === undefined) throw new Error("there is no scenario");
  const failures = [{ scenario: "1k", peer: "caddy", reason: "9 of 10 were answered\nand more" }];
  const text = scenarioTable(scenario, { samples: [sample("nginx", 1)], failures }, new Map());
  expect(text).toContain("- caddy failed: 9 of 10 were answered\n");
  expect(text).not.toContain("and more");
});

test("idle connections are charged for what they have added", () => {
  const rest = { connections: 10_000, answered: 9_999, beforeBytes: 20e6 };
  const holdings = [
    { ...rest, peer: "tickbird", withBytes: 320e6 },
    { ...rest, peer: "nginx", withBytes: 170e6 },
  ];
  const text = idleTable(holdings, []);
  expect(cellsOf(text, "tickbird")).toEqual(["tickbird", "30.0", "2.00", "20", "320", "10,000", "9,999"]);
});
