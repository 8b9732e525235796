import { describe, expect, test } from "vitest";
import { loadSettings, SettingsError } from "../../src/settings/load.ts";

const load = (env: Record<string, string> = {}) =>
  loadSettings({ env, flags: { core: "http://127.0.0.1:8000" } }).settings.limits;

describe("the limits of clients", () => {
  test("suit a legacy app as they are: 10,000 idle connections, large cookies, uploads of any size", () => {
    const limits = load();
    expect(limits.maxConnections).toBeGreaterThan(10_000);
    expect(limits.headerBytes).toBe(65_536);
    expect(limits.maxBodyBytes).toBeUndefined();
    // Longer than the 60 s of common load balancers, so that it is never us who close under a request.
    expect(limits.keepAliveMs).toBeGreaterThan(60_000);
  });

  test.each([
    ["SIDECAR_LIMITS_HEADER_BYTES", "16383"],
    ["SIDECAR_LIMITS_HEADER_BYTES", "1048577"],
    ["SIDECAR_LIMITS_HEADER_COUNT", "19"],
    ["SIDECAR_LIMITS_MAX_CONNECTIONS", "0"],
    ["SIDECAR_LIMITS_MAX_STREAMS", "0"],
    ["SIDECAR_LIMITS_STREAM_RESET_BURST", "0"],
    ["SIDECAR_LIMITS_HEAD_MS", "0"],
    ["SIDECAR_LIMITS_HANDSHAKE_MS", "120001"],
    ["SIDECAR_LIMITS_MAX_BODY_BYTES", "-1"],
    ["SIDECAR_LIMITS_BODY_MIN_BYTES_PER_SECOND", "some"],
  ])("%s can't be %s", (name, value) => {
    expect(() => load({ [name]: value })).toThrow(SettingsError);
    expect(() => load({ [name]: value })).toThrow(name);
  });

  test("can be set", () => {
    expect(load({ SIDECAR_LIMITS_MAX_BODY_BYTES: "1000000" }).maxBodyBytes).toBe(1_000_000);
    expect(load({ SIDECAR_LIMITS_BODY_MIN_BYTES_PER_SECOND: "0" }).bodyMinBytesPerSecond).toBe(0);
  });
});
