import { expect, test } from "vitest";
import { loadSettings } from "../../src/settings/load.ts";
import { logCarried } from "../../src/web/access-log.ts";
import type { CoreRequest } from "../../src/web/exchange.ts";
import { createLog } from "../../src/web/log.ts";
import { newRequestInfo } from "../../src/web/request-info.ts";
import { NO_FIELDS } from "../../src/web/wire/fields.ts";

test("the line of a carried request is ASCII, whatever was asked for, and tells times to the hundredth", () => {
  const lines: string[] = [];
  const log = createLog({ level: "info", access: true }, { write: (line) => void lines.push(line) });
  const target = '/caf\u00e9/"\\\u007f\ud83d\ude00?secret#x';
  for (const coreMs of [0, 0.004, 0.005, 0.996, 1.05, 12.3456, 98_765.432]) {
    const request: CoreRequest = {
      ...{ method: "GET", target, authority: undefined, version: "1.1" },
      ...{ fields: NO_FIELDS, framing: "none", peer: "192.0.2.1" },
      info: { ...newRequestInfo("my-id"), coreMs },
    };
    const beforeMs = Date.now();
    logCarried(log, request, { client: "192.0.2.1", status: 404, isComplete: false });
    const line = lines.pop() ?? "";
    expect(line).toMatch(/^[\x20-\x7e]+\n$/);
    const { time, durationMs, ...told } = JSON.parse(line);
    expect(told).toEqual({
      ...{ level: "info", requestId: "my-id", client: "192.0.2.1", method: "GET" },
      ...{ path: '/caf\u00e9/"\\\u007f\ud83d\ude00', http: "1.1", route: "core" },
      ...{ coreMs: Math.round(coreMs * 100) / 100, status: 404, complete: false, msg: "request" },
    });
    expect(durationMs).toBeLessThan(1_000);
    expect(Date.parse(time)).toBeGreaterThanOrEqual(beforeMs - 2);
    expect(Date.parse(time)).toBeLessThanOrEqual(Date.now() + 1);
  }
});

test("the line of a carried request has its user behind the route, where there is one", () => {
  const { settings } = loadSettings({ flags: { core: "http://127.0.0.1:1" } });
  const lines: string[] = [];
  const log = createLog(settings.log, { write: (line) => void lines.push(line) });
  const outcome = { client: "192.0.2.1", status: 200, isComplete: true };
  for (const user of [undefined, 'Jo "é"\n']) {
    const info = { ...newRequestInfo("my-id"), route: "sidecar" as const };
    const request: CoreRequest = {
      ...{ method: "GET", target: "/_sidecar/x?secret", authority: undefined, version: "2.0" },
      ...{ fields: NO_FIELDS, framing: "none", peer: "192.0.2.1" },
      info: user === undefined ? info : { ...info, user },
    };
    logCarried(log, request, outcome);
  }
  const [without, withUser] = lines.map((line): Record<string, unknown> => JSON.parse(line));
  const facts = { requestId: "my-id", path: "/_sidecar/x", route: "sidecar", http: "2.0", complete: true };
  expect(without).toMatchObject(facts);
  expect(without).not.toHaveProperty("user");
  expect(withUser).toMatchObject({ ...facts, user: 'Jo "é"\n' });
  const names = Object.keys(withUser ?? {});
  expect(names[names.indexOf("route") + 1]).toBe("user");
});
