import { expect, test } from "vitest";
import { shareOf } from "../../src/cluster/shares.ts";
import { loadSettings } from "../../src/settings/load.ts";

const settingsOf = (env: Record<string, string>) =>
  loadSettings({ env, flags: { core: "http://127.0.0.1:8000" } }).settings;

test("the shares of all processes make up the whole limit, and differ by no more than one", () => {
  for (const cluster of [1, 2, 3, 7, 64]) {
    const settings = settingsOf({
      ...{
        SIDECAR_CLUSTER: String(cluster),
        SIDECAR_CORE_MAX_CONNECTIONS: "100",
        SIDECAR_CORE_MAX_QUEUE: "5",
      },
      ...{ SIDECAR_CORE_MAX_UPGRADES: "0", SIDECAR_LIMITS_MAX_CONNECTIONS: "65" },
    });
    const shares = Array.from({ length: cluster }, (_, index) => shareOf(settings, index));
    const check = (values: readonly number[], total: number) => {
      expect(values.reduce((sum, value) => sum + value)).toBe(total);
      expect(Math.max(...values) - Math.min(...values)).toBeLessThanOrEqual(1);
    };
    check(
      shares.map(({ core }) => core.maxConnections),
      100,
    );
    check(
      shares.map(({ core }) => core.maxQueue),
      5,
    );
    check(
      shares.map(({ core }) => core.maxUpgrades),
      0,
    );
    check(
      shares.map(({ limits }) => limits.maxConnections),
      65,
    );
    expect(Math.min(...shares.map(({ core }) => core.maxConnections))).toBeGreaterThan(0);
  }
});

test("a process gets nothing of what only the app needs", () => {
  const share = shareOf(settingsOf({ SIDECAR_AUTH_TOKEN: "0123456789-secret" }), 0);
  expect(Object.keys(share).sort()).toEqual([
    "core",
    "https",
    "limits",
    "log",
    "prefix",
    "shutdown",
    "traffic",
  ]);
  expect(JSON.stringify(share)).not.toContain("secret");
});

test.each([
  ["SIDECAR_CORE_MAX_CONNECTIONS", "3"],
  ["SIDECAR_LIMITS_MAX_CONNECTIONS", "3"],
])("%s of %s can't be shared by four", (name, value) => {
  expect(() => settingsOf({ SIDECAR_CLUSTER: "4", [name]: value })).toThrow(
    `${name} (${value}) is not valid: must be at least as many as the processes that share them (cluster)`,
  );
});

test.each(["0", "65", "two", "-1"])("%s is no number of processes", (value) => {
  expect(() => settingsOf({ SIDECAR_CLUSTER: value })).toThrow("SIDECAR_CLUSTER");
});
