import { describe, expect, test } from "vitest";
import type { CheckResult, HealthCheck } from "../../../src/features/feature.ts";
import { createHealth } from "../../../src/features/health/health.ts";
import { createLog } from "../../../src/web/log.ts";
import { writeMetrics } from "../../../src/web/metrics/write-metrics.ts";
import { poll } from "../../support/poll.ts";
import { bearer, send } from "../../support/send.ts";
import { serveFeatures, VIEWER_TOKEN } from "../../support/serve-features.ts";
import { healthSettings } from "./health-settings.ts";

const HEADERS = bearer(VIEWER_TOKEN);
const PASS: CheckResult = { status: "pass", detail: "It is well." };
const WARN: CheckResult = { status: "warn", detail: "It is <nearly> well.", remedy: "Do something." };
const FAIL: CheckResult = {
  status: "fail",
  detail: "It is ill.",
  remedy: "Heal it.",
  figures: { answers: 0 },
};

/** A check whose result a test can change. */
function checkOf(name: string, result: CheckResult | null, affectsReadiness = true) {
  return {
    name,
    affectsReadiness,
    result,
    run(signal: AbortSignal): Promise<CheckResult> {
      if (this.result !== null) return Promise.resolve(this.result);
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
  };
}

async function serve(checks: readonly HealthCheck[], isDraining = () => false) {
  const log = createLog({ level: "silent", access: false });
  const health = createHealth(healthSettings(), { checks, isDraining, log });
  return { ...(await serveFeatures([health])), health };
}

describe("/livez", () => {
  test("says that the process lives, whatever is wrong, to anyone", async () => {
    await using served = await serve([checkOf("core", FAIL)], () => true);

    const answer = await send(`${served.url}/livez`);

    expect(answer.status).toBe(200);
    expect(answer.text).toBe("ok\n");
  });

  test.each([
    ["application/json", '{"status":"pass"}'],
    ["image/png", "ok\n"],
    ["text/html,*/*;q=0.8", "ok\n"],
  ])("gives an answer whatever is accepted: %s", async (Accept, text) => {
    await using served = await serve([]);

    const answer = await send(`${served.url}/livez`, { headers: { Accept } });

    expect([answer.status, answer.text]).toEqual([200, text]);
  });
});

describe("/readyz", () => {
  test("says no until every check that decides on it has passed once, and then yes", async () => {
    const slow = checkOf("core-http", null);
    await using served = await serve([checkOf("core-tcp", PASS), slow, checkOf("disk", null, false)]);

    const before = await send(`${served.url}/readyz`);
    expect(before.status).toBe(503);
    expect(before.text).toBe("not ready\n");
    expect(before.headers["retry-after"]).toBe("1");
    expect(served.health.ready()).toBe(false);

    slow.result = PASS;
    // The run that hangs ends with its time-out, which is far; a sidecar of its own shows the same sooner.
    await using quick = await serve([checkOf("core-tcp", PASS), slow, checkOf("disk", null, false)]);
    await poll("ready", async () => (await send(`${quick.url}/readyz`)).status === 200);
    expect(quick.health.ready()).toBe(true);
  });

  test("follows the checks that decide on it, and no others", async () => {
    const core = checkOf("core", PASS);
    const disk = checkOf("disk", FAIL, false);
    await using served = await serve([core, disk]);
    const status = async () => (await send(`${served.url}/readyz`)).status;

    await poll("ready", async () => (await status()) === 200);
    core.result = FAIL;
    await poll("not ready", async () => (await status()) === 503);
    core.result = WARN;
    await poll("ready with a warning", async () => (await status()) === 200);
  });

  test("says no as soon as the sidecar is told to stop", async () => {
    let isDraining = false;
    await using served = await serve([checkOf("core", PASS)], () => isDraining);
    await poll("ready", () => served.health.ready());

    isDraining = true;

    expect((await send(`${served.url}/readyz`)).status).toBe(503);
  });

  test("tells no detail to anyone", async () => {
    await using served = await serve([checkOf("core", FAIL)]);
    await poll(
      "failed",
      async () => (await send(`${served.url}/health`, { headers: HEADERS })).status === 503,
    );

    const answer = await send(`${served.url}/readyz`, {
      headers: { ...HEADERS, Accept: "application/json" },
    });

    expect(answer.json()).toEqual({ status: "fail" });
  });
});

describe("/health", () => {
  const settled = (served: { url: string }, status: string) =>
    poll(`the whole is ${status}`, async () => {
      const answer = await send(`${served.url}/health`, { headers: HEADERS });
      const report = answer.json<{ status: string; since: string; checks: Record<string, unknown>[] }>();
      const isKnown = report.checks.every((check) => check["status"] !== null);
      return report.status === status && isKnown && { answer, report };
    });

  test("shows each check: its status, since when, what it found, and what mends it", async () => {
    await using served = await serve([checkOf("core", PASS), checkOf("disk", FAIL, false)]);

    const { answer, report } = await settled(served, "fail");

    expect(answer.status).toBe(503);
    expect(report).toEqual({
      status: "fail",
      since: expect.any(String),
      ready: true,
      checks: expect.any(Array),
    });
    expect(report.checks).toEqual([
      {
        name: "core",
        status: "pass",
        since: expect.stringMatching(/^\d{4}-.*Z$/),
        detail: "It is well.",
        affectsReadiness: true,
        consecutiveFailures: 0,
        lastRunAt: expect.stringMatching(/^\d{4}-.*Z$/),
        durationMs: expect.any(Number),
        figures: {},
      },
      expect.objectContaining({
        name: "disk",
        status: "fail",
        detail: "It is ill.",
        remedy: "Heal it.",
        affectsReadiness: false,
        consecutiveFailures: expect.any(Number),
        figures: { answers: 0 },
      }),
    ]);
  });

  test.each([
    ["pass", [PASS, PASS], 200],
    ["warn", [PASS, WARN], 200],
    ["fail", [WARN, FAIL], 503],
  ] as const)("is %s as the worst of its checks is", async (status, results, http) => {
    await using served = await serve(results.map((result, index) => checkOf(`check-${index}`, result)));

    expect((await settled(served, status)).answer.status).toBe(http);
  });

  test("says null, and warns, where nothing is known yet", async () => {
    await using served = await serve([checkOf("core", null)]);

    const answer = await send(`${served.url}/health`, { headers: HEADERS });

    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({
      status: "warn",
      ready: false,
      checks: [
        { status: null, since: null, detail: "It has not run yet.", lastRunAt: null, durationMs: null },
      ],
    });
  });

  test("says since when the whole is as it is, and that stays while a check's figures change", async () => {
    const core = checkOf("core", PASS);
    await using served = await serve([core]);
    const first = await settled(served, "pass");
    core.result = { ...PASS, detail: "It is still well." };
    await poll("a newer result", async () => {
      const { report } = await settled(served, "pass");
      return report.checks[0]?.["detail"] === "It is still well.";
    });
    const second = await settled(served, "pass");
    core.result = FAIL;
    const third = await settled(served, "fail");

    expect(second.report.since).toBe(first.report.since);
    expect(Date.parse(third.report.since)).toBeGreaterThanOrEqual(Date.parse(second.report.since));
    expect(third.report.since).not.toBe(first.report.since);
  });

  test("can be read as text", async () => {
    await using served = await serve([checkOf("core-http", PASS), checkOf("disk", WARN, false)]);
    await settled(served, "warn");

    const answer = await send(`${served.url}/health`, { headers: { ...HEADERS, Accept: "text/plain" } });

    const [head, ...lines] = answer.text.split("\n");
    expect(head).toMatch(/^warn since \d{4}-.*Z, ready$/);
    expect(lines).toEqual([
      "pass     core-http  It is well.",
      "warn     disk       It is <nearly> well.",
      "                    Do something.",
      "",
    ]);
  });

  test("can be read as a page, escaped", async () => {
    await using served = await serve([checkOf("disk", WARN, false)]);
    await settled(served, "warn");

    const answer = await send(`${served.url}/health`, { headers: { ...HEADERS, Accept: "text/html" } });

    expect(answer.headers["content-security-policy"]).toContain("default-src 'none'");
    expect(answer.text).toContain("It is &lt;nearly&gt; well.");
    expect(answer.text).toContain("What mends it: Do something.");
  });

  test("needs a credential", async () => {
    await using served = await serve([]);

    expect((await send(`${served.url}/health`)).status).toBe(401);
  });
});

describe("the feature", () => {
  test("can look where its checks give answers, whatever they say", async () => {
    await using served = await serve([checkOf("core", FAIL), checkOf("disk", null, false)]);
    await poll("core has run", async () => (await served.health.capability()).parts[0]?.works === true);

    expect(await served.health.capability()).toEqual({
      works: "partly",
      parts: [
        { name: "core", works: true },
        { name: "disk", works: false, reason: "It has not run yet." },
      ],
    });
  });

  test("disposes of the checks that can be", async () => {
    let disposed = 0;
    const check = Object.assign(checkOf("core", PASS), {
      [Symbol.dispose]() {
        disposed += 1;
      },
    });
    {
      await using _served = await serve([check]);
    }

    expect(disposed).toBe(1);
  });
});

test("the metrics tell the status of each check that is known, and whether traffic may come", async () => {
  await using served = await serve([checkOf("core", WARN), checkOf("hanging", null, false)]);
  const text = await poll("the first run", async () => {
    const metrics = writeMetrics((await served.health.metrics?.()) ?? [], "prometheus");
    return metrics.includes('check="core"') && metrics;
  });
  expect(text).toContain("tickbird_ready 1\n");
  expect(text.match(/^tickbird_health_check\{check="core".*$/gm)).toEqual([
    'tickbird_health_check{check="core",status="pass"} 0',
    'tickbird_health_check{check="core",status="warn"} 1',
    'tickbird_health_check{check="core",status="fail"} 0',
  ]);
});
